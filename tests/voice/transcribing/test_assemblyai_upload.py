"""Live uploads: their beginning, and all their ends."""

import asyncio
from pathlib import Path

import pytest

from custom_components.reply_satellite.voice.errors import (
    BrokenAnswerError,
    UnreachableError,
)
from custom_components.reply_satellite.voice.transcribing.assemblyai import (
    AssemblyAITranscriber,
)
from custom_components.reply_satellite.voice.transcribing.transcriber import (
    Transcript,
)
from tests.standins.assemblyai import AssemblyAIStandin
from tests.standins.script import Fault, FaultKind

from .requests import JOBS, LIVE, SECOND, finish, open_live, until
from .tasks import tasks

pytestmark = pytest.mark.usefixtures("what_time_is_it")


async def test_the_upload_begins_before_the_speech_is_over(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    live = open_live(transcriber)
    live.write(SECOND)
    requests = assemblyai_standin.requests
    await until(lambda: bool(requests) and requests[0].received_bytes > 16_000)
    assert not live.broken
    assert not requests[0].uploaded
    await live.abort()


async def test_a_live_upload_of_nothing_is_an_empty_transcript(
    transcriber: AssemblyAITranscriber,
) -> None:
    assert await open_live(transcriber).finish() == Transcript("")


def answer_early(assemblyai_standin: AssemblyAIStandin) -> None:
    """Have the service answer after a second of the speech."""
    early = {
        "text": "Turn",
        "words": [],
        "confidence": 1.0,
        "audio_duration_ms": 1_000,
        "session_id": "",
    }
    fault = Fault(kind=FaultKind.STATUS, status=200, body=early, before_upload=True)
    assemblyai_standin.script(LIVE, fault=fault)


@pytest.mark.faults
async def test_an_answer_to_a_part_of_the_speech_is_none(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    answer_early(assemblyai_standin)
    live = open_live(transcriber)
    for _ in range(3):
        live.write(SECOND)
    with pytest.raises(BrokenAnswerError):
        await live.finish()


@pytest.mark.faults
async def test_an_answer_to_a_part_of_a_recording_is_none_either(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    tmp_path: Path,
) -> None:
    """Then it is uploaded as a whole, and polled for."""
    answer_early(assemblyai_standin)
    assemblyai_standin.script(JOBS, reply={"transcript": "Turn on the light."})
    recording = tmp_path / "recording.pcm"
    recording.write_bytes(SECOND * 3)
    transcript = await transcriber.transcribe(recording)
    assert transcript.text == "Turn on the light."


@pytest.mark.faults
async def test_a_live_upload_that_is_cut_is_known_to_be_broken(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    live = open_live(transcriber)
    live.write(SECOND)
    await until(lambda: bool(assemblyai_standin.requests))
    async with assemblyai_standin.refusing():
        async with asyncio.timeout(10):
            while not live.broken:
                live.write(SECOND)
                await asyncio.sleep(0.01)
    with pytest.raises(UnreachableError):
        await live.finish()
    await live.abort()


async def test_an_aborted_upload_is_gone_at_once(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    assemblyai_standin.script(LIVE, fault=Fault(kind=FaultKind.STALL))
    live = open_live(transcriber)
    live.write(SECOND)
    await until(lambda: bool(assemblyai_standin.requests))
    finishing = asyncio.create_task(live.finish())
    await asyncio.sleep(0.05)
    await live.abort()
    await asyncio.wait([finishing])
    assert finishing.cancelled()
    await live.abort()
    assert tasks() == []


async def test_who_waits_for_a_transcript_may_be_cancelled(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    assemblyai_standin.script(LIVE, fault=Fault(kind=FaultKind.STALL))
    finishing = asyncio.create_task(finish(transcriber))
    await asyncio.sleep(0.05)
    finishing.cancel()
    await asyncio.wait([finishing])
    assert tasks() == []
