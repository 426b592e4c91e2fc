"""An assistant on the real SDK, at a service on loopback."""

from collections.abc import AsyncGenerator
from typing import Any

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
async def http_client() -> AsyncGenerator[Any]:
    """As Home Assistant 2026.10 has it; 2026.11 has httpx2 (see test_openai_faults)."""
    async with httpx.AsyncClient() as made:
        yield made


@pytest.fixture
def client(service: OpenAIStandin, http_client: Any) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        api_key=service.key, base_url=service.base_url, http_client=http_client
    )


@pytest.fixture
def assistant(client: openai.AsyncOpenAI) -> OpenAIAssistant:
    return OpenAIAssistant(client)
