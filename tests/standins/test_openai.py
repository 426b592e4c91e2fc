"""OpenAI's stand-in, driven by OpenAI's SDK: threads, answers, tools, usage."""

import base64
import json
from io import BytesIO
from typing import Any

import pytest
from openai import AsyncOpenAI
from PIL import Image

from .openai import OpenAIStandin
from .script import Latency

MODEL = "gpt-6-luna"
TURN_ON = {
    "type": "function",
    "name": "HassTurnOn",
    "strict": False,
    "parameters": {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "area": {"type": "string"},
            "domain": {"type": "array", "items": {"type": "string"}},
        },
    },
}
LOOK = {
    "type": "function",
    "name": "look_through_camera",
    "strict": False,
    "parameters": {
        "type": "object",
        "properties": {"camera": {"type": "string", "enum": ["Hall", "Front door"]}},
        "required": ["camera"],
    },
}
EXPOSED = "Exposed:\n- names: Kitchen Light\n  domain: light\n- names: Hall Fan\n"


async def stream(client: AsyncOpenAI, **request: Any) -> list[Any]:
    events = await client.responses.create(model=MODEL, stream=True, **request)
    return [event async for event in events]


def spoken(events: list[Any]) -> str:
    return "".join(
        event.delta for event in events if event.type == "response.output_text.delta"
    )


def response(events: list[Any]) -> Any:
    last = events[-1]
    assert last.type == "response.completed"
    return last.response


def picture(width: int, height: int, kind: str = "JPEG") -> str:
    data = BytesIO()
    Image.new("RGB", (width, height), "teal").save(data, kind)
    encoded = base64.b64encode(data.getvalue()).decode()
    return f"data:image/{kind.lower()};base64,{encoded}"


async def test_models_are_listed(assistant: AsyncOpenAI) -> None:
    assert MODEL in [model.id async for model in assistant.models.list()]
    assert (await assistant.models.retrieve(MODEL)).id == MODEL


async def test_events_come_in_the_service_s_order(assistant: AsyncOpenAI) -> None:
    events = await stream(assistant, input="Good morning.")
    kinds = [event.type.removeprefix("response.") for event in events]
    assert list(dict.fromkeys(kinds)) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert spoken(events) == response(events).output_text == "You said Good morning."


async def test_the_sdk_s_own_stream_helper_reads_them(assistant: AsyncOpenAI) -> None:
    async with assistant.responses.stream(model=MODEL, input="Hello.") as events:
        final = await events.get_final_response()
    assert final.output_text == "You said Hello."


async def test_a_whole_answer_without_a_stream(assistant: AsyncOpenAI) -> None:
    answer = await assistant.responses.create(model=MODEL, input="Good morning.")
    assert answer.output_text == "You said Good morning."
    assert (await assistant.responses.retrieve(answer.id)).id == answer.id
    await assistant.responses.delete(answer.id)


async def test_a_conversation_remembers(
    assistant: AsyncOpenAI, openai_standin: OpenAIStandin
) -> None:
    thread = await assistant.conversations.create(metadata={"satellite": "kitchen"})
    await stream(assistant, conversation=thread.id, input="The cat is grey.")
    second = await stream(
        assistant, conversation={"id": thread.id}, input="What did I say before?"
    )
    assert "Earlier you said The cat is grey." in spoken(second)
    items = await assistant.conversations.items.list(thread.id, order="asc")
    assert [item.type for item in items.data] == ["message"] * 4
    assert (await assistant.conversations.retrieve(thread.id)).metadata == {
        "satellite": "kitchen"
    }
    await assistant.conversations.delete(thread.id)
    assert openai_standin.store.conversations == {}


async def test_items_can_be_added_to_a_conversation(assistant: AsyncOpenAI) -> None:
    thread = await assistant.conversations.create()
    message: Any = {"type": "message", "role": "user", "content": "I like tea."}
    await assistant.conversations.items.create(thread.id, items=[message])
    events = await stream(assistant, conversation=thread.id, input="Hello.")
    assert "Earlier you said I like tea." in spoken(events)


