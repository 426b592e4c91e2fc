"""Dictations of any length, on a real server."""

import asyncio
from pathlib import Path

import pytest

from custom_components.reply_satellite.voice.errors import VoiceError
from custom_components.reply_satellite.voice.transcribing.assemblyai import (
    AssemblyAITranscriber,
)
from custom_components.reply_satellite.voice.transcribing.dictation import Dictation
from custom_components.reply_satellite.voice.transcribing.part import BYTES_PER_SECOND
from custom_components.reply_satellite.voice.transcribing.transcriber import (
    Transcript,
)
from tests.standins.assemblyai import AssemblyAIStandin
from tests.standins.script import Fault, FaultKind

from .conftest import MakeTranscriber
from .murmur import Murmur
from .requests import LIVE, UPLOAD
from .speaker import BEGAN, Speaker, is_ascending, numbered, said, uploads_of
from .tasks import tasks


async def test_a_short_dictation_is_one_upload(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(numbered(5)))
    dictation = Dictation(transcriber, speaker.recording, BEGAN, ("Emma",))
    await speaker.speak(dictation)
    transcript = await dictation.finish()
    assert transcript.text == "No0000th no0001th no0002th no0003th no0004th."
    assert transcript.words[0].start == pytest.approx(BEGAN, abs=0.002)
    assert transcript.words[4].end == pytest.approx(BEGAN + 1.92, abs=0.002)
    (upload,) = assemblyai_standin.requests
    assert upload.received_bytes == len(speaker.samples)
    assert upload.body["keyterms_prompt"] == ["Emma"]
    assert tasks() == []


async def test_where_it_began_is_where_its_first_samples_are(
    transcriber: AssemblyAITranscriber, speaker: Speaker
) -> None:
    speaker.prepare(Murmur(numbered(2)))
    dictation = Dictation(transcriber, speaker.recording, 0.0)
    await speaker.speak(dictation)
    assert (await dictation.finish()).words[0].start == pytest.approx(BEGAN, abs=0.002)


async def test_six_minutes_with_pauses(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(numbered(850), pauses=range(20, 850, 40)))
    assert speaker.seconds == pytest.approx(360, abs=1)
    dictation = Dictation(await make_transcriber(), speaker.recording, BEGAN)
    await speaker.speak(dictation)
    before_the_end = len(uploads_of(assemblyai_standin))
    so_far = said(await dictation.so_far())
    transcript = await dictation.finish()
    assert said(transcript) == speaker.words
    assert is_ascending(transcript)
    # By then six segments had ended, of about a minute each.
    assert so_far == speaker.words[: len(so_far)]
    assert len(so_far) > 0.8 * len(speaker.words)
    uploads = uploads_of(assemblyai_standin)
    assert len(uploads) == before_the_end == 7
    assert sum(upload.received_bytes for upload in uploads) == len(speaker.samples)
    assert max(upload.received_bytes for upload in uploads) < 75 * 32_000
    assert tasks() == []


@pytest.mark.parametrize("gap", [0.08, 0.0])
async def test_six_minutes_without_a_pause(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    speaker: Speaker,
    gap: float,
) -> None:
    speaker.prepare(Murmur(numbered(900), gap=gap, word=0.4 - gap))
    assert speaker.seconds == pytest.approx(360)
    transcriber = await make_transcriber()
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation)
    transcript = await dictation.finish()
    assert said(transcript) == speaker.words
    assert is_ascending(transcript)
    uploads = uploads_of(assemblyai_standin)
    assert len(uploads) == 4
    assert all(
        upload.received_bytes <= transcriber.longest * 32_000 for upload in uploads
    )
    assert sum(u.received_bytes for u in uploads) == len(speaker.samples) + 3 * 32_000
    assert tasks() == []


@pytest.mark.parametrize("count", [272, 280, 287, 288, 290])
async def test_what_was_held_back_is_sent_in_the_end(
    make_transcriber: MakeTranscriber, speaker: Speaker, count: int
) -> None:
    """Before, at and after the limit of 115 s, which 287.5 words take."""
    speaker.prepare(Murmur(numbered(count)))
    dictation = Dictation(await make_transcriber(), speaker.recording, BEGAN)
    await speaker.speak(dictation)
    assert said(await dictation.finish()) == speaker.words


async def test_a_cut_gives_its_segment_and_loses_nothing(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(numbered(12)))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation, 2.0)
    cutting = asyncio.create_task(dictation.cut(BEGAN + 1.9))
    await asyncio.sleep(0)
    await speaker.speak(dictation, 3.2)
    first = await cutting
    assert said(first) == speaker.words[:5]
    second = await dictation.cut()
    assert said(second) == speaker.words[5:8]
    assert second.words[0].start == pytest.approx(BEGAN + 2.0, abs=0.002)
    await speaker.speak(dictation)
    transcript = await dictation.finish()
    assert said(transcript) == speaker.words
    assert transcript.words[:5] == first.words
    uploads = uploads_of(assemblyai_standin)
    assert [u.received_bytes for u in uploads] == [64_000, 38_400, 51_200]


