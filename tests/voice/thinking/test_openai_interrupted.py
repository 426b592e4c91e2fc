"""A turn that is cut off leaves its thread usable.

The service takes a round in when it is complete, and refuses a conversation with a
tool call that has no output; the stand-in does the same.
"""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest

from custom_components.reply_satellite.voice.thinking import (
    openai_recovery,
)
from custom_components.reply_satellite.voice.thinking.assistant import (
    Text,
    ToolCalled,
)
from custom_components.reply_satellite.voice.thinking.openai_assistant import (
    OpenAIAssistant,
)
from tests.standins.openai import OpenAIStandin
from tests.standins.script import Latency

from .asking import Box, hear, picture, request, sent, until, words

RESPONSES = "/v1/responses"
PICTURE_TOLD = "[Picture: camera “Door”, 2026-11-22T18:05:00+01:00]"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_recovery, "LOCKED_WAIT", 0.05)
    monkeypatch.setattr(openai_recovery, "DROPPED_WAIT", 0.0)


class Never:
    """A tool that does not come back."""

    def __init__(self) -> None:
        """Not called yet."""
        self.entered = asyncio.Event()

    async def __call__(self, **_: Any) -> str:
        """Stay away."""
        self.entered.set()
        await asyncio.Event().wait()
        raise AssertionError


async def light() -> str:
    return '{"light": "on"}'


def calls(*names: str) -> dict[str, Any]:
    return {"tool": [{"name": name} for name in names]}


async def stop(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def items_of(service: OpenAIStandin, thread: str) -> list[str]:
    return [item["type"] for item in service.store.conversations[thread].items]


def told(service: OpenAIStandin) -> list[tuple[str, str]]:
    """The input of the last request: kind or role, and the words."""
    return [
        (item.get("role", item["type"]), " ".join(words(item)))
        for item in sent(service)[-1].body["input"]
    ]


async def test_left_while_it_speaks(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script(RESPONSES, times=1, latency=Latency(each=0.02))
    thread = await assistant.begin_thread()
    parts = assistant.answer(thread, request("Tell me of whales.", picture()))
    first = await until(parts, Text)
    await parts.aclose()
    assert isinstance(first, Text)
    assert items_of(service, thread) == []

    heard = await hear(assistant, thread, request("Of birds instead."))
    assert told(service) == [
        (
            "user",
            f"Tell me of whales. {PICTURE_TOLD} [Here was a picture that is not kept.]",
        ),
        ("assistant", first.delta),
        ("developer", "[The reply was cut off here.]"),
        ("user", "Of birds instead."),
    ]
    assert heard.text.startswith("You said Of birds instead.")
    # The debt is paid: the next turn sends itself alone.
    await hear(assistant, thread, request("And fish?"))
    assert told(service) == [("user", "And fish?")]


async def test_cancelled_before_the_first_word(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script(RESPONSES, times=1, latency=Latency(first_byte=30.0))
    thread = await assistant.begin_thread()
    task = asyncio.create_task(hear(assistant, thread, request("Tell me of whales.")))
    while not sent(service):
        await asyncio.sleep(0.01)
    await stop(task)

    await hear(assistant, thread, request("Of birds instead."))
    assert told(service) == [
        ("user", "Tell me of whales."),
        ("user", "Of birds instead."),
    ]


async def test_cancelled_in_the_middle_of_a_tool(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script(RESPONSES, times=1, reply=calls("light", "door"))
    thread = await assistant.begin_thread()
    door = Never()
    box = Box(light=light, door=door)
    task = asyncio.create_task(hear(assistant, thread, request(toolbox=box)))
    async with asyncio.timeout(5):
        await door.entered.wait()
        await asyncio.sleep(0)
    await stop(task)
    assert items_of(service, thread) == ["message", "function_call", "function_call"]

    heard = await hear(assistant, thread, request("Never mind."))
    lit, opened, question = told(service)
    assert lit == ("function_call_output", '{"light": "on"}')
    assert opened[0] == "function_call_output"
    assert "interrupted" in json.loads(opened[1])["error"]
    assert question == ("user", "Never mind.")
    assert heard.text.startswith("You said Never mind.")
    assert heard.remarks == []


async def test_left_between_tool_and_answer(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script(RESPONSES, times=1, reply=calls("light"))
    thread = await assistant.begin_thread()
    parts = assistant.answer(thread, request(toolbox=Box(light=light)))
    await until(parts, ToolCalled)
    await parts.aclose()

    await hear(assistant, thread, request("Never mind."))
    assert told(service) == [
        ("function_call_output", '{"light": "on"}'),
        ("user", "Never mind."),
    ]


async def test_left_while_it_speaks_of_a_tool(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script(RESPONSES, nth=1, reply=calls("light"))
    service.script(RESPONSES, nth=2, latency=Latency(each=0.02))
    thread = await assistant.begin_thread()
    parts = assistant.answer(thread, request(toolbox=Box(light=light)))
    first = await until(parts, Text)
    await parts.aclose()
    assert isinstance(first, Text)

    await hear(assistant, thread, request("Never mind."))
    assert told(service) == [
        ("function_call_output", '{"light": "on"}'),
        ("assistant", first.delta),
        ("developer", "[The reply was cut off here.]"),
        ("user", "Never mind."),
    ]


async def test_left_in_the_second_message_after_a_tool(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    said = {"text": "Let me see.", **calls("light")}
    service.script(RESPONSES, nth=1, reply=said)
    service.script(
        RESPONSES, nth=2, reply={"text": ["One.", "Two."]}, latency=Latency(each=0.02)
    )
    thread = await assistant.begin_thread()
    parts = assistant.answer(thread, request(toolbox=Box(light=light)))
    async for part in parts:
        if isinstance(part, Text) and part.delta.endswith("Two."):
            break
    await parts.aclose()

    await hear(assistant, thread, request("Never mind."))
    # The first message stands on the thread already.
    assert told(service)[1:] == [
        ("assistant", "One.\n\nTwo."),
        ("developer", "[The reply was cut off here.]"),
        ("user", "Never mind."),
    ]


async def test_interrupted_again_and_again(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script(RESPONSES, times=2, latency=Latency(each=0.02))
    thread = await assistant.begin_thread()
    for text in ("One.", "Two."):
        parts = assistant.answer(thread, request(text))
        await until(parts, Text)
        await parts.aclose()
    await hear(assistant, thread, request("Three."))
    asked = [text for role, text in told(service) if role == "user"]
    assert asked == ["One.", "Two.", "Three."]


async def test_waiting_for_a_thread_can_be_cancelled(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script(RESPONSES, times=1, latency=Latency(each=0.02))
    thread = await assistant.begin_thread()
    first = assistant.answer(thread, request("One."))
    await until(first, Text)
    second = asyncio.create_task(hear(assistant, thread, request("Two.")))
    await asyncio.sleep(0)
    await stop(second)
    await first.aclose()
    await hear(assistant, thread, request("Three."))
    asked = [text for role, text in told(service) if role == "user"]
    assert asked == ["One.", "Three."]
