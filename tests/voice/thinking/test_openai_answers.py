"""Answers of the OpenAI assistant as they should be."""

import asyncio
import json

import pytest

from custom_components.reply_satellite.voice.thinking.assistant import (
    CodeWritten,
    Exchange,
    Finished,
    MessageBegun,
    Text,
    ToolOutput,
    Usage,
)
from custom_components.reply_satellite.voice.thinking.openai_assistant import (
    OpenAIAssistant,
)
from tests.standins.openai import OpenAIStandin
from tests.standins.script import Fault, FaultKind, Latency

from .asking import MODEL, Box, hear, jpeg, picture, request, sent, until, words


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


async def test_code_interpreter(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    thread = await assistant.begin_thread()
    asked = request("What is 20 plus 22?", code_interpreter=True)
    heard = await hear(assistant, thread, asked)

    code = "".join(part.delta for part in heard.of(CodeWritten))
    assert code == "print(20 + 22)"
    (tool,) = heard.tools
    assert tool.name == "code_interpreter"
    assert tool.arguments == {"code": code}
    assert tool.output == "42\n"
    assert not tool.failed
    assert heard.text == "I calculated it. The result is 42."


async def test_web_search(service: OpenAIStandin, assistant: OpenAIAssistant) -> None:
    thread = await assistant.begin_thread()
    asked = request("Search the web for kites.", web_search=True)
    heard = await hear(assistant, thread, asked)

    (tool,) = heard.tools
    assert tool.name == "web_search"
    assert tool.arguments == {"type": "search", "query": "kites"}
    assert heard.text == "I searched the web for kites."
    assert sent(service)[0].body["tools"] == [{"type": "web_search"}]


async def test_tool_loop_sums_the_usage(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    async def light(color: str) -> str:
        return json.dumps({"color": color})

    box = Box(light=light)
    service.script(
        "/v1/responses",
        times=1,
        reply={"tool": {"name": "light", "arguments": {"color": "red"}}},
    )
    thread = await assistant.begin_thread()
    heard = await hear(assistant, thread, request("Red, please.", toolbox=box))

    assert box.called == [("light", {"color": "red"})]
    (tool,) = heard.tools
    assert (tool.name, tool.arguments) == ("light", {"color": "red"})
    assert (tool.output, tool.failed) == ('{"color": "red"}', False)
    assert heard.text == "Done. The tool answered color red."
    usages = [record.details["response"]["usage"] for record in sent(service)]
    assert len(usages) == 2
    assert heard.finished.usage == Usage(
        input=sum(usage["input_tokens"] for usage in usages),
        output=sum(usage["output_tokens"] for usage in usages),
    )
    first, second = (record.body for record in sent(service))
    assert first["tools"][0]["name"] == "light"
    assert [item["type"] for item in second["input"]] == ["function_call_output"]
    assert second["instructions"] == first["instructions"]


async def test_cached_tokens_are_counted(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    thread = await assistant.begin_thread()
    await hear(assistant, thread, request("Long ago. " * 1000))
    heard = await hear(assistant, thread, request("And now?"))
    assert heard.finished.usage.cached > 1000
    assert heard.finished.usage.cached < heard.finished.usage.input


async def test_tools_of_a_round_run_side_by_side(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    both = asyncio.Barrier(2)

    async def meet() -> str:
        async with asyncio.timeout(5):
            await both.wait()
        return "{}"

    calls = [{"name": "one"}, {"name": "two"}]
    service.script("/v1/responses", times=1, reply={"tool": calls})
    thread = await assistant.begin_thread()
    heard = await hear(assistant, thread, request(toolbox=Box(one=meet, two=meet)))
    assert [(tool.name, tool.failed) for tool in heard.tools] == [
        ("one", False),
        ("two", False),
    ]


async def test_tool_may_bring_a_picture(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    async def look() -> ToolOutput:
        return ToolOutput("{}", (picture("Garden", jpeg=jpeg(32, 24)),))

    service.script("/v1/responses", times=1, reply={"tool": {"name": "look"}})
    thread = await assistant.begin_thread()
    heard = await hear(assistant, thread, request(toolbox=Box(look=look)))

    (output,) = sent(service)[1].body["input"]
    assert output["type"] == "function_call_output"
    assert words(output) == [
        "{}",
        "[Picture: camera “Garden”, 2026-11-22T18:05:00+01:00]",
        "[picture]",
    ]
    assert "I looked at one new" in heard.text


async def test_at_most_ten_rounds(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    async def again() -> str:
        return "{}"

    # A model that wants to go on for ever, and is told in the last round to stop.
    service.script("/v1/responses", times=9, reply={"tool": {"name": "again"}})
    thread = await assistant.begin_thread()
    heard = await hear(assistant, thread, request(toolbox=Box(again=again)))

    choices = [record.body["tool_choice"] for record in sent(service)]
    assert choices == ["auto"] * 9 + ["none"]
    assert len(heard.tools) == 9
    assert heard.text


async def test_local_thread_stores_nothing(
    service: OpenAIStandin, local_assistant: OpenAIAssistant
) -> None:
    thread = await local_assistant.begin_thread()
    history = (Exchange("My name is Ada.", "Hello Ada."),)
    heard = await hear(local_assistant, thread, request("Who am I?", history=history))

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
    await local_assistant.delete_thread(thread)
    assert len(service.requests) == 1


async def test_local_thread_with_tools(
    service: OpenAIStandin, local_assistant: OpenAIAssistant
) -> None:
    async def light() -> str:
        return '{"on": true}'

    service.script("/v1/responses", times=1, reply={"tool": {"name": "light"}})
    thread = await local_assistant.begin_thread()
    heard = await hear(
        local_assistant, thread, request("Light!", toolbox=Box(light=light))
    )

    assert heard.text == "Done. The tool answered on True."
    kinds = [item["type"] for item in sent(service)[1].body["input"]]
    assert kinds == ["message", "function_call", "function_call_output"]
    assert sent(service)[1].body["include"] == ["reasoning.encrypted_content"]


async def test_local_threads_are_told_apart(
    service: OpenAIStandin, local_assistant: OpenAIAssistant
) -> None:
    names = {await local_assistant.begin_thread() for _ in range(8)}
    assert len(names) == 8


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


async def test_rounds_and_turns_share_a_connection(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    async def light() -> str:
        return "{}"

    await assistant.warm()
    service.script("/v1/responses", times=1, reply={"tool": {"name": "light"}})
    thread = await assistant.begin_thread()
    await hear(assistant, thread, request(toolbox=Box(light=light)))
    await hear(assistant, thread, request())
    assert len(service.requests) == 5
    assert len({record.connection for record in service.requests}) == 1


@pytest.mark.parametrize(
    ("model", "wanted", "effort"),
    [
        ("gpt-6-luna", "none", "none"),
        ("gpt-6-luna", "high", "high"),
        ("gpt-4o-mini", "none", None),
    ],
)
async def test_effort(
    service: OpenAIStandin,
    assistant: OpenAIAssistant,
    model: str,
    wanted: str,
    effort: str | None,
) -> None:
    thread = await assistant.begin_thread()
    await hear(assistant, thread, request(model=model, reasoning=wanted))
    (record,) = sent(service)
    assert record.body.get("reasoning", {}).get("effort") == effort


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


async def test_empty_answer_finishes(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script("/v1/responses", reply={"text": ""})
    thread = await assistant.begin_thread()
    heard = await hear(assistant, thread, request())
    assert heard.text == ""
    assert isinstance(heard.finished, Finished)


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
