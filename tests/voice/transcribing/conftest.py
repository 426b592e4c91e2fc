"""What the tests of this room share."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from custom_components.reply_satellite.voice.transcribing.assemblyai import (
    AssemblyAITranscriber,
)
from tests.standins.assemblyai import AssemblyAIStandin
from tests.standins.fixtures import assemblyai_standin

__all__ = ["assemblyai_standin"]

type MakeTranscriber = Callable[..., Awaitable[AssemblyAITranscriber]]


@pytest.fixture
async def make_transcriber(
    assemblyai_standin: AssemblyAIStandin,
) -> AsyncGenerator[MakeTranscriber]:
    """Make transcribers on the stand-in, as their owner does: off the loop."""
    made: list[AssemblyAITranscriber] = []

    async def make(**options: Any) -> AssemblyAITranscriber:
        settings = {
            "key": assemblyai_standin.key,
            "api_url": assemblyai_standin.url,
            "sync_url": assemblyai_standin.url,
        }
        transcriber = await asyncio.get_running_loop().run_in_executor(
            None, partial(AssemblyAITranscriber, **settings | options)
        )
        made.append(transcriber)
        return transcriber

    yield make
    for transcriber in made:
        await transcriber.close()


@pytest.fixture
async def transcriber(make_transcriber: MakeTranscriber) -> AssemblyAITranscriber:
    """A transcriber on the stand-in, which soon runs out of patience."""
    return await make_transcriber(patience=2.0)