async def test_a_word_in_a_segment_that_ended_at_a_pause_is_found_there(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(numbered(140), pauses=[124]))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation, 50.6)
    assert len(uploads_of(assemblyai_standin)) <= 2
    last_word = BEGAN + 125 * 0.4 - 0.08
    assert said(await dictation.cut(last_word)) == speaker.words[:125]
    await speaker.speak(dictation)
    assert said(await dictation.finish()) == speaker.words
    assert len(uploads_of(assemblyai_standin)) == 2


async def test_settling_waits_for_nothing_after_the_last_cut(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(numbered(10)))
    assemblyai_standin.script(LIVE, nth=2, fault=Fault(kind=FaultKind.STALL))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation, 2.0)
    await dictation.cut()
    await speaker.speak(dictation)
    assert said(await dictation.settle()) == speaker.words[:5]
    assert tasks() == []


async def test_a_pause_does_not_end_a_short_segment(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(numbered(60), pauses=range(5, 60, 5)))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    dictation.pause(BEGAN)
    await speaker.speak(dictation)
    assert said(await dictation.finish()) == speaker.words
    assert len(assemblyai_standin.requests) == 1


@pytest.mark.parametrize("tail", [0.0, 0.08])
async def test_a_tail_too_short_for_a_word_is_not_sent(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
    tail: float,
) -> None:
    speaker.prepare(Murmur(numbered(6)))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation, 2.0)
    await dictation.cut()
    await speaker.speak(dictation, 2.0 + tail)
    assert said(await dictation.finish()) == speaker.words[:5]
    assert all(record.path == LIVE for record in assemblyai_standin.requests)


async def test_a_quiet_tail_is_empty(
    transcriber: AssemblyAITranscriber, speaker: Speaker
) -> None:
    speaker.prepare(Murmur(numbered(5), pauses=[4]))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation, 2.0)
    await dictation.cut()
    await speaker.speak(dictation)
    assert said(await dictation.finish()) == speaker.words


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
    speaker.prepare(Murmur(numbered(4)))
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
    speaker.prepare(Murmur(numbered(20)))
    assemblyai_standin.script(LIVE, fault=Fault(kind=FaultKind.STALL))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation, 2.0)
    cutting = asyncio.create_task(dictation.cut())
    await speaker.speak(dictation, 4.0)
    await dictation.abort()
    await asyncio.wait([cutting])
    assert cutting.cancelled()
    assert tasks() == []
    await dictation.abort()


async def test_finishing_may_be_cancelled(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(numbered(20)))
    assemblyai_standin.script(LIVE, fault=Fault(kind=FaultKind.STALL))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation)
    finishing = asyncio.create_task(dictation.finish())
    await asyncio.sleep(0.1)
    finishing.cancel()
    await asyncio.wait([finishing])
    assert tasks() == []


async def test_whole_recordings_by_choice(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(numbered(400), pauses=[150]))
    transcriber = await make_transcriber(live=False)
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation)
    transcript = await dictation.finish()
    assert said(transcript) == speaker.words
    assert transcript.words[0].start == pytest.approx(BEGAN, abs=0.002)
    assert uploads_of(assemblyai_standin) == []
    assert len(uploads_of(assemblyai_standin, UPLOAD)) == 1


async def test_what_was_said_so_far_is_told_and_nothing_is_cut(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(numbered(10)))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    assert await dictation.ahead() == Transcript("")
    await speaker.speak(dictation, until=1.96)
    ahead = await dictation.ahead()
    assert said(ahead) == numbered(5)
    assert ahead.words[4].end == pytest.approx(BEGAN + 1.92, abs=0.01)
    await speaker.speak(dictation)
    assert said(await dictation.finish()) == numbered(10)
    whole, copy = sorted(
        (it.received_bytes for it in assemblyai_standin.requests), reverse=True
    )
    assert whole == len(speaker.samples)
    assert copy == 1.96 * BYTES_PER_SECOND
    assert tasks() == []


async def test_what_was_said_before_a_cut_is_not_sent_once_more(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(numbered(10)))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation, until=1.96)
    await dictation.cut()
    before = len(uploads_of(assemblyai_standin))
    # Nothing was said since.
    assert said(await dictation.ahead()) == numbered(5)
    assert len(uploads_of(assemblyai_standin)) == before
    await speaker.speak(dictation)
    assert said(await dictation.ahead()) == numbered(10)
    await dictation.abort()
    assert tasks() == []


async def test_nothing_is_told_ahead_of_a_recording_that_is_gone(
    transcriber: AssemblyAITranscriber, speaker: Speaker
) -> None:
    speaker.prepare(Murmur(numbered(5)))
    dictation = Dictation(transcriber, speaker.recording, BEGAN)
    await speaker.speak(dictation)
    speaker.recording.unlink()
    with pytest.raises(VoiceError):
        await dictation.ahead()
    assert said(await dictation.finish()) == numbered(5)
    assert tasks() == []


async def test_nothing_is_told_ahead_where_recordings_are_sent_whole(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    speaker: Speaker,
) -> None:
    speaker.prepare(Murmur(numbered(5)))
    whole = await make_transcriber(live=False)
    dictation = Dictation(whole, speaker.recording, BEGAN)
    await speaker.speak(dictation)
    assert await dictation.ahead() == Transcript("")
    assert list(assemblyai_standin.requests) == []
    await dictation.abort()
