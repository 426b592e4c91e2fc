"""An assistant on the real SDK, at a service on loopback."""

from collections.abc import AsyncGenerator

import httpx
import openai
import pytest

from custom_components.reply_satellite.voice.thinking.openai_assistant import (
    OpenAIAssistant,
)
from tests.standins.openai import OpenAIStandin


@pytest.fixture
async def service(socket_enabled: None) -> AsyncGenerator[OpenAIStandin]:
    async with OpenAIStandin() as standin:
        yield standin


@pytest.fixture
async def client(service: OpenAIStandin) -> AsyncGenerator[openai.AsyncOpenAI]:
    """As Home Assistant makes it: its own HTTP client, kept open by somebody else."""
    async with httpx.AsyncClient() as http_client:
        yield openai.AsyncOpenAI(
            api_key=service.key, base_url=service.base_url, http_client=http_client
        )


@pytest.fixture
def assistant(client: openai.AsyncOpenAI) -> OpenAIAssistant:
    return OpenAIAssistant(client)


@pytest.fixture
def local_assistant(client: openai.AsyncOpenAI) -> OpenAIAssistant:
    return OpenAIAssistant(client, local_threads=True)
