"""Answers that take tools: the service's, and ours, round by round."""

import asyncio
import json

from custom_components.reply_satellite.voice.thinking.assistant import (
    CodeWritten,
    ToolOutput,
    Usage,
)
from custom_components.reply_satellite.voice.thinking.openai_assistant import (
    OpenAIAssistant,
)
from custom_components.reply_satellite.voice.thinking.thread import new_local_id
from tests.standins.openai import OpenAIStandin

from .asking import Box, hear, jpeg, picture, request, sent, words


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


async def test_messages_are_told_apart(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    async def look() -> str:
        return "{}"

    said = {"text": "Let me look it up.", "tool": {"name": "look"}}
    service.script("/v1/responses", nth=1, reply=said)
    service.script("/v1/responses", nth=2, reply={"tool": {"name": "look"}})
    told = ["", "It is 20 degrees.", "", "Anything else?", ""]
    service.script("/v1/responses", nth=3, reply={"text": told})
    thread = await assistant.begin_thread()
    heard = await hear(assistant, thread, request(toolbox=Box(look=look)))
    # Nothing comes before the first of them, or after the last.
    assert heard.text == "Let me look it up.\n\nIt is 20 degrees.\n\nAnything else?"

    heard = await hear(assistant, thread, request("The lamp is red."))
    assert heard.text.startswith("You said")


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


async def test_local_thread_with_tools(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    async def light() -> str:
        return '{"on": true}'

    service.script("/v1/responses", times=1, reply={"tool": {"name": "light"}})
    thread = new_local_id()
    heard = await hear(assistant, thread, request("Light!", toolbox=Box(light=light)))

    assert heard.text == "Done. The tool answered on True."
    kinds = [item["type"] for item in sent(service)[1].body["input"]]
    assert kinds == ["message", "function_call", "function_call_output"]
    assert sent(service)[1].body["include"] == ["reasoning.encrypted_content"]


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
