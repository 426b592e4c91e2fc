"""What OpenAI's stand-in refuses, as OpenAI's SDK sees it, and the abort hazard."""

import asyncio
import base64
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from .openai import OpenAIStandin
from .script import Latency
from .test_openai import LOOK, MODEL, TURN_ON, picture, response, spoken, stream


def with_picture(url: str) -> dict[str, Any]:
    content = [{"type": "input_image", "detail": "auto", "image_url": url}]
    return {"input": [{"role": "user", "content": content}]}


def encoded(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


async def test_a_wrong_key(openai_standin: OpenAIStandin) -> None:
    async with AsyncOpenAI(api_key="wrong", base_url=openai_standin.base_url) as client:
        with pytest.raises(openai.AuthenticationError) as refused:
            await client.models.list()
    assert refused.value.code == "invalid_api_key"


async def test_the_assistants_api_is_gone(assistant: AsyncOpenAI) -> None:
    with (
        pytest.warns(DeprecationWarning, match="deprecated"),
        pytest.raises(openai.NotFoundError),
    ):
        await assistant.beta.threads.create()
    with (
        pytest.warns(DeprecationWarning, match="deprecated"),
        pytest.raises(openai.NotFoundError),
    ):
        await assistant.beta.assistants.list()


async def test_an_unknown_conversation(assistant: AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        await assistant.conversations.retrieve("conv_none")
    with pytest.raises(openai.NotFoundError):
        await stream(assistant, conversation="conv_none", input="Hello.")


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"model": "gpt-0"}, "model_not_found", "model"),
        ({"input": []}, "missing_required_parameter", "input"),
        ({"input": [{"type": "thought"}]}, "invalid_value", "input[0].type"),
        ({"input": [{"role": "cat", "content": ""}]}, None, "input[0].role"),
        (
            {"input": [{"role": "user", "content": [{"type": "output_text"}]}]},
            "invalid_value",
            "input[0].content[0]",
        ),
        ({"truncation": "some"}, "invalid_value", "truncation"),
        ({"reasoning": {"effort": "vast"}}, "invalid_value", "reasoning.effort"),
        (
            {"model": "gpt-4o-mini", "reasoning": {"effort": "low"}},
            "unsupported_parameter",
            "reasoning.effort",
        ),
        (
            {"reasoning": {"effort": "low"}, "temperature": 1},
            "unsupported_parameter",
            "temperature",
        ),
        ({"tools": [{"type": "hammer"}]}, "invalid_value", "tools[0].type"),
        ({"tools": [{"type": "function"}]}, None, "tools[0].name"),
        (
            {"tools": [{"type": "code_interpreter"}]},
            "missing_required_parameter",
            "tools[0].container",
        ),
        (
            {"conversation": "conv_1", "previous_response_id": "resp_1"},
            "mutually_exclusive_parameters",
            None,
        ),
        (
            {"previous_response_id": "resp_1"},
            "previous_response_not_found",
            "previous_response_id",
        ),
        (
            {"model": "gpt-4o-mini", "input": "word " * 110_000},
            "context_length_exceeded",
            "input",
        ),
        (with_picture("https://example.com/a.png"), "invalid_image_url", "input"),
        (with_picture("data:image/tiff;base64,AAAA"), None, "input"),
        (with_picture("data:image/png;base64,!"), "invalid_base64_image", "input"),
        (with_picture(encoded(b"")), "empty_image_file", "input"),
        (with_picture(encoded(b"no picture")), "invalid_image_format", "input"),
        (with_picture(picture(64, 64)[:-64]), "image_parse_error", "input"),
        (with_picture(picture(17_000, 1)), "image_too_large", "input"),
        (
            with_picture(encoded(bytes(20 * 1024**2 + 1))),
            "image_file_too_large",
            "input",
        ),
    ],
)
async def test_a_bad_request(
    assistant: AsyncOpenAI, change: dict[str, Any], code: str | None, param: str
) -> None:
    request: Any = {"model": MODEL, "input": "Hello."} | change
    with pytest.raises(openai.BadRequestError) as refused:
        await assistant.responses.create(**request)
    assert refused.value.param == param
    if code is not None:
        assert refused.value.code == code


async def test_an_output_for_a_call_that_was_never_made(
    assistant: AsyncOpenAI,
) -> None:
    output: Any = {
        "type": "function_call_output",
        "call_id": "call_1",
        "output": "done",
    }
    with pytest.raises(openai.BadRequestError, match="No tool call found"):
        await stream(assistant, input=[output])


