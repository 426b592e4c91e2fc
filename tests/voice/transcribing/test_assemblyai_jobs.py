"""Whole recordings, uploaded and polled for."""

import asyncio
from pathlib import Path

import pytest

from custom_components.reply_satellite.voice.errors import (
    BrokenAnswerError,
    NoFundsError,
    RefusedError,
    TooSlowError,
    UnreachableError,
    VoiceError,
)
from custom_components.reply_satellite.voice.transcribing.assemblyai import (
    AssemblyAITranscriber,
)
from custom_components.reply_satellite.voice.transcribing.transcriber import (
    Transcript,
)
from tests.standins.assemblyai import AssemblyAIStandin
from tests.standins.script import Fault, FaultKind, Latency

from .conftest import MakeTranscriber
from .requests import JOBS, LIVE, SECOND, UPLOAD, paths, until
from .tasks import tasks

pytestmark = pytest.mark.usefixtures("what_time_is_it")


async def test_a_long_recording_goes_by_upload_and_poll(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    tmp_path: Path,
) -> None:
    recording = tmp_path / "long.pcm"
    recording.write_bytes(SECOND * 130)
    assemblyai_standin.script(
        JOBS, reply={"transcript": "A long story."}, latency=Latency(first=0.6)
    )
    transcriber = await make_transcriber(language="de")
    transcript = await transcriber.transcribe(recording, ["Emma"])
    await transcriber.close()
    assert transcript.text == "A long story."
    assert transcript.words[-1].end <= 130.0
    upload, create, *polls, _ = assemblyai_standin.requests
    assert upload.path == UPLOAD
    assert upload.headers["content-length"] == str(130 * 32_000 + 44)
    assert upload.received_bytes == 130 * 32_000 + 44
    assert create.body["language_code"] == "de"
    assert create.body["keyterms_prompt"] == ["Emma"]
    assert create.body["speech_models"] == ["universal-3-5-pro", "universal-2"]
    assert "language_detection" not in create.body
    assert len(polls) >= 2


async def test_whole_recordings_by_choice(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
) -> None:
    assemblyai_standin.script(JOBS, reply={"transcript": "Turn it off."})
    transcriber = await make_transcriber(live=False)
    assert transcriber.open() is None
    assert not transcriber.confirms
    await transcriber.warm()
    transcript = await transcriber.transcribe(recording)
    assert transcript.text == "Turn it off."
    assert paths(assemblyai_standin)[:2] == [f"POST {UPLOAD}", f"POST {JOBS}"]
    assert assemblyai_standin.requests[1].body["language_detection"] is True


async def test_the_service_keeps_nothing(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
) -> None:
    transcriber = await make_transcriber(live=False)
    await transcriber.transcribe(recording)
    await transcriber.close()
    assert assemblyai_standin.requests[-1].method == "DELETE"
    assert assemblyai_standin.requests[-1].status == 200
    assert assemblyai_standin.requests[-1].path == assemblyai_standin.requests[-2].path
    assert tasks() == []


