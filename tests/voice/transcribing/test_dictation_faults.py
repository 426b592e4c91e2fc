"""Dictations while everything goes wrong: no word is lost."""

import asyncio
import tracemalloc
from collections.abc import Callable
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
from custom_components.reply_satellite.voice.transcribing.assemblyai import (
    AssemblyAITranscriber,
)
from custom_components.reply_satellite.voice.transcribing.dictation import Dictation
from tests.standins.assemblyai import AssemblyAIStandin
from tests.standins.script import Fault, FaultKind, Latency

from .conftest import MakeTranscriber
from .murmur import Murmur
from .requests import LIVE
from .speaker import BEGAN, Speaker, numbered, said, uploads_of
from .tasks import tasks

pytestmark = pytest.mark.usefixtures("no_waiting")


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
    speaker.prepare(Murmur(numbered(250), pauses=[115, 230]))
    assemblyai_standin.script(LIVE, nth=number, fault=fault)
    transcriber = await make_transcriber(patience=1.0)
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation)
    assert said(await dictation.finish()) == speaker.words
    assert len(assemblyai_standin.requests) <= 6
    assert tasks() == []


@pytest.mark.faults
async def test_an_upload_known_to_be_broken_is_made_good_while_the_user_speaks(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(numbered(150), pauses=[20, 60]))
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
    assert said(await dictation._closed[0].transcript()) == speaker.words[:61]
    await speaker.speak(dictation)
    assert said(await dictation.finish()) == speaker.words


@pytest.mark.faults
async def test_a_service_that_comes_back_is_asked_once_more(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(numbered(300), pauses=[120, 240]))
    dictation = Dictation(await make_transcriber(), speaker.recording, BEGAN)
    async with assemblyai_standin.refusing():
        await speaker.speak(dictation, 60.0)
        async with asyncio.timeout(10):
            while not dictation._closed[0].failed:
                await asyncio.sleep(0.01)
    await speaker.speak(dictation)
    assert said(await dictation.finish()) == speaker.words


@pytest.mark.faults
async def test_a_service_that_stays_away_is_an_error(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(numbered(450), pauses=range(10, 450, 10)))
    busy = assemblyai_standin.error("too_many_requests", Retry_After="9")
    assemblyai_standin.script(fault=busy)
    dictation = Dictation(await make_transcriber(), speaker.recording, BEGAN)
    await speaker.speak(dictation)
    with pytest.raises(BusyError):
        await dictation.finish()
    assert tasks() == []
    # Five segments: each live, at once, and by upload; the first one in the end.
    assert len(assemblyai_standin.requests) <= 5 * 3 + 2


@pytest.mark.faults
async def test_a_cut_tells_that_it_failed(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(numbered(10)))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    async with assemblyai_standin.refusing():
        await speaker.speak(dictation, 2.0)
        with pytest.raises(UnreachableError):
            await dictation.cut()
    await speaker.speak(dictation)
    assert said(await dictation.finish()) == speaker.words


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
    speaker.prepare(Murmur(numbered(10)))
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


def _lose_a_second(recording: Path) -> None:
    recording.write_bytes(recording.read_bytes()[:-32_000])


@pytest.mark.faults
@pytest.mark.parametrize("spoil", [_keep_none, _keep_half, _lose_a_second])
async def test_a_recording_that_is_not_whole_is_an_error(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
    spoil: Callable[[Path], None],
) -> None:
    speaker.prepare(Murmur(numbered(15)))
    spoil(speaker.recording)
    assemblyai_standin.script(
        LIVE, nth=1, fault=assemblyai_standin.error("server_error")
    )
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation)
    with pytest.raises(VoiceError) as raised:
        await dictation.finish()
    assert raised.value.service is Service.HOUSE


async def test_a_recording_that_lacks_less_than_a_word_is_whole(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(numbered(15)))
    speaker.recording.write_bytes(speaker.samples[: 14 * 12_800])
    assemblyai_standin.script(
        LIVE, nth=1, fault=assemblyai_standin.error("server_error")
    )
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation)
    assert said(await dictation.finish()) == speaker.words[:14]


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
    speaker.prepare(Murmur(numbered(500), pauses=range(115, 500, 115)))
    assemblyai_standin.script(LIVE, latency=Latency(first_byte=0.05))
    dictation = Dictation(await make_transcriber(), speaker.recording, BEGAN)
    for stop in range(20, int(speaker.seconds), 20):
        await speaker.speak(dictation, float(stop))
        await asyncio.sleep(0.1)
    await speaker.speak(dictation)
    ended = [upload.ended > 0 for upload in uploads_of(assemblyai_standin)]
    assert ended == [True] * (len(ended) - 1) + [False]
    assert said(await dictation.finish()) == speaker.words
