"""What the Responses API is sent: messages, pictures, tools and their outputs."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

from openai.types.responses import (
    EasyInputMessageParam,
    ResponseFunctionToolCallParam,
    ResponseInputContentParam,
    ResponseInputItemParam,
    ResponseOutputItem,
    ToolParam,
)
from openai.types.responses.response_input_param import FunctionCallOutput

from .assistant import Exchange, Picture, Question, Request, ToolOutput

type Items = list[ResponseInputItemParam]
"""Messages, tool calls and tool outputs, in the order they happened."""

PICTURE_REFUSED: Final = (
    "[Here was a picture that could not be looked at. Tell the user so if it matters.]"
)
LAST_HEARD: Final = 200
"""Characters that tell the model where a reply was stopped."""
PICTURE_NOT_KEPT: Final = "[Here was a picture that is not kept.]"


def message(role: str, text: str) -> EasyInputMessageParam:
    """A message of plain text; `role` is user, assistant or developer."""
    return cast(
        "EasyInputMessageParam", {"type": "message", "role": role, "content": text}
    )


def question_item(question: Question) -> EasyInputMessageParam:
    """One message of the user: the words, then the pictures in their order."""
    content: list[ResponseInputContentParam] = []
    if question.text:
        content.append({"type": "input_text", "text": question.text})
    content += picture_parts(question.pictures)
    return {"type": "message", "role": "user", "content": content}


def picture_parts(pictures: Iterable[Picture]) -> list[ResponseInputContentParam]:
    """Every picture, told with its name and time; a camera that failed in words."""
    parts: list[ResponseInputContentParam] = []
    for picture in pictures:
        told = f"{picture.kind} “{picture.camera}”, {picture.taken}"
        if not picture.jpeg:
            failure = picture.failure or "no picture"
            parts.append(
                {"type": "input_text", "text": f"[{told}: failed ({failure})]"}
            )
            continue
        parts += [
            {"type": "input_text", "text": f"[Picture: {told}]"},
            cast("ResponseInputContentParam", _image(picture.jpeg)),
        ]
    return parts


def _image(jpeg: bytes) -> dict[str, Any]:
    """A picture; its bytes become a data URL on the wire (see openai_wire)."""
    return {"type": "input_image", "detail": "auto", "image_url": jpeg}


def history_items(history: Iterable[Exchange]) -> Items:
    """Earlier turns, for a model that does not have them."""
    items: Items = []
    for exchange in history:
        items.append(message("user", exchange.question))
        if exchange.reply:
            items += [message("assistant", exchange.reply), *heard_items(exchange)]
        else:
            items.append(message("developer", _unanswered(exchange)))
    return items


def _unanswered(exchange: Exchange) -> str:
    used = f" You had used: {'; '.join(exchange.used)}." if exchange.used else ""
    return f"[The user interrupted before you replied.{used}]"


def heard_items(exchange: Exchange) -> Items:
    """What the model must know of a reply that was not heard to its end."""
    match exchange.heard:
        case None:
            return []
        case "":
            return [message("developer", "[The user has heard nothing of this reply.]")]
        case heard:
            last = heard[-LAST_HEARD:]
            told = f"[The user has heard this reply only up to: “{last}”]"
            return [message("developer", told)]


def output_item(call_id: str, output: ToolOutput) -> FunctionCallOutput:
    """The answer to a tool call, with the pictures it brought."""
    if not output.pictures:
        return {
            "type": "function_call_output",
            "call_id": call_id,
            "output": output.text,
        }
    return cast(
        "FunctionCallOutput",
        {
            "type": "function_call_output",
            "call_id": call_id,
            "output": [
                {"type": "input_text", "text": output.text},
                *picture_parts(output.pictures),
            ],
        },
    )


def without_pictures(items: Sequence[ResponseInputItemParam], instead: str) -> Items:
    """The same items with words in the place of every picture."""
    kept: Items = []
    for item in items:
        changed = dict(item)
        for place in ("content", "output"):
            if isinstance(parts := changed.get(place), list):
                changed[place] = [
                    {"type": "input_text", "text": instead}
                    if part["type"] == "input_image"
                    else part
                    for part in parts
                ]
        kept.append(cast("ResponseInputItemParam", changed))
    return kept


def has_pictures(items: Iterable[ResponseInputItemParam]) -> bool:
    """Tell whether any picture is among these items."""
    return any(
        part["type"] == "input_image"
        for item in items
        for place in ("content", "output")
        if isinstance(parts := dict(item).get(place), list)
        for part in parts
    )


def said_items(output: Iterable[ResponseOutputItem]) -> Items:
    """What the model did in a round, to send it back where nothing is stored.

    Ids are left out: they name items that the service has not kept. So is reasoning,
    unless it came encrypted for this very purpose.
    """
    items: Items = []
    for item in output:
        match item.type:
            case "function_call":
                call: ResponseFunctionToolCallParam = {
                    "type": "function_call",
                    "call_id": item.call_id,
                    "name": item.name,
                    "arguments": item.arguments,
                }
                items.append(call)
            case "message":
                text = "".join(
                    part.text if part.type == "output_text" else part.refusal
                    for part in item.content
                )
                items.append(message("assistant", text))
            case "reasoning" if item.encrypted_content:
                items.append(cast("ResponseInputItemParam", item.to_dict()))
            case "web_search_call" | "code_interpreter_call":
                items.append(cast("ResponseInputItemParam", item.to_dict()))
    return items


def tools(request: Request) -> list[ToolParam]:
    """The tools of a turn, ours and the service's."""
    offered: list[ToolParam] = []
    if request.toolbox is not None:
        offered += [
            {
                "type": "function",
                "name": spec.name,
                "description": spec.description,
                "parameters": dict(spec.parameters),
                "strict": False,
            }
            for spec in request.toolbox.specs
        ]
    if request.web_search:
        offered.append({"type": "web_search"})
    if request.code_interpreter:
        offered.append({"type": "code_interpreter", "container": {"type": "auto"}})
    return offered
