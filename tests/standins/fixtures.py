"""The stand-ins as pytest fixtures, each fresh for its test."""

from collections.abc import AsyncGenerator

import pytest

from .assemblyai import AssemblyAIStandin
from .elevenlabs import ElevenLabsStandin
from .openai import OpenAIStandin


@pytest.fixture
async def openai_standin(socket_enabled: None) -> AsyncGenerator[OpenAIStandin]:
    """The assistant's service, with an account in which nothing is."""
    del socket_enabled
    async with OpenAIStandin() as service:
        yield service


@pytest.fixture
async def assemblyai_standin(
    socket_enabled: None,
) -> AsyncGenerator[AssemblyAIStandin]:
    """The transcriber's service; its recogniser starts when it is needed."""
    del socket_enabled
    async with AssemblyAIStandin() as service:
        yield service


@pytest.fixture
async def elevenlabs_standin(
    socket_enabled: None,
) -> AsyncGenerator[ElevenLabsStandin]:
    """The voice's service, with an account that nothing was spoken on."""
    del socket_enabled
    async with ElevenLabsStandin() as service:
        yield service