async def test_a_second_run_on_a_busy_conversation(
    assistant: AsyncOpenAI, openai_standin: OpenAIStandin
) -> None:
    thread = await assistant.conversations.create()
    openai_standin.script("/v1/responses", nth=1, latency=Latency(first=30))
    running: Any = await assistant.responses.create(
        model=MODEL, conversation=thread.id, input="Hello.", stream=True
    )
    with pytest.raises(openai.BadRequestError) as refused:
        await stream(assistant, conversation=thread.id, input="Hello again.")
    assert refused.value.code == "conversation_locked"
    await running.close()


async def test_an_aborted_answer_leaves_nothing_behind(
    assistant: AsyncOpenAI, openai_standin: OpenAIStandin
) -> None:
    thread = await assistant.conversations.create()
    openai_standin.script("/v1/responses", nth=1, latency=Latency(each=0.2))
    running: Any = await assistant.responses.create(
        model=MODEL, conversation=thread.id, input="My name is Ada.", stream=True
    )
    async for event in running:
        if event.type == "response.output_text.delta":
            break
    await running.close()
    await until_ended(openai_standin)
    assert openai_standin.requests[-1].outcome == "aborted"
    assert openai_standin.store.conversations[thread.id].items == []
    # ... and the thread is free, but does not know that there was a turn.
    events = await stream(assistant, conversation=thread.id, input="Hello.")
    assert spoken(events) == "You said Hello."


async def test_an_abort_after_a_tool_call_poisons_the_thread(
    assistant: AsyncOpenAI, openai_standin: OpenAIStandin
) -> None:
    """The hazard: the call is stored, its output is not, and no turn is taken again."""
    thread = await assistant.conversations.create()
    events = await stream(
        assistant, conversation=thread.id, tools=[TURN_ON], input="Turn on the light."
    )
    (call,) = response(events).output
    assert call.type == "function_call"
    output: Any = {
        "type": "function_call_output",
        "call_id": call.call_id,
        "output": "on",
    }
    openai_standin.script("/v1/responses", nth=1, latency=Latency(first=30))
    running: Any = await assistant.responses.create(
        model=MODEL, conversation=thread.id, input=[output], stream=True
    )
    await running.close()
    await until_ended(openai_standin)
    with pytest.raises(openai.BadRequestError) as refused:
        await stream(assistant, conversation=thread.id, input="Hello.")
    assert f"No tool output found for function call {call.call_id}" in str(
        refused.value
    )
    # The way out: give the output first.
    message = {"role": "user", "content": "Hello."}
    events = await stream(assistant, conversation=thread.id, input=[output, message])
    assert spoken(events).startswith("You said Hello.")


@pytest.mark.parametrize(
    ("reply", "last"),
    [
        ({"error": {"code": "server_error", "message": "Oh."}}, "error"),
        (
            {"failed": {"code": "rate_limit_exceeded", "message": "Oh."}},
            "response.failed",
        ),
        ({"incomplete": "max_output_tokens"}, "response.incomplete"),
    ],
)
async def test_a_stream_that_breaks_without_raising(
    assistant: AsyncOpenAI,
    openai_standin: OpenAIStandin,
    reply: dict[str, Any],
    last: str,
) -> None:
    thread = await assistant.conversations.create()
    openai_standin.script("/v1/responses", reply=reply | {"after": 2})
    events = await stream(assistant, conversation=thread.id, input="Hello there.")
    assert events[-1].type == last
    assert spoken(events) == "You said"
    assert openai_standin.store.conversations[thread.id].items == []


@pytest.mark.parametrize(
    ("name", "raised"),
    [
        ("bad_request", openai.BadRequestError),
        ("permission_denied", openai.PermissionDeniedError),
        ("rate_limit_exceeded", openai.RateLimitError),
        ("insufficient_quota", openai.RateLimitError),
        ("server_error", openai.InternalServerError),
        ("overloaded", openai.InternalServerError),
    ],
)
async def test_scripted_errors_are_the_service_s_own(
    assistant: AsyncOpenAI,
    openai_standin: OpenAIStandin,
    name: str,
    raised: type[openai.APIStatusError],
) -> None:
    openai_standin.script("/v1/responses", nth=2, fault=openai_standin.error(name))
    await stream(assistant, input="Hello.")
    with pytest.raises(raised) as refused:
        await stream(assistant, input="Hello.", tools=[LOOK])
    if refused.value.code is not None:
        assert refused.value.code == name
    await stream(assistant, input="Hello.")


async def until_ended(service: OpenAIStandin) -> None:
    """Wait until the service has noticed that its client hung up."""
    while not service.requests[-1].ended:
        await asyncio.sleep(0.005)
