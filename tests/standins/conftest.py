"""What the tests of the stand-ins share: the services' own SDKs, pointed at them."""

import asyncio
from collections.abc import AsyncGenerator

import assemblyai
import openai
import pytest
from elevenlabs.client import AsyncElevenLabs

from .assemblyai import AssemblyAIStandin
from .elevenlabs import ElevenLabsStandin
from .fixtures import assemblyai_standin, elevenlabs_standin, openai_standin
from .openai import OpenAIStandin

__all__ = ["assemblyai_standin", "elevenlabs_standin", "openai_standin"]


@pytest.fixture
async def assistant(
    openai_standin: OpenAIStandin,
) -> AsyncGenerator[openai.AsyncOpenAI]:
    """OpenAI's SDK, which does not try again."""
    async with openai.AsyncOpenAI(
        api_key=openai_standin.key,
        base_url=openai_standin.base_url,
        max_retries=0,
        timeout=30,
    ) as client:
        yield client


@pytest.fixture
async def transcriber(
    assemblyai_standin: AssemblyAIStandin,
) -> AsyncGenerator[assemblyai.AsyncClient]:
    """AssemblyAI's SDK."""
    settings = assemblyai.Settings(
        api_key=assemblyai_standin.key,
        base_url=assemblyai_standin.url,
        sync_base_url=assemblyai_standin.url,
        polling_interval=0.02,
        keepalive_expiry=120,
        sync_live_http_timeout=60,
    )
    client = await asyncio.to_thread(assemblyai.AsyncClient, settings=settings)
    async with client:
        yield client


@pytest.fixture
async def speaker(elevenlabs_standin: ElevenLabsStandin) -> AsyncElevenLabs:
    """ElevenLabs' SDK."""
    return await asyncio.to_thread(
        AsyncElevenLabs,
        api_key=elevenlabs_standin.key,
        base_url=elevenlabs_standin.url,
        timeout=30,
    )
