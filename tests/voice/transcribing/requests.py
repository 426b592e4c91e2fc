"""What tests of AssemblyAI ask of it, and see of that on the server."""

import asyncio
from collections.abc import Callable

from custom_components.reply_satellite.voice.transcribing.assemblyai import (
    AssemblyAITranscriber,
)
from custom_components.reply_satellite.voice.transcribing.transcriber import (
    LiveTranscription,
    Transcript,
)
from tests.standins.assemblyai import AssemblyAIStandin

SECOND = bytes(32_000)
LIVE, UPLOAD, JOBS = "/v1/transcribe/live", "/v2/upload", "/v2/transcript"


def open_live(
    transcriber: AssemblyAITranscriber, vocabulary: tuple[str, ...] = ()
) -> LiveTranscription:
    """Begin a live upload."""
    live = transcriber.open(vocabulary)
    assert live is not None
    return live


async def finish(transcriber: AssemblyAITranscriber) -> Transcript:
    """Upload a second of silence."""
    live = open_live(transcriber)
    for _ in range(10):
        live.write(bytes(3200))
    return await live.finish()


async def until(done: Callable[[], bool]) -> None:
    """Wait for something; raises TimeoutError."""
    async with asyncio.timeout(10):
        while not done():
            await asyncio.sleep(0.01)


def paths(standin: AssemblyAIStandin) -> list[str]:
    """What was asked of the server."""
    return [f"{record.method} {record.path}" for record in standin.requests]