@pytest.mark.faults
async def test_what_the_service_keeps_all_the_same_is_told(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assemblyai_standin.script(
        method="DELETE", fault=assemblyai_standin.error("server_error")
    )
    transcriber = await make_transcriber(live=False)
    await transcriber.transcribe(recording)
    await transcriber.close()
    assert "AssemblyAI still has a transcript: assemblyai: HTTP 500" in caplog.text


@pytest.mark.parametrize("live", [True, False])
async def test_nothing_to_hear_is_an_empty_transcript(
    make_transcriber: MakeTranscriber, tmp_path: Path, live: bool
) -> None:
    recording = tmp_path / "short.pcm"
    recording.write_bytes(bytes(1600))
    transcriber = await make_transcriber(live=live)
    assert await transcriber.transcribe(recording) == Transcript("")


async def test_silence_is_an_empty_transcript(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
) -> None:
    assemblyai_standin.script(
        JOBS,
        reply={
            "error": "language_detection cannot be performed on files with no spoken "
            "audio."
        },
    )
    transcriber = await make_transcriber(live=False)
    assert await transcriber.transcribe(recording) == Transcript("")


async def test_a_recording_that_is_not_there(
    transcriber: AssemblyAITranscriber, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        await transcriber.transcribe(tmp_path / "none.pcm")


@pytest.mark.faults
async def test_what_the_sync_api_fails_on_goes_by_upload_and_poll(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    recording: Path,
) -> None:
    assemblyai_standin.script(LIVE, fault=assemblyai_standin.error("capacity_exceeded"))
    assemblyai_standin.script(JOBS, reply={"transcript": "All is well."})
    transcript = await transcriber.transcribe(recording)
    assert transcript.text == "All is well."
    assert paths(assemblyai_standin)[:3] == [
        f"POST {LIVE}",
        f"POST {UPLOAD}",
        f"POST {JOBS}",
    ]


@pytest.mark.faults
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("Transcoding failed.", RefusedError),
        ("Your current account balance is negative.", NoFundsError),
    ],
)
async def test_a_job_that_fails(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
    error: str,
    expected: type[VoiceError],
) -> None:
    assemblyai_standin.script(JOBS, reply={"error": error})
    transcriber = await make_transcriber(live=False)
    with pytest.raises(expected, match=error):
        await transcriber.transcribe(recording)


@pytest.mark.faults
async def test_a_poll_that_fails_is_not_a_failed_job(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
) -> None:
    assemblyai_standin.script(JOBS, reply={"transcript": "All is well."})
    assemblyai_standin.script(
        f"{JOBS}/*", fault=assemblyai_standin.error("server_error"), times=2
    )
    transcriber = await make_transcriber(live=False)
    assert (await transcriber.transcribe(recording)).text == "All is well."


@pytest.mark.faults
async def test_polls_that_fail_again_and_again(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
) -> None:
    assemblyai_standin.script(
        f"{JOBS}/*", fault=assemblyai_standin.error("server_error")
    )
    transcriber = await make_transcriber(live=False)
    with pytest.raises(UnreachableError):
        await transcriber.transcribe(recording)
    await transcriber.close()
    *_, third_poll, deletion = assemblyai_standin.requests
    assert len(assemblyai_standin.requests) == 2 + 3 + 1
    assert (deletion.method, deletion.path) == ("DELETE", third_poll.path)


@pytest.mark.faults
async def test_a_job_that_completes_without_a_text(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
) -> None:
    done = {"id": "1", "status": "completed", "audio_url": "", "text": None}
    assemblyai_standin.script(
        f"{JOBS}/*",
        method="GET",
        fault=Fault(kind=FaultKind.STATUS, status=200, body=done),
    )
    transcriber = await make_transcriber(live=False)
    with pytest.raises(BrokenAnswerError):
        await transcriber.transcribe(recording)


@pytest.mark.faults
async def test_a_job_that_never_ends(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
) -> None:
    assemblyai_standin.script(JOBS, latency=Latency(first=600.0))
    transcriber = await make_transcriber(live=False, patience=0.3)
    with pytest.raises(TooSlowError):
        await transcriber.transcribe(recording, (), 0.0, 0.2)


@pytest.mark.faults
@pytest.mark.parametrize("cancelled", [True, False])
async def test_of_a_job_nobody_waits_for_any_more_the_service_keeps_nothing(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
    cancelled: bool,
) -> None:
    under_way = {"id": "1", "status": "processing", "audio_url": "", "text": None}
    assemblyai_standin.script(
        f"{JOBS}/*",
        method="GET",
        fault=Fault(kind=FaultKind.STATUS, status=200, body=under_way),
    )
    transcriber = await make_transcriber(live=False, patience=2.0)
    part = (recording, (), 0.0, 0.2)
    work = asyncio.create_task(transcriber.transcribe(*part))
    await until(lambda: len(assemblyai_standin.requests) >= 3)
    if cancelled:
        work.cancel()
    with pytest.raises(asyncio.CancelledError if cancelled else TooSlowError):
        await work
    await transcriber.close()
    assert assemblyai_standin.requests[-1].method == "DELETE"
    assert tasks() == []
