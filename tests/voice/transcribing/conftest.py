"""What the tests of this room share."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from custom_components.reply_satellite.voice.transcribing import segment
from custom_components.reply_satellite.voice.transcribing.assemblyai import (
    AssemblyAITranscriber,
)
from tests.standins.assemblyai import AssemblyAIStandin
from tests.standins.fixtures import assemblyai_standin

from .requests import JOBS, LIVE, SECOND
from .speaker import Speaker

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


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Three seconds of silence."""
    path = tmp_path / "recording.pcm"
    path.write_bytes(SECOND * 3)
    return path


@pytest.fixture
def what_time_is_it(assemblyai_standin: AssemblyAIStandin) -> None:
    """Spare the recogniser, which takes seconds to start, what is only about HTTP."""
    for path in (LIVE, JOBS):
        assemblyai_standin.script(path, reply={"transcript": "What time is it?"})


@pytest.fixture
def speaker(assemblyai_standin: AssemblyAIStandin, tmp_path: Path) -> Speaker:
    """Somebody who dictates."""
    return Speaker(assemblyai_standin, tmp_path / "recording.pcm")


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause before a second try is not what is tested."""
    monkeypatch.setattr(segment, "_SHORT_WAIT", 0.01)
    monkeypatch.setattr(segment, "_LONGEST_WAIT", 0.02)
