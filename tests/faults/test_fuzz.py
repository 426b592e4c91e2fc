"""Whatever a service answers: an answer of ours or an error of ours, and soon."""

import asyncio
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx
import openai
import pytest
from elevenlabs.client import AsyncElevenLabs
from hypothesis import HealthCheck, given, settings

from custom_components.reply_satellite.voice.errors import VoiceError
from custom_components.reply_satellite.voice.speaking.elevenlabs import ElevenLabsVoice
from custom_components.reply_satellite.voice.speaking.voice import Manner
from custom_components.reply_satellite.voice.thinking.assistant import Finished
from custom_components.reply_satellite.voice.thinking.openai_assistant import (
    OpenAIAssistant,
)
from custom_components.reply_satellite.voice.transcribing.assemblyai import (
    AssemblyAITranscriber,
)
from tests.standins.assemblyai import AssemblyAIStandin
from tests.standins.elevenlabs import ElevenLabsStandin
from tests.standins.openai import OpenAIStandin
from tests.voice.speaking.writing import written
from tests.voice.thinking.asking import Box, hear, request

from .meddler import CHANGES, Change, Meddler

BOUND = 20.0
"""Seconds after which something hangs, on a busy machine too."""

SAID = bytes(range(256)) * 125
"""A second of sound, of a kind."""

MANNER = Manner(voice="21m00Tcm4TlvDq8ikWAM", model="eleven_flash_v2_5")

EXAMPLES = int(os.environ.get("FUZZ", "60"))
"""Answers in every run; FUZZ=10000 has more of them."""

fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

pytestmark = pytest.mark.usefixtures("in_a_hurry")


@pytest.fixture
async def assistant(
    openai_standin: OpenAIStandin,
) -> AsyncGenerator[tuple[OpenAIAssistant, Meddler]]:
    async with Meddler(openai_standin.url) as meddler, httpx.AsyncClient() as http:
        client = openai.AsyncOpenAI(
            http_client=cast("Any", http),
            api_key=openai_standin.key,
            base_url=f"{meddler.url}/v1",
            max_retries=0,
        )
        yield OpenAIAssistant(client), meddler


@pytest.fixture
async def transcriber(
    assemblyai_standin: AssemblyAIStandin,
) -> AsyncGenerator[tuple[AssemblyAITranscriber, Meddler]]:
    for path in ("/v1/transcribe*", "/v2/*"):
        assemblyai_standin.script(path, reply={"transcript": "What time is it?"})
    async with Meddler(assemblyai_standin.url) as meddler:
        made = await asyncio.to_thread(
            partial(
                AssemblyAITranscriber,
                key=assemblyai_standin.key,
                api_url=meddler.url,
                sync_url=meddler.url,
                patience=1.0,
            )
        )
        yield made, meddler
        meddler.changes = ()
        await made.close()


@pytest.fixture
async def voice(
    elevenlabs_standin: ElevenLabsStandin,
) -> AsyncGenerator[tuple[ElevenLabsVoice, Meddler]]:
    elevenlabs_standin.script("/v1/text-to-speech/*", reply={"silence": 1.0})
    async with Meddler(elevenlabs_standin.url) as meddler:
        client = await asyncio.to_thread(
            partial(
                AsyncElevenLabs, api_key=elevenlabs_standin.key, base_url=meddler.url
            )
        )
        yield ElevenLabsVoice(client), meddler


@fuzzed
@given(changes=CHANGES)
async def test_streams_of_text(
    assistant: tuple[OpenAIAssistant, Meddler], changes: Sequence[Change]
) -> None:
    asked, meddler = assistant
    meddler.changes = ()
    thread = await asked.begin_thread()

    async def look() -> str:
        return "A red door."

    meddler.changes = changes
    async with asyncio.timeout(BOUND):
        with suppress(VoiceError):
            question = request("Use the look tool.", toolbox=Box(look=look))
            heard = await hear(asked, thread, question)
            assert isinstance(heard.text, str)
            for finished in heard.of(Finished):
                assert isinstance(finished.thread_id, str)
                assert all(type(it) is int for it in astuple(finished.usage))
            for called in heard.tools:
                assert isinstance(called.name, str)


@fuzzed
@given(changes=CHANGES)
async def test_beginnings_of_threads(
    assistant: tuple[OpenAIAssistant, Meddler], changes: Sequence[Change]
) -> None:
    asked, meddler = assistant
    meddler.changes = changes
    async with asyncio.timeout(BOUND):
        with suppress(VoiceError):
            assert isinstance(await asked.begin_thread(), str)


@fuzzed
@given(changes=CHANGES)
async def test_transcripts(
    transcriber: tuple[AssemblyAITranscriber, Meddler],
    changes: Sequence[Change],
    tmp_path: Path,
) -> None:
    asked, meddler = transcriber
    meddler.changes = changes
    recording = tmp_path / "recording.pcm"
    recording.write_bytes(SAID)
    async with asyncio.timeout(BOUND):
        upload = asked.open()
        assert upload is not None
        upload.write(SAID)
        with suppress(VoiceError):
            assert isinstance((await upload.finish()).text, str)
        await upload.abort()
        with suppress(VoiceError):
            transcript = await asked.transcribe(recording)
            assert isinstance(transcript.text, str)
    assert recording.read_bytes() == SAID


@fuzzed
@given(changes=CHANGES)
async def test_audio(
    voice: tuple[ElevenLabsVoice, Meddler], changes: Sequence[Change]
) -> None:
    asked, meddler = voice
    meddler.changes = changes
    async with asyncio.timeout(BOUND):
        with suppress(VoiceError):
            text = written("First sentence. ", "Second one.")
            async for piece in asked.speak(text, MANNER):
                assert isinstance(piece, bytes)
