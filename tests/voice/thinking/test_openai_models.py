"""The account: its models, and what each of them takes."""

import pytest

from custom_components.reply_satellite.voice.thinking.openai_assistant import (
    OpenAIAssistant,
)
from custom_components.reply_satellite.voice.thinking.openai_effort import (
    room_to_think,
)
from tests.standins.openai import OpenAIStandin
from tests.standins.script import Fault, FaultKind

from .asking import hear, request, sent


@pytest.mark.parametrize(
    ("model", "wanted", "effort", "tokens"),
    [
        ("gpt-6-luna", "none", "none", 3_000),
        ("gpt-6-luna", "minimal", "minimal", 3_000),
        ("gpt-6-luna", "medium", "medium", 8_000),
        ("gpt-6-luna", "high", "high", 25_000),
        ("gpt-6-luna", "xhigh", "xhigh", 25_000),
        ("gpt-4o-mini", "none", None, 3_000),
    ],
)
async def test_effort(
    service: OpenAIStandin,
    assistant: OpenAIAssistant,
    model: str,
    wanted: str,
    effort: str | None,
    tokens: int,
) -> None:
    """What is thought must leave room for what is written."""
    thread = await assistant.begin_thread()
    await hear(assistant, thread, request(model=model, reasoning=wanted))
    (record,) = sent(service)
    assert record.body.get("reasoning", {}).get("effort") == effort
    assert record.body["max_output_tokens"] == tokens


async def test_refused_effort_is_tried_once_only(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    thread = await assistant.begin_thread()
    for _ in range(2):
        heard = await hear(
            assistant, thread, request(model="gpt-4o", reasoning="medium")
        )
        assert heard.text
    efforts = [record.body.get("reasoning") for record in sent(service)]
    assert efforts == [{"effort": "medium"}, {"effort": "low"}, None, None]


def test_a_model_that_does_not_let_itself_be_told_may_think_too() -> None:
    assert room_to_think("gpt-6-luna", None) == room_to_think("gpt-6-luna", "medium")


async def test_models_that_can_answer(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    names = [
        "gpt-6-luna", "text-embedding-4", "gpt-4o-mini-tts", "whisper-1", "dall-e-3",
        "gpt-image-2", "omni-moderation-latest", "gpt-realtime", "gpt-4o-transcribe",
        "o4-mini", "gpt-audio", "sora-2", "davinci-002", "gpt-3.5-turbo-instruct",
        "llama-3-8b-instruct", "nomic-embed-text", "o4-mini-deep-research", "olive",
    ]  # fmt: skip
    data = [
        {"id": name, "object": "model", "created": 1, "owned_by": "openai"}
        for name in names
    ]
    service.script(
        "/v1/models",
        fault=Fault(
            kind=FaultKind.STATUS, status=200, body={"object": "list", "data": data}
        ),
    )
    assert await assistant.models() == [
        "gpt-6-luna",
        "llama-3-8b-instruct",
        "o4-mini",
        "olive",
    ]


async def test_check_and_delete(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    await assistant.check()
    thread = await assistant.begin_thread()
    assert thread in service.store.conversations
    await assistant.delete_thread(thread)
    assert service.store.conversations == {}
    await assistant.delete_thread(thread)  # gone is fine
