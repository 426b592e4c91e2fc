"""A service that fails, and waits made short."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import httpx2
import pytest

from custom_components.reply_satellite.voice import errors
from custom_components.reply_satellite.voice.thinking import (
    openai_recovery,
)
from custom_components.reply_satellite.voice.thinking.openai_assistant import (
    OpenAIAssistant,
)

from .asking import hear, request

RESPONSES = "/v1/responses"


@pytest.fixture(params=[httpx.AsyncClient, httpx2.AsyncClient])
async def http_client(request: pytest.FixtureRequest) -> AsyncGenerator[Any]:
    """Their errors come out of the SDK in different ways."""
    async with request.param() as made:
        yield made


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_recovery, "LOCKED_WAIT", 0.01)
    monkeypatch.setattr(openai_recovery, "DROPPED_WAIT", 0.01)
    monkeypatch.setattr(openai_recovery, "FIRST_WAIT", 0.01)


async def fails(
    assistant: OpenAIAssistant, error: type[errors.VoiceError], **how: Any
) -> errors.VoiceError:
    thread = await assistant.begin_thread()
    with pytest.raises(errors.VoiceError) as raised:
        await hear(assistant, thread, request(**how))
    assert type(raised.value) is error or error in type(raised.value).__bases__
    assert raised.value.service is errors.Service.OPENAI
    return raised.value
