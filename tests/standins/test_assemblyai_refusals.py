"""What AssemblyAI's stand-in refuses, as AssemblyAI's SDK sees it."""

import asyncio
from typing import Any

import assemblyai
import pytest

from .assemblyai import AssemblyAIStandin
from .test_assemblyai import LIVE, PCM, SILENCE, WAV, in_wave


async def refusal(
    client: assemblyai.AsyncClient, audio: bytes, config: Any = PCM
) -> assemblyai.SyncTranscriptError:
    """How the one-request API refuses the audio."""
    live = assemblyai.AsyncSyncTranscriber(client=client, config=config)
    with pytest.raises(assemblyai.SyncTranscriptError) as refused:
        await live.transcribe(audio)
    return refused.value


@pytest.mark.parametrize(
    ("audio", "config", "status", "code"),
    [
        (SILENCE[:2_500], PCM, 400, "audio_too_short"),
        (SILENCE * 121, PCM, 400, "audio_too_long"),
        (in_wave(SILENCE[:1_000]), WAV, 400, "audio_too_short"),
        (in_wave(SILENCE * 121), WAV, 400, "audio_too_long"),
        (in_wave(SILENCE, width=1), WAV, 400, "bad_audio"),
        (b"RIFF", WAV, 400, "bad_audio"),
        (b"no container at all", WAV, 400, "bad_audio"),
        (
            SILENCE,
            assemblyai.SyncTranscriptionConfig(sample_rate=11_000, channels=1),
            400,
            "bad_request",
        ),
        (
            SILENCE,
            assemblyai.SyncTranscriptionConfig(
                sample_rate=16_000, channels=1, model="universal-1"
            ),
            400,
            "bad_request",
        ),
    ],
    ids=[
        "short",
        "long",
        "short wave",
        "long wave",
        "8 bits",
        "a piece of a header",
        "no container",
        "rate",
        "model",
    ],
)
async def test_audio_that_is_not_taken(
    transcriber: assemblyai.AsyncClient,
    audio: bytes,
    config: Any,
    status: int,
    code: str,
) -> None:
    refused = await refusal(transcriber, audio, config)
    assert (refused.status_code, refused.error_code) == (status, code)


async def test_a_wrong_key(assemblyai_standin: AssemblyAIStandin) -> None:
    url = assemblyai_standin.url
    settings = assemblyai.Settings(api_key="wrong", base_url=url, sync_base_url=url)
    client = await asyncio.to_thread(assemblyai.AsyncClient, settings=settings)
    async with client:
        refused = await refusal(client, SILENCE)
        assert refused.status_code == 401
        jobs = assemblyai.AsyncTranscriber(client=client)
        with pytest.raises(assemblyai.TranscriptError, match="token missing") as old:
            await jobs.transcribe(in_wave(SILENCE))
        assert old.value.status_code == 401


async def test_a_wrong_key_is_refused_while_the_user_speaks(
    assemblyai_standin: AssemblyAIStandin,
) -> None:
    settings = assemblyai.Settings(
        api_key="wrong", sync_base_url=assemblyai_standin.url
    )
    client = await asyncio.to_thread(assemblyai.AsyncClient, settings=settings)
    async with client:
        session = assemblyai.AsyncSyncTranscriber(client=client, config=PCM).open_live()
        session.write(SILENCE)
        while not (
            assemblyai_standin.requests and assemblyai_standin.requests[0].ended
        ):
            await asyncio.sleep(0.005)
        assert not session.closed
        with pytest.raises(assemblyai.SyncTranscriptError):
            await session.result()


async def test_an_upload_that_goes_silent(
    transcriber: assemblyai.AsyncClient, assemblyai_standin: AssemblyAIStandin
) -> None:
    assemblyai_standin.silence_limit = 0.05
    live = assemblyai.AsyncSyncTranscriber(client=transcriber, config=PCM)
    session = live.open_live()
    session.write(SILENCE)
    while not (assemblyai_standin.requests and assemblyai_standin.requests[0].ended):
        await asyncio.sleep(0.005)
    with pytest.raises(assemblyai.SyncTranscriptError) as refused:
        await session.result()
    assert refused.value.error_code == "upload_timeout"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("forbidden", 403),
        ("audio_too_large", 413),
        ("unsupported_media_type", 415),
        ("server_error", 500),
        ("capacity_exceeded", 503),
        ("inference_timeout", 504),
    ],
)
async def test_scripted_errors(
    transcriber: assemblyai.AsyncClient,
    assemblyai_standin: AssemblyAIStandin,
    name: str,
    status: int,
) -> None:
    assemblyai_standin.script(LIVE, fault=assemblyai_standin.error(name))
    assert (await refusal(transcriber, SILENCE)).status_code == status


async def test_too_many_requests_say_how_long_to_wait(
    transcriber: assemblyai.AsyncClient, assemblyai_standin: AssemblyAIStandin
) -> None:
    error = assemblyai_standin.error
    assemblyai_standin.script(
        LIVE, nth=1, fault=error("too_many_requests", Retry_After="7")
    )
    assemblyai_standin.script(LIVE, nth=2, fault=error("too_many_requests"))
    refused = await refusal(transcriber, SILENCE)
    assert (refused.error_code, refused.retry_after) == ("too_many_requests", 7)
    assert (await refusal(transcriber, SILENCE)).retry_after is None
