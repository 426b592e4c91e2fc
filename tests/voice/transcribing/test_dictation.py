"""Dictations of any length, on a real server, with everything that can go wrong."""

import asyncio
import tracemalloc
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import pytest

from custom_components.reply_satellite.voice.errors import (
    BusyError,
    RefusedError,
    Service,
    UnreachableError,
    VoiceError,
    WrongKeyError,
)
from custom_components.reply_satellite.voice.transcribing import segment
from custom_components.reply_satellite.voice.transcribing.assemblyai import (
    AssemblyAITranscriber,
)
from custom_components.reply_satellite.voice.transcribing.dictation import Dictation
from custom_components.reply_satellite.voice.transcribing.transcriber import Transcript
from tests.standins.assemblyai import AssemblyAIStandin
from tests.standins.exchange import Record
from tests.standins.script import Fault, FaultKind, Latency

from .murmur import Murmur, MurmurRecogniser
from .spoken import plain

type MakeTranscriber = Callable[..., Awaitable[AssemblyAITranscriber]]

BEGAN = 1000.5
CHUNK = 8_192
LIVE, UPLOAD, JOBS = "/v1/transcribe/live", "/v2/upload", "/v2/transcript"


def _numbered(count: int) -> list[str]:
    return [f"no{number:04d}th" for number in range(count)]


class Speaker:
    """Somebody who dictates, faster than people do."""

    def __init__(self, standin: AssemblyAIStandin, recording: Path) -> None:
        """Have nothing to say yet."""
        self._standin = standin
        self.recording = recording
        self.words: list[str] = []
        self.samples = b""
        self._pauses: list[float] = []
        self._spoken = 0

    def prepare(self, murmur: Murmur) -> None:
        """Have something to say; the recording is on disk before it is heard."""
        self._standin.recogniser = MurmurRecogniser(murmur)
        self.words = list(murmur.words)
        self.samples = murmur.samples()
        self.recording.write_bytes(self.samples)
        each = murmur.word + murmur.gap
        self._pauses = [
            (index + 1) * each - murmur.gap + number * (1.0 - murmur.gap)
            for number, index in enumerate(sorted(murmur.pauses))
        ]

    @property
    def seconds(self) -> float:
        """How long it takes to say."""
        return len(self.samples) / 32_000

    async def speak(self, dictation: Dictation, until: float | None = None) -> None:
        """Say it, on from where it was left, up to a time."""
        end = len(self.samples) if until is None else round(until * 16_000) * 2
        while self._spoken < end:
            piece = self.samples[self._spoken : min(self._spoken + CHUNK, end)]
            dictation.write(BEGAN + self._spoken / 32_000, piece)
            self._spoken += len(piece)
            while self._pauses and self._spoken / 32_000 >= self._pauses[0] + 0.2:
                dictation.pause(BEGAN + self._pauses.pop(0))
            await asyncio.sleep(0)