async def test_a_response_continues_another(assistant: AsyncOpenAI) -> None:
    first = response(await stream(assistant, input="I am in the garden."))
    second = await stream(assistant, input="Hello.", previous_response_id=first.id)
    assert "Earlier you said I am in the garden." in spoken(second)


async def test_history_kept_by_the_client(
    assistant: AsyncOpenAI, openai_standin: OpenAIStandin
) -> None:
    events = await stream(
        assistant,
        store=False,
        input=[
            {"role": "user", "content": "I am in the garden."},
            {"role": "assistant", "content": "Enjoy it."},
            {"role": "user", "content": "Hello."},
        ],
    )
    assert spoken(events) == "You said Hello. Earlier you said I am in the garden."
    assert openai_standin.store.responses == {}


async def test_pictures_are_counted_measured_and_told_in_order(
    assistant: AsyncOpenAI,
) -> None:
    content = [
        {"type": "input_text", "text": "What do you see?"},
        {"type": "input_text", "text": "Front door at 10:15"},
        {"type": "input_image", "detail": "auto", "image_url": picture(640, 480)},
        {"type": "input_text", "text": "Garden at 10:16"},
        {"type": "input_image", "detail": "auto", "image_url": picture(32, 24, "PNG")},
    ]
    events = await stream(assistant, input=[{"role": "user", "content": content}])
    assert spoken(events) == (
        "You said What do you see. I see two pictures: the first has 640 by 480"
        " pixels, the second has 32 by 24 pixels. I was told: Front door at 10:15."
        " I was told: Garden at 10:16."
    )
    usage = response(events).usage
    assert usage is not None
    assert usage.input_tokens > 2 * 85


async def test_a_tool_is_called_and_its_output_told(assistant: AsyncOpenAI) -> None:
    thread = await assistant.conversations.create()
    events = await stream(
        assistant,
        conversation=thread.id,
        instructions=EXPOSED,
        tools=[TURN_ON],
        input="Turn on the light in the kitchen.",
    )
    (call,) = response(events).output
    assert call.type == "function_call"
    assert json.loads(call.arguments) == {"name": "Kitchen Light"}
    deltas = [event for event in events if event.type.endswith("arguments.delta")]
    assert "".join(event.delta for event in deltas) == call.arguments
    output = {"data": {"success": [{"name": "Kitchen Light"}], "failed": []}}
    events = await stream(
        assistant,
        conversation=thread.id,
        tools=[TURN_ON],
        input=[
            {
                "type": "function_call_output",
                "call_id": call.call_id,
                "output": json.dumps(output),
            }
        ],
    )
    assert spoken(events) == "Done. I switched Kitchen Light."


@pytest.mark.parametrize(
    ("words", "instructions", "tool", "arguments"),
    [
        ("Please turn the fan on.", EXPOSED, TURN_ON, {"name": "Hall Fan"}),
        (
            "Switch on the lamp in the living room.",
            "",
            TURN_ON,
            {"area": "living room", "domain": ["light"]},
        ),
        ("Turn on the oven.", "", TURN_ON, {"name": "oven"}),
        ("Look at the front door again.", "", LOOK, {"camera": "Front door"}),
    ],
)
async def test_arguments_come_from_words_schema_and_instructions(
    assistant: AsyncOpenAI,
    words: str,
    instructions: str,
    tool: dict[str, Any],
    arguments: dict[str, Any],
) -> None:
    events = await stream(
        assistant, input=words, tools=[tool], instructions=instructions
    )
    (call,) = response(events).output
    assert call.type == "function_call"
    assert json.loads(call.arguments) == arguments


