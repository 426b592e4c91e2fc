"""Events that the stand-in's model never sends, and other servers do."""

from typing import Any

import pytest
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseFailedEvent,
    ResponseIncompleteEvent,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseRefusalDeltaEvent,
    ResponseStreamEvent,
)

from custom_components.reply_satellite.voice.errors import BrokenAnswerError
from custom_components.reply_satellite.voice.thinking.assistant import (
    MessageBegun,
    Text,
    ToolCalled,
    Usage,
)
from custom_components.reply_satellite.voice.thinking.openai_events import Round
from custom_components.reply_satellite.voice.thinking.openai_input import said_items


def response(**values: Any) -> Response:
    """As the SDK makes it: without looking whether anything is missing."""
    return Response.construct(**{"id": "resp_1", "status": "completed"} | values)


def item_done(**item: Any) -> ResponseOutputItemDoneEvent:
    return ResponseOutputItemDoneEvent.construct(
        type="response.output_item.done", item=item, output_index=0
    )


def item_added(**item: Any) -> ResponseOutputItemAddedEvent:
    return ResponseOutputItemAddedEvent.construct(
        type="response.output_item.added", item=item, output_index=0
    )


def test_refusal_is_spoken() -> None:
    taken = Round()
    event = ResponseRefusalDeltaEvent.construct(
        type="response.refusal.delta", delta="I can't."
    )
    assert list(taken.take(event)) == [Text("I can't.")]
    assert taken.written == "I can't."
    assert taken.begun


@pytest.mark.parametrize(
    ("kind", "parts", "begun", "answering"),
    [
        ("message", [MessageBegun()], True, False),
        ("reasoning", [], False, False),
        ("function_call", [], False, True),
        ("web_search_call", [], False, True),
        ("something_of_next_year", [], False, True),
    ],
)
def test_what_is_a_sign_of_an_answer(
    kind: str, parts: list[object], begun: bool, answering: bool
) -> None:
    taken = Round()
    assert list(taken.take(item_added(type=kind, id="x"))) == parts
    assert (taken.begun, taken.answering) == (begun, answering)


def test_code_that_drew_a_picture() -> None:
    outputs = [
        {"type": "logs", "logs": "done\n"},
        {"type": "image", "url": "https://example.com/plot.png"},
    ]
    event = item_done(
        type="code_interpreter_call", id="ci_1", code=None, outputs=outputs,
        status="failed",
    )  # fmt: skip
    assert list(Round().take(event)) == [
        ToolCalled("code_interpreter", {"code": ""}, "done\n[image]", failed=True)
    ]


def test_search_without_a_word_of_what() -> None:
    event = item_done(type="web_search_call", id="ws_1", action=None, status="failed")
    assert list(Round().take(event)) == [ToolCalled("web_search", {}, "", failed=True)]


def test_failure_without_a_word() -> None:
    event = ResponseFailedEvent.construct(
        type="response.failed", response=response(status="failed", error=None)
    )
    with pytest.raises(BrokenAnswerError):
        list(Round().take(event))


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        (None, Usage()),
        ({"input_tokens": 3, "output_tokens": 4}, Usage(input=3, output=4)),
        ({"input_tokens": 1e308, "output_tokens": 4}, Usage(output=4)),
        (
            {
                "input_tokens": 9,
                "output_tokens": 8,
                "input_tokens_details": {"cached_tokens": 7},
                "output_tokens_details": {"reasoning_tokens": 6},
            },
            Usage(input=9, cached=7, output=8, reasoning=6),
        ),
    ],
)
def test_usage_as_servers_tell_it(usage: object, read: Usage) -> None:
    event = ResponseCompletedEvent.construct(
        type="response.completed", response=response(usage=usage)
    )
    taken = Round()
    assert list(taken.take(event)) == []
    assert taken.complete
    assert taken.usage == read


def test_cut_short_without_a_reason() -> None:
    event = ResponseIncompleteEvent.construct(
        type="response.incomplete", response=response(status="incomplete")
    )
    taken = Round()
    list(taken.take(event))
    assert (taken.complete, taken.cut_short, taken.ended) == (False, True, True)
    assert isinstance(taken.nothing_said(), BrokenAnswerError)


@pytest.mark.parametrize(
    "event",
    [
        ResponseOutputItemAddedEvent.construct(type="response.output_item.added"),
        ResponseOutputItemDoneEvent.construct(type="response.output_item.done"),
        ResponseCompletedEvent.construct(type="response.completed"),
        ResponseIncompleteEvent.construct(type="response.incomplete"),
        ResponseFailedEvent.construct(type="response.failed"),
    ],
    ids=lambda event: event.type,
)
def test_events_without_what_they_tell_of(event: ResponseStreamEvent) -> None:
    """The SDK does not look; that the response did not end is seen by who asked."""
    taken = Round()
    assert list(taken.take(event)) == []
    assert (taken.output, taken.ended) == ([], False)


def test_calls_of_a_reply_cut_short_are_not_made() -> None:
    taken = Round()
    call = {"type": "function_call", "call_id": "call_1", "name": "x", "arguments": "{"}
    list(taken.take(item_done(**call)))
    assert taken.calls == []
    taken.complete = True
    assert [call.call_id for call in taken.calls] == ["call_1"]


def test_usage_is_added_up() -> None:
    one = Usage(input=1, cached=2, output=3, reasoning=4)
    assert one + one == Usage(input=2, cached=4, output=6, reasoning=8)


def test_what_was_said_goes_back_without_ids() -> None:
    taken = Round()
    for item in (
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "abc"},
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "Well. ", "annotations": []},
                {"type": "refusal", "refusal": "No."},
            ],
        },
        {"type": "web_search_call", "id": "ws_1", "status": "completed"},
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "call_1",
            "name": "x",
            "arguments": "{}",
        },
        {"type": "something_of_next_year", "id": "x_1"},
    ):
        list(taken.take(item_done(**item)))
    assert said_items(taken.output) == [
        {
            "type": "reasoning",
            "id": "rs_2",
            "summary": [],
            "encrypted_content": "abc",
        },
        {"type": "message", "role": "assistant", "content": "Well. No."},
        {"type": "web_search_call", "id": "ws_1", "status": "completed"},
        {
            "type": "function_call",
            "call_id": "call_1",
            "name": "x",
            "arguments": "{}",
        },
    ]