@pytest.fixture
def speaker(assemblyai_standin: AssemblyAIStandin, tmp_path: Path) -> Speaker:
    return Speaker(assemblyai_standin, tmp_path / "recording.pcm")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause before a second try is not what is tested."""
    monkeypatch.setattr(segment, "_SHORT_WAIT", 0.01)
    monkeypatch.setattr(segment, "_LONGEST_WAIT", 0.02)


def _uploads(standin: AssemblyAIStandin, path: str = LIVE) -> list[Record]:
    return [record for record in standin.requests if record.path == path]


def _said(transcript: Transcript) -> list[str]:
    assert plain(" ".join(word.text for word in transcript.words)) == plain(
        transcript.text
    )
    return plain(transcript.text)


def _is_ascending(transcript: Transcript) -> bool:
    words = transcript.words
    return all(
        before.start < before.end <= after.start + 0.002
        for before, after in pairwise(words)
    )


def _tasks() -> list[str]:
    return [
        task.get_name()
        for task in asyncio.all_tasks()
        if task.get_name().startswith("reply_satellite")
    ]


async def test_a_short_dictation_is_one_upload(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(_numbered(5)))
    dictation = Dictation(transcriber, speaker.recording, BEGAN, ("Emma",))
    await speaker.speak(dictation)
    transcript = await dictation.finish()
    assert transcript.text == "No0000th no0001th no0002th no0003th no0004th."
    assert transcript.words[0].start == pytest.approx(BEGAN, abs=0.002)
    assert transcript.words[4].end == pytest.approx(BEGAN + 1.92, abs=0.002)
    (upload,) = assemblyai_standin.requests
    assert upload.received_bytes == len(speaker.samples)
    assert upload.body["keyterms_prompt"] == ["Emma"]
    assert _tasks() == []


async def test_where_it_began_is_where_its_first_samples_are(
    transcriber: AssemblyAITranscriber, speaker: Speaker
) -> None:
    speaker.prepare(Murmur(_numbered(2)))
    dictation = Dictation(transcriber, speaker.recording, 0.0)
    await speaker.speak(dictation)
    assert (await dictation.finish()).words[0].start == pytest.approx(BEGAN, abs=0.002)


async def test_six_minutes_with_pauses(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(_numbered(850), pauses=range(20, 850, 40)))
    assert speaker.seconds == pytest.approx(360, abs=1)
    dictation = Dictation(await make_transcriber(), speaker.recording, BEGAN)
    await speaker.speak(dictation)
    before_the_end = len(_uploads(assemblyai_standin))
    transcript = await dictation.finish()
    assert _said(transcript) == speaker.words
    assert _is_ascending(transcript)
    uploads = _uploads(assemblyai_standin)
    assert len(uploads) == before_the_end == 7
    assert sum(upload.received_bytes for upload in uploads) == len(speaker.samples)
    assert max(upload.received_bytes for upload in uploads) < 75 * 32_000
    assert _tasks() == []


@pytest.mark.parametrize("gap", [0.08, 0.0])
async def test_six_minutes_without_a_pause(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    speaker: Speaker,
    gap: float,
) -> None:
    speaker.prepare(Murmur(_numbered(900), gap=gap, word=0.4 - gap))
    assert speaker.seconds == pytest.approx(360)
    transcriber = await make_transcriber()
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation)
    transcript = await dictation.finish()
    assert _said(transcript) == speaker.words
    assert _is_ascending(transcript)
    uploads = _uploads(assemblyai_standin)
    assert len(uploads) == 4
    assert all(
        upload.received_bytes <= transcriber.longest * 32_000 for upload in uploads
    )
    assert sum(u.received_bytes for u in uploads) == len(speaker.samples) + 3 * 32_000
    assert _tasks() == []


@pytest.mark.parametrize("count", [272, 280, 287, 288, 290])
async def test_what_was_held_back_is_sent_in_the_end(
    make_transcriber: MakeTranscriber, speaker: Speaker, count: int
) -> None:
    """Before, at and after the limit of 115 s, which 287.5 words take."""
    speaker.prepare(Murmur(_numbered(count)))
    dictation = Dictation(await make_transcriber(), speaker.recording, BEGAN)
    await speaker.speak(dictation)
    assert _said(await dictation.finish()) == speaker.words


async def test_a_cut_gives_its_segment_and_loses_nothing(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(_numbered(12)))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation, 2.0)
    cutting = asyncio.create_task(dictation.cut(BEGAN + 1.9))
    await asyncio.sleep(0)
    await speaker.speak(dictation, 3.2)
    first = await cutting
    assert _said(first) == speaker.words[:5]
    second = await dictation.cut()
    assert _said(second) == speaker.words[5:8]
    assert second.words[0].start == pytest.approx(BEGAN + 2.0, abs=0.002)
    await speaker.speak(dictation)
    transcript = await dictation.finish()
    assert _said(transcript) == speaker.words
    assert transcript.words[:5] == first.words
    uploads = _uploads(assemblyai_standin)
    assert [u.received_bytes for u in uploads] == [64_000, 38_400, 51_200]


async def test_a_word_in_a_segment_that_ended_at_a_pause_is_found_there(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(_numbered(140), pauses=[124]))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation, 50.6)
    assert len(_uploads(assemblyai_standin)) <= 2
    last_word = BEGAN + 125 * 0.4 - 0.08
    assert _said(await dictation.cut(last_word)) == speaker.words[:125]
    await speaker.speak(dictation)
    assert _said(await dictation.finish()) == speaker.words
    assert len(_uploads(assemblyai_standin)) == 2


async def test_settling_waits_for_nothing_after_the_last_cut(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(_numbered(10)))
    assemblyai_standin.script(LIVE, nth=2, fault=Fault(kind=FaultKind.STALL))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation, 2.0)
    await dictation.cut()
    await speaker.speak(dictation)
    assert _said(await dictation.settle()) == speaker.words[:5]
    assert _tasks() == []


async def test_a_pause_does_not_end_a_short_segment(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(_numbered(60), pauses=range(5, 60, 5)))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    dictation.pause(BEGAN)
    await speaker.speak(dictation)
    assert _said(await dictation.finish()) == speaker.words
    assert len(assemblyai_standin.requests) == 1


@pytest.mark.parametrize("tail", [0.0, 0.04])
async def test_a_tail_too_short_for_a_word_is_not_sent(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
    tail: float,
) -> None:
    speaker.prepare(Murmur(_numbered(6)))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation, 2.0)
    await dictation.cut()
    await speaker.speak(dictation, 2.0 + tail)
    assert _said(await dictation.finish()) == speaker.words[:5]
    assert all(record.path == LIVE for record in assemblyai_standin.requests)


async def test_a_quiet_tail_is_empty(
    transcriber: AssemblyAITranscriber, speaker: Speaker
) -> None:
    speaker.prepare(Murmur(_numbered(5), pauses=[4]))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation, 2.0)
    await dictation.cut()
    await speaker.speak(dictation)
    assert _said(await dictation.finish()) == speaker.words


async def test_nothing_was_written(
    transcriber: AssemblyAITranscriber, tmp_path: Path
) -> None:
    dictation = Dictation(transcriber, tmp_path / "none.pcm", BEGAN)
    assert await dictation.cut() == Transcript("")
    assert await dictation.finish() == Transcript("")


async def test_after_its_end_a_dictation_is_deaf(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(_numbered(4)))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation, 0.8)
    await dictation.finish()
    await speaker.speak(dictation)
    dictation.pause(BEGAN + 1.0)
    assert await dictation.cut() == Transcript("")
    assert await dictation.finish() == Transcript("")
    await dictation.abort()
    assert len(assemblyai_standin.requests) == 1


async def test_aborting_leaves_nothing(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(_numbered(20)))
    assemblyai_standin.script(LIVE, fault=Fault(kind=FaultKind.STALL))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation, 2.0)
    cutting = asyncio.create_task(dictation.cut())
    await speaker.speak(dictation, 4.0)
    await dictation.abort()
    await asyncio.wait([cutting])
    assert cutting.cancelled()
    assert _tasks() == []
    await dictation.abort()


async def test_finishing_may_be_cancelled(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(_numbered(20)))
    assemblyai_standin.script(LIVE, fault=Fault(kind=FaultKind.STALL))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation)
    finishing = asyncio.create_task(dictation.finish())
    await asyncio.sleep(0.1)
    finishing.cancel()
    await asyncio.wait([finishing])
    assert _tasks() == []


async def test_whole_recordings_by_choice(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(_numbered(400), pauses=[150]))
    transcriber = await make_transcriber(live=False)
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation)
    transcript = await dictation.finish()
    assert _said(transcript) == speaker.words
    assert transcript.words[0].start == pytest.approx(BEGAN, abs=0.002)
    assert _uploads(assemblyai_standin) == []
    assert len(_uploads(assemblyai_standin, UPLOAD)) == 1


# --- faults ---

FAULTS = [
    Fault(kind=FaultKind.STALL),
    Fault(kind=FaultKind.CUT),
    Fault(kind=FaultKind.CUT, after=1),
    Fault(kind=FaultKind.GARBAGE),
    Fault(kind=FaultKind.EMPTY),
    Fault(kind=FaultKind.STATUS, status=429, body={}, headers={"Retry-After": "30"}),
    Fault(kind=FaultKind.STATUS, status=503, body={}),
    Fault(kind=FaultKind.STATUS, status=500, body={}, before_upload=True),
    Fault(kind=FaultKind.STATUS, status=400, body={}),
]


@pytest.mark.faults
@pytest.mark.parametrize(
    ("number", "fault"),
    [*((2, fault) for fault in FAULTS), (1, FAULTS[1]), (3, FAULTS[1])],
    ids=lambda value: (
        str(value) if isinstance(value, int) else f"{value.kind}-{value.status}"
    ),
)
async def test_an_upload_that_fails_loses_nothing(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    speaker: Speaker,
    fault: Fault,
    number: int,
) -> None:
    speaker.prepare(Murmur(_numbered(250), pauses=[115, 230]))
    assemblyai_standin.script(LIVE, nth=number, fault=fault)
    transcriber = await make_transcriber(patience=1.0)
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation)
    assert _said(await dictation.finish()) == speaker.words
    assert len(assemblyai_standin.requests) <= 6
    assert _tasks() == []


@pytest.mark.faults
async def test_an_upload_known_to_be_broken_is_made_good_while_the_user_speaks(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(_numbered(150), pauses=[20, 60]))
    dictation = Dictation(await make_transcriber(), speaker.recording, BEGAN)
    async with assemblyai_standin.refusing():
        await speaker.speak(dictation, 7.0)
        async with asyncio.timeout(10):
            assert dictation._current is not None
            while not dictation._current.broken:
                await asyncio.sleep(0.01)
        await speaker.speak(dictation, 12.0)
    await speaker.speak(dictation, 30.0)
    assert [closed.seconds for closed in dictation._closed] == [
        pytest.approx(25.5, abs=0.5)
    ]
    assert _said(await dictation._closed[0].transcript()) == speaker.words[:61]
    await speaker.speak(dictation)
    assert _said(await dictation.finish()) == speaker.words


@pytest.mark.faults
async def test_a_service_that_comes_back_is_asked_once_more(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(_numbered(300), pauses=[120, 240]))
    dictation = Dictation(await make_transcriber(), speaker.recording, BEGAN)
    async with assemblyai_standin.refusing():
        await speaker.speak(dictation, 60.0)
        async with asyncio.timeout(10):
            while not dictation._closed[0].failed:
                await asyncio.sleep(0.01)
    await speaker.speak(dictation)
    assert _said(await dictation.finish()) == speaker.words


@pytest.mark.faults
async def test_a_service_that_stays_away_is_an_error(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(_numbered(450), pauses=range(10, 450, 10)))
    busy = assemblyai_standin.error("too_many_requests", Retry_After="9")
    assemblyai_standin.script(fault=busy)
    dictation = Dictation(await make_transcriber(), speaker.recording, BEGAN)
    await speaker.speak(dictation)
    with pytest.raises(BusyError):
        await dictation.finish()
    assert _tasks() == []
    # Five segments: each live, at once, and by upload; the first one in the end.
    assert len(assemblyai_standin.requests) <= 5 * 3 + 2


@pytest.mark.faults
async def test_a_cut_tells_that_it_failed(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(_numbered(10)))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    async with assemblyai_standin.refusing():
        await speaker.speak(dictation, 2.0)
        with pytest.raises(UnreachableError):
            await dictation.cut()
    await speaker.speak(dictation)
    assert _said(await dictation.finish()) == speaker.words


@pytest.mark.faults
@pytest.mark.parametrize(
    ("name", "expected"),
    [("unauthorized", WrongKeyError), ("bad_request", RefusedError)],
)
async def test_what_will_not_pass_is_not_tried_again_in_the_end(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
    name: str,
    expected: type[VoiceError],
) -> None:
    speaker.prepare(Murmur(_numbered(10)))
    assemblyai_standin.script(fault=assemblyai_standin.error(name))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation, 2.0)
    with pytest.raises(expected):
        await dictation.cut()
    asked = len(assemblyai_standin.requests)
    # The upload of the next segment has begun.
    assert asked == 1 + (1 if expected is WrongKeyError else 2)
    with pytest.raises(expected):
        await dictation.settle()
    assert len(assemblyai_standin.requests) == asked


def _keep_none(recording: Path) -> None:
    recording.unlink()


def _keep_half(recording: Path) -> None:
    recording.write_bytes(recording.read_bytes()[:64_000])


@pytest.mark.faults
@pytest.mark.parametrize("spoil", [_keep_none, _keep_half])
async def test_a_recording_that_is_not_whole_is_an_error(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
    spoil: Callable[[Path], None],
) -> None:
    speaker.prepare(Murmur(_numbered(15)))
    spoil(speaker.recording)
    assemblyai_standin.script(
        LIVE, nth=1, fault=assemblyai_standin.error("server_error")
    )
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation)
    with pytest.raises(VoiceError) as raised:
        await dictation.finish()
    assert raised.value.service is Service.HOUSE


async def test_a_recording_trimmed_after_reply_is_whole(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(_numbered(15)))
    speaker.recording.write_bytes(speaker.samples[: 13 * 12_800])
    assemblyai_standin.script(
        LIVE, nth=1, fault=assemblyai_standin.error("server_error")
    )
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation)
    assert _said(await dictation.finish()) == speaker.words[:13]


@pytest.mark.faults
async def test_ten_minutes_without_a_service_cost_little_memory(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    tmp_path: Path,
) -> None:
    recording = tmp_path / "recording.pcm"
    dictation = Dictation(await make_transcriber(), recording, 0.0)
    async with assemblyai_standin.refusing():
        tracemalloc.start()
        try:
            with recording.open("wb", buffering=0) as file:
                for number in range(600 * 10):
                    samples = bytes(3_200)
                    file.write(samples)
                    dictation.write(number / 10, samples)
                    await asyncio.sleep(0)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        await dictation.abort()
    assert peak < 10 * 1024**2


async def test_latency_after_the_end_is_that_of_the_tail(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    speaker: Speaker,
) -> None:
    """When the speaker ends, all but the last segment are transcribed already."""
    speaker.prepare(Murmur(_numbered(500), pauses=range(115, 500, 115)))
    assemblyai_standin.script(LIVE, latency=Latency(first_byte=0.05))
    dictation = Dictation(await make_transcriber(), speaker.recording, BEGAN)
    for stop in range(20, int(speaker.seconds), 20):
        await speaker.speak(dictation, float(stop))
        await asyncio.sleep(0.1)
    await speaker.speak(dictation)
    ended = [upload.ended > 0 for upload in _uploads(assemblyai_standin)]
    assert ended == [True] * (len(ended) - 1) + [False]
    assert _said(await dictation.finish()) == speaker.words
