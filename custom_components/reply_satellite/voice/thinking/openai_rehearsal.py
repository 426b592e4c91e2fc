"""A rehearsal of an answer, so that the first real one does not stutter.

The SDK builds the parsers of its many events when it meets each for the first time,
which holds up the event loop (65 ms for the first conversation and 125 ms for the
first answer, measured with openai 3.26 on a slow core). Here it meets them in a
thread, reading from memory.
"""

import json
from functools import cache
from typing import Any, Final

import httpx
import openai
from openai.types.conversations import Conversation
from openai.types.responses import Response, ResponseStreamEvent

from .openai_events import Round

_RESPONSE: Final[dict[str, Any]] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "status": "in_progress",
    "model": "rehearsal",
    "output": [],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "conversation": {"id": "conv_1"},
}
_PART: Final = {"type": "output_text", "text": "", "annotations": []}
_MESSAGE: Final[dict[str, Any]] = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [_PART],
}
_CALL: Final = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "rehearse",
    "arguments": "{}",
    "status": "completed",
}
_USAGE: Final = {
    "input_tokens": 1,
    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "output_tokens": 1,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 2,
}
_PLACE: Final = {"output_index": 0, "item_id": "msg_1", "content_index": 0}
_ENDED: Final = {"status": "completed", "output": [_MESSAGE, _CALL], "usage": _USAGE}
_EVENTS: Final[list[tuple[str, dict[str, Any]]]] = [
    ("response.created", {"response": _RESPONSE}),
    ("response.in_progress", {"response": _RESPONSE}),
    ("response.output_item.added", {"output_index": 0, "item": _MESSAGE}),
    ("response.content_part.added", {"part": _PART, **_PLACE}),
    ("response.output_text.delta", {"delta": "", "logprobs": [], **_PLACE}),
    ("response.output_text.done", {"text": "", "logprobs": [], **_PLACE}),
    ("response.content_part.done", {"part": _PART, **_PLACE}),
    ("response.output_item.done", {"output_index": 0, "item": _MESSAGE}),
    ("response.output_item.added", {"output_index": 1, "item": _CALL}),
    ("response.output_item.done", {"output_index": 1, "item": _CALL}),
    ("response.completed", {"response": {**_RESPONSE, **_ENDED}}),
]


def _play(request: httpx.Request) -> httpx.Response:
    """Answer as the service would, from memory."""
    if request.url.path == "/conversations":
        made = {"id": "conv_1", "object": "conversation", "created_at": 1}
        return httpx.Response(200, json=made)
    events = "".join(
        f"event: {kind}\ndata: "
        f"{json.dumps({'type': kind, 'sequence_number': number, **values})}\n\n"
        for number, (kind, values) in enumerate(_EVENTS)
    )
    return httpx.Response(
        200, headers={"Content-Type": "text/event-stream"}, text=events
    )


@cache
def rehearse() -> int:
    """Read an answer as it comes from the service; returns how many parts it had.

    Blocking: for an executor. Once is enough, and it happens only once.
    """
    with httpx.Client(transport=httpx.MockTransport(_play)) as http_client:
        client = openai.OpenAI(
            api_key="none",
            base_url="http://rehearsal.invalid",
            http_client=http_client,  # type: ignore[arg-type]
        )
        client.post("/conversations", body={}, cast_to=Conversation)
        stream = client.post(
            "/responses",
            body={},
            cast_to=Response,
            stream=True,
            stream_cls=openai.Stream[ResponseStreamEvent],
        )
        taken = Round()
        return sum(1 for event in stream for _ in taken.take(event))
