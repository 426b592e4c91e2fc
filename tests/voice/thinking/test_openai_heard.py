"""The model knows how much of its last reply was heard."""

import pytest

from custom_components.reply_satellite.voice.thinking.assistant import Exchange
from custom_components.reply_satellite.voice.thinking.openai_assistant import (
    OpenAIAssistant,
)
from custom_components.reply_satellite.voice.thinking.thread import new_local_id
from tests.standins.openai import OpenAIStandin

from .asking import hear, request, sent, words

REPLY = "It is warm. It is wet."
NOTE = "[The user has heard this reply only up to: “It is warm.”]"


def stopped(heard: str | None) -> Exchange:
    return Exchange("How is it outside?", REPLY, heard)


@pytest.mark.parametrize(
    ("heard", "told"),
    [
        (None, []),
        ("", ["[The user has heard nothing of this reply.]"]),
        ("It is warm.", [NOTE]),
    ],
)
async def test_a_thread_at_the_service_is_told(
    assistant: OpenAIAssistant,
    service: OpenAIStandin,
    heard: str | None,
    told: list[str],
) -> None:
    thread_id = await assistant.begin_thread()
    await hear(assistant, thread_id, request("Go on.", history=(stopped(heard),)))
    (asked,) = sent(service)
    *before, question = asked.body["input"]
    assert [words(item) for item in before] == [[note] for note in told]
    assert all(item["role"] == "developer" for item in before)
    assert words(question) == ["Go on."]


async def test_it_is_told_once(
    assistant: OpenAIAssistant, service: OpenAIStandin
) -> None:
    thread_id = await assistant.begin_thread()
    later = Exchange("Go on.", "Take the umbrella.")
    history = (stopped("It is warm."), later)
    await hear(assistant, thread_id, request("Thanks.", history=history))
    (asked,) = sent(service)
    assert [words(item) for item in asked.body["input"]] == [["Thanks."]]


async def test_a_thread_kept_here_tells_it_where_it_happened(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    thread_id = new_local_id()
    later = Exchange("Go on.", "Take the umbrella.")
    history = (stopped("x" * 300), later)
    await hear(assistant, thread_id, request("Thanks.", history=history))
    (asked,) = sent(service)
    told = [words(item)[0] for item in asked.body["input"]]
    assert told[:2] == ["How is it outside?", REPLY]
    assert told[2] == f"[The user has heard this reply only up to: “{'x' * 200}”]"
    assert told[3:] == ["Go on.", "Take the umbrella.", "Thanks."]
