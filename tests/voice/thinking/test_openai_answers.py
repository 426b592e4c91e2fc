"""Answers of the OpenAI assistant as they should be."""

import asyncio

import pytest

from custom_components.reply_satellite.voice.errors import BrokenAnswerError
from custom_components.reply_satellite.voice.thinking.assistant import (
    Exchange,
    MessageBegun,
    Text,
)
from custom_components.reply_satellite.voice.thinking.openai_assistant import (
    OpenAIAssistant,
)
from custom_components.reply_satellite.voice.thinking.thread import new_local_id
from tests.standins.openai import OpenAIStandin
from tests.standins.script import Latency

from .asking import MODEL, hear, jpeg, picture, request, sent, until, words


async def test_answer_streams(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    thread = await assistant.begin_thread()
    heard = await hear(assistant, thread, request("The lamp is red."))

    assert isinstance(heard.parts[0], MessageBegun)
    assert len(heard.of(Text)) > 1
    assert heard.text == "You said The lamp is red."
    assert heard.finished.thread_id == thread
    assert heard.remarks == []


async def test_what_a_response_is_made_from(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    thread = await assistant.begin_thread()
    await hear(assistant, thread, request("Hello.", longest_reply=77))
    await hear(assistant, thread, request("Hello again.", instructions="Be long."))

    # Not every server takes a body in chunks of unknown number.
    headers = sent(service)[0].headers
    assert int(headers["content-length"]) == sent(service)[0].received_bytes
    assert "transfer-encoding" not in headers
    first, second = (record.body for record in sent(service))
    assert first["conversation"] == thread
    assert first["model"] == MODEL
    assert first["truncation"] == "auto"
    assert first["reasoning"] == {"effort": "none"}
    assert first["max_output_tokens"] == 77
    assert first["stream"] is True
    assert {"store", "tools", "tool_choice", "include"} & first.keys() == set()
    assert (first["instructions"], second["instructions"]) == ("Be brief.", "Be long.")
    assert second["max_output_tokens"] == 3000


async def test_message_begins_before_its_text(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script("/v1/responses", latency=Latency(first=30.0))
    thread = await assistant.begin_thread()
    parts = assistant.answer(thread, request())
    # The text would come half a minute later.
    async with asyncio.timeout(5):
        assert isinstance(await anext(parts), MessageBegun)
    await parts.aclose()


async def test_thread_remembers(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    thread = await assistant.begin_thread()
    await hear(assistant, thread, request("My name is Ada."))
    heard = await hear(assistant, thread, request("What is my name?"))

    assert "Earlier you said My name is Ada." in heard.text
    # The service has the rest.
    assert len(sent(service)[1].body["input"]) == 1


async def test_pictures_in_one_message_in_order(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    thread = await assistant.begin_thread()
    pictures = (
        picture("Door", jpeg=jpeg(40, 30)),
        picture("Attic", jpeg=b"", failure="it is off"),
        picture("Garden", jpeg=jpeg(20, 10), taken="2026-11-22T18:06:00+01:00"),
    )
    heard = await hear(assistant, thread, request("Who is there?", *pictures))

    (message,) = sent(service)[0].body["input"]
    assert message["role"] == "user"
    assert words(message) == [
        "Who is there?",
        "[Picture: camera “Door”, 2026-11-22T18:05:00+01:00]",
        "[picture]",
        "[camera “Attic”, 2026-11-22T18:05:00+01:00: failed (it is off)]",
        "[Picture: camera “Garden”, 2026-11-22T18:06:00+01:00]",
        "[picture]",
    ]
    assert "the first has 40 by 30 pixels, the second has 20 by 10 pixels" in heard.text


async def test_pictures_without_a_word(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    thread = await assistant.begin_thread()
    await hear(assistant, thread, request("", picture(jpeg=b"")))
    (message,) = sent(service)[0].body["input"]
    assert words(message) == [
        "[camera “Door”, 2026-11-22T18:05:00+01:00: failed (no picture)]"
    ]


async def test_local_thread_stores_nothing(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    thread = new_local_id()
    history = (Exchange("My name is Ada.", "Hello Ada."),)
    heard = await hear(assistant, thread, request("Who am I?", history=history))

    assert "Earlier you said My name is Ada." in heard.text
    (record,) = service.requests
    assert record.body["store"] is False
    assert "conversation" not in record.body
    said = [(item["role"], words(item)) for item in record.body["input"]]
    assert said == [
        ("user", ["My name is Ada."]),
        ("assistant", ["Hello Ada."]),
        ("user", ["Who am I?"]),
    ]
    assert service.store.responses == {}
    assert heard.finished.thread_id == thread
    await assistant.delete_thread(thread)
    assert len(service.requests) == 1


async def test_runs_on_one_thread_wait_for_each_other(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script("/v1/responses", latency=Latency(first=0.05))
    thread = await assistant.begin_thread()
    asked = [request(f"This is question {number}.") for number in range(3)]
    heard = await asyncio.gather(*(hear(assistant, thread, one) for one in asked))

    # Two at once would be refused: the conversation is locked.
    assert [record.status for record in sent(service)] == [200, 200, 200]
    assert "Earlier you said This is question 1." in heard[2].text


async def test_threads_do_not_wait_for_each_other(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script("/v1/responses", nth=1, latency=Latency(first=30.0))
    slow = assistant.answer(await assistant.begin_thread(), request())
    assert isinstance(await anext(slow), MessageBegun)
    async with asyncio.timeout(5):
        await hear(assistant, await assistant.begin_thread(), request())
    await slow.aclose()


async def test_an_empty_answer_is_none(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script("/v1/responses", reply={"text": ""})
    thread = await assistant.begin_thread()
    with pytest.raises(BrokenAnswerError):
        await hear(assistant, thread, request())


async def test_stream_is_closed_when_left(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script("/v1/responses", latency=Latency(each=0.05))
    thread = await assistant.begin_thread()
    parts = assistant.answer(thread, request())
    await until(parts, Text)
    await parts.aclose()
    (record,) = sent(service)
    async with asyncio.timeout(5):
        while record.outcome == "open":
            await asyncio.sleep(0.01)
    assert record.outcome == "aborted"
