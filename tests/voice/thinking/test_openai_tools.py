"""Tools that fail: the model is told, and the turn goes on."""

import asyncio
import json
from typing import Any

import pytest
from openai.types.responses import ResponseFunctionToolCall

from custom_components.reply_satellite.voice.thinking import openai_tools
from custom_components.reply_satellite.voice.thinking.assistant import (
    ToolError,
    ToolOutput,
)
from custom_components.reply_satellite.voice.thinking.openai_assistant import (
    OpenAIAssistant,
)
from custom_components.reply_satellite.voice.thinking.openai_tools import (
    Outcome,
    call_all,
)
from tests.standins.openai import OpenAIStandin

from .asking import Box, hear, request


def call(arguments: str = "{}", name: str = "door") -> ResponseFunctionToolCall:
    return ResponseFunctionToolCall(
        type="function_call", call_id="call_1", name=name, arguments=arguments
    )


async def outcome(box: Box | None, asked: ResponseFunctionToolCall) -> Outcome:
    outcomes: dict[str, Outcome] = {}
    await call_all(box, [asked], outcomes)
    return outcomes["call_1"]


def error_of(of: Outcome) -> str:
    assert of.told.failed
    assert of.told.output == of.output.text
    told = json.loads(of.output.text)["error"]
    assert isinstance(told, str)
    return told


async def test_tool_tells_its_error() -> None:
    async def door() -> str:
        raise ToolError("the door is öpen")

    assert error_of(await outcome(Box(door=door), call())) == "the door is öpen"


async def test_tool_fails_in_an_unexpected_way(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def door() -> str:
        raise ZeroDivisionError

    assert error_of(await outcome(Box(door=door), call())) == "unexpected error"
    assert "ZeroDivisionError" in caplog.text
    caplog.clear()  # the test bed takes a logged exception for a failed test


async def test_tool_says_that_it_did_not_work() -> None:
    async def door() -> ToolOutput:
        return ToolOutput('{"error": "locked"}', failed=True)

    assert error_of(await outcome(Box(door=door), call())) == "locked"


@pytest.mark.parametrize("arguments", ["{", "[]", '"x"', "null", "{'a': 1}"])
async def test_arguments_that_are_none(arguments: str) -> None:
    told = error_of(await outcome(Box(), call(arguments)))
    assert told == "the arguments are not a JSON object"


async def test_no_arguments_at_all() -> None:
    async def door(**arguments: Any) -> str:
        return json.dumps(arguments)

    done = await outcome(Box(door=door), call(""))
    assert done.output == ToolOutput("{}")
    assert not done.told.failed


async def test_no_tools_at_all() -> None:
    assert error_of(await outcome(None, call())) == "there is no such tool"


async def test_tool_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_tools, "TOOL_WITHIN", 0.05)

    async def door() -> str:
        await asyncio.Event().wait()
        raise AssertionError

    assert "no answer within" in error_of(await outcome(Box(door=door), call()))


async def test_model_hears_of_the_error(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    async def door() -> str:
        raise ToolError("the door is stuck")

    service.script("/v1/responses", times=1, reply={"tool": {"name": "door"}})
    thread = await assistant.begin_thread()
    heard = await hear(assistant, thread, request("Open!", toolbox=Box(door=door)))
    assert heard.text == "That did not work. The tool said the door is stuck."
    (told,) = heard.tools
    assert told.failed
