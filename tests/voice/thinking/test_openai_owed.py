"""What a thread must be told after a run that ended early."""

from collections.abc import AsyncGenerator
from typing import Any

import openai
import pytest

from custom_components.reply_satellite.voice.errors import VoiceError
from custom_components.reply_satellite.voice.thinking import (
    openai_assistant,
    openai_recovery,
)
from custom_components.reply_satellite.voice.thinking.assistant import (
    AnswerPart,
    Text,
    ToolCalled,
)
from custom_components.reply_satellite.voice.thinking.openai_assistant import (
    OpenAIAssistant,
)
from custom_components.reply_satellite.voice.thinking.thread import new_local_id
from tests.standins.openai import OpenAIStandin
from tests.standins.script import Fault, FaultKind, Latency

from .asking import Box, hear, request, sent, until, words

RESPONSES = "/v1/responses"
PICTURE_TOLD = "[Picture: camera “Door”, 2026-11-22T18:05:00+01:00]"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_recovery, "LOCKED_WAIT", 0.05)
    monkeypatch.setattr(openai_recovery, "DROPPED_WAIT", 0.0)


async def light() -> str:
    return '{"light": "on"}'


def calls(*names: str) -> dict[str, Any]:
    return {"tool": [{"name": name} for name in names]}


def told(service: OpenAIStandin) -> list[tuple[str, str]]:
    """The input of the last request: kind or role, and the words."""
    return [
        (item.get("role", item["type"]), " ".join(words(item)))
        for item in sent(service)[-1].body["input"]
    ]


async def test_failure_answers_the_calls_but_does_not_repeat_the_question(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script(RESPONSES, nth=1, reply=calls("light"))
    service.script(RESPONSES, nth=2, fault=Fault(kind=FaultKind.CUT, after=2))
    thread = await assistant.begin_thread()
    with pytest.raises(VoiceError):
        await hear(assistant, thread, request("Light!", toolbox=Box(light=light)))

    await hear(assistant, thread, request("Light!"))
    assert told(service) == [
        ("function_call_output", '{"light": "on"}'),
        ("user", "Light!"),
    ]


async def test_failure_keeps_what_was_owed_before(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script(RESPONSES, nth=1, reply=calls("light"))
    service.script(RESPONSES, nth=2, fault=service.error("bad_request"))
    thread = await assistant.begin_thread()
    parts = assistant.answer(thread, request("One.", toolbox=Box(light=light)))
    await until(parts, ToolCalled)
    await parts.aclose()
    with pytest.raises(VoiceError):
        await hear(assistant, thread, request("Two."))
    await hear(assistant, thread, request("Two."))
    assert told(service) == [
        ("function_call_output", '{"light": "on"}'),
        ("user", "Two."),
    ]


async def test_restarted_in_the_middle_of_a_tool(
    service: OpenAIStandin, client: openai.AsyncOpenAI
) -> None:
    """Nobody remembers the call any more; the conversation does."""
    service.script(RESPONSES, times=1, reply=calls("light", "door"))
    before = OpenAIAssistant(client)
    thread = await before.begin_thread()
    await hear(before, thread, request("Hello."))
    service.script(RESPONSES, times=1, reply=calls("light", "door"))
    parts = before.answer(thread, request(toolbox=Box(light=light, door=light)))
    await until(parts, ToolCalled)
    await parts.aclose()

    heard = await hear(OpenAIAssistant(client), thread, request("Never mind."))
    assert heard.text.startswith("You said Never mind.")
    assert heard.finished.thread_id == thread
    assert heard.remarks == []
    outputs = told(service)[:-1]
    assert [kind for kind, _ in outputs] == ["function_call_output"] * 2


async def test_output_for_a_call_the_thread_does_not_hold(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    """The service may have dropped what it had taken in."""
    service.script(RESPONSES, times=1, reply=calls("light"))
    thread = await assistant.begin_thread()
    parts = assistant.answer(thread, request(toolbox=Box(light=light)))
    await until(parts, ToolCalled)
    await parts.aclose()
    service.store.conversations[thread].items.clear()

    heard = await hear(assistant, thread, request("Never mind."))
    assert heard.text.startswith("You said Never mind.")
    assert told(service) == [("user", "Never mind.")]


async def test_cut_short_reply_is_told_with_the_next_turn(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    reply = {"incomplete": "max_output_tokens", "after": 3, "sentences": 5}
    service.script(RESPONSES, times=1, reply=reply)
    thread = await assistant.begin_thread()
    heard = await hear(assistant, thread, request("Tell me a story."))
    assert heard.remarks == ["cut_short"]
    assert heard.finished.thread_id == thread
    assert heard.finished.usage.output > 0

    await hear(assistant, thread, request("Go on."))
    assert told(service) == [
        ("user", "Tell me a story."),
        ("assistant", heard.text),
        ("developer", "[The reply was cut off here.]"),
        ("user", "Go on."),
    ]


async def test_local_thread_owes_nothing(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script(RESPONSES, times=1, latency=Latency(each=0.02))
    thread = new_local_id()
    parts = assistant.answer(thread, request("One."))
    await until(parts, Text)
    await parts.aclose()
    await hear(assistant, thread, request("Two."))
    assert told(service) == [("user", "Two.")]


async def test_deleted_thread_owes_nothing(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script(RESPONSES, latency=Latency(each=0.02))
    threads = [await assistant.begin_thread() for _ in range(2)]
    for thread in threads:
        parts: AsyncGenerator[AnswerPart] = assistant.answer(thread, request("One."))
        await until(parts, Text)
        await parts.aclose()
    await assistant.delete_thread(threads[0])
    assert list(assistant._owed) == threads[1:]


async def test_debts_are_bounded(
    service: OpenAIStandin,
    assistant: OpenAIAssistant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openai_assistant, "MOST_OWED", 2)
    service.script(RESPONSES, latency=Latency(first=30.0))
    threads = [await assistant.begin_thread() for _ in range(3)]
    for thread in threads:
        parts = assistant.answer(thread, request("One."))
        await anext(parts)
        await parts.aclose()
    assert list(assistant._owed) == threads[1:]