async def test_a_tool_not_offered_is_not_called(assistant: AsyncOpenAI) -> None:
    events = await stream(assistant, input="Turn on the light.", tools=[LOOK])
    assert spoken(events) == "You said Turn on the light."


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ('{"error": "HomeAssistantError", "error_text": "it is stuck"}', "it is stuck"),
        ('{"temperature": 21, "rooms": ["hall"]}', "temperature 21, rooms hall"),
        ("all quiet", "all quiet"),
    ],
)
async def test_whatever_a_tool_says_is_told(
    assistant: AsyncOpenAI, output: str, said: str
) -> None:
    call = {"call_id": "call_1", "name": "look", "arguments": "{}"}
    events = await stream(
        assistant,
        input=[
            {"role": "user", "content": "Hello."},
            {"type": "function_call", **call},
            {"type": "function_call_output", "call_id": "call_1", "output": output},
        ],
    )
    assert said in spoken(events)


@pytest.mark.parametrize("wanted", [True, False])
async def test_code_is_run_and_its_output_included_when_asked(
    assistant: AsyncOpenAI, *, wanted: bool
) -> None:
    events = await stream(
        assistant,
        input="How much is six times 7?",
        tools=[{"type": "code_interpreter", "container": {"type": "auto"}}],
        include=["code_interpreter_call.outputs"] if wanted else [],
    )
    call, _ = response(events).output
    assert call.type == "code_interpreter_call"
    assert call.code == "print(6 * 7)"
    logs = [output.logs for output in call.outputs or [] if output.type == "logs"]
    assert logs == (["42\n"] if wanted else [])
    code = [event for event in events if event.type.endswith("call_code.delta")]
    assert "".join(event.delta for event in code) == call.code
    assert spoken(events) == "I calculated it. The result is 42."


async def test_the_web_is_searched(assistant: AsyncOpenAI) -> None:
    events = await stream(
        assistant,
        input="Search the web for the tide tables.",
        tools=[{"type": "web_search"}],
    )
    assert response(events).output[0].type == "web_search_call"
    assert spoken(events) == "I searched the web for the tide tables."


async def test_a_long_thread_is_read_from_the_cache(assistant: AsyncOpenAI) -> None:
    thread = await assistant.conversations.create()
    await stream(assistant, conversation=thread.id, input="word " * 2_000)
    usage = response(
        await stream(assistant, conversation=thread.id, input="Hello.")
    ).usage
    assert usage is not None
    assert usage.input_tokens_details.cached_tokens % 128 == 0
    assert 1_024 <= usage.input_tokens_details.cached_tokens <= usage.input_tokens
    assert usage.output_tokens_details.reasoning_tokens == 0
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens


async def test_truncation_forgets_the_oldest(assistant: AsyncOpenAI) -> None:
    thread = await assistant.conversations.create()
    request: Any = {"model": "gpt-4o-mini", "conversation": thread.id}
    for _ in range(2):
        await assistant.responses.create(
            input="word " * 60_000, truncation="auto", **request
        )
    answer = await assistant.responses.create(
        input="Hello.", truncation="auto", **request
    )
    assert answer.usage is not None
    assert answer.usage.input_tokens <= 128_000


async def test_a_scripted_answer_has_its_length_and_its_times(
    assistant: AsyncOpenAI, openai_standin: OpenAIStandin
) -> None:
    openai_standin.script(
        "/v1/responses",
        latency=Latency(first_byte=0.01, first=0.02, each=0.001),
        reply={"sentences": 3},
    )
    events = await stream(assistant, input="Tell me a story.")
    assert spoken(events).count("sentence") == 3
    deltas = sum(event.type == "response.output_text.delta" for event in events)
    record = openai_standin.requests[-1]
    assert record.scripted == pytest.approx(0.03 + 0.001 * (deltas - 1))
    assert record.slept >= record.scripted
    assert record.started <= record.uploaded < record.first_sent < record.last_sent
    assert record.last_sent - record.uploaded >= record.scripted


async def test_a_scripted_tool_is_called(
    assistant: AsyncOpenAI, openai_standin: OpenAIStandin
) -> None:
    call = {"name": "look", "arguments": {"camera": "Hall"}}
    openai_standin.script("/v1/responses", nth=1, reply={"tool": call})
    events = await stream(assistant, input="Hello.")
    assert response(events).output[0].type == "function_call"
    assert spoken(await stream(assistant, input="Hello.")) == "You said Hello."
