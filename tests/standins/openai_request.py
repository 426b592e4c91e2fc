"""Reading a request for a response, and refusing what the service refuses."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .exchange import RefusedError
from .openai_errors import ERRORS, bad_request
from .openai_store import Conversation, Item, Store, check_calls
from .pictures import (
    MAXIMUM_COUNT,
    MAXIMUM_TOTAL_BYTES,
    Picture,
    PictureError,
    read_data_url,
)
from .script import Json

MODELS: Mapping[str, int] = {  # context window in tokens
    "gpt-6-luna": 400_000,
    "gpt-6-astra": 400_000,
    "gpt-5-mini": 400_000,
    "gpt-4o-mini": 128_000,
    "gpt-4o": 128_000,
}
_REASONING_EFFORTS = frozenset({"none", "minimal", "low", "medium", "high", "xhigh"})
_TOOL_TYPES = frozenset(
    {"function", "code_interpreter", "web_search", "web_search_preview", "mcp"}
    | {"image_generation", "file_search"}
)


@dataclass(frozen=True, slots=True)
class ResponseRequest:
    """A valid request, with the thread that it continues."""

    body: Mapping[str, Any]
    model: str
    conversation: Conversation | None
    history: tuple[Item, ...]
    new: tuple[Item, ...]
    pictures: tuple[Picture, ...]  # of the new items, in order

    @property
    def instructions(self) -> str:
        """Everything the developer says: instructions and messages in that role."""
        said = [self.body.get("instructions") or ""]
        for item in (*self.history, *self.new):
            if item.get("role") in {"system", "developer"}:
                said.extend(texts_of(item))
        return "\n".join(filter(None, said))

    @property
    def tools(self) -> Sequence[Mapping[str, Any]]:
        """The tools offered."""
        if self.body.get("tool_choice") == "none":
            return ()
        return self.body.get("tools") or ()

    @property
    def streams(self) -> bool:
        """Whether the answer is wanted as events."""
        return bool(self.body.get("stream"))

    @property
    def stores(self) -> bool:
        """Whether the response is kept."""
        return self.body.get("store") is not False

    @property
    def history_tokens(self) -> int:
        """The size of what was there before."""
        return count_tokens(self.history)

    @property
    def input_tokens(self) -> int:
        """The size of everything the model reads."""
        fixed = len(self.instructions) + len(json.dumps(list(self.tools)))
        return fixed // 4 + self.history_tokens + count_tokens(self.new)


def texts_of(item: Item) -> list[str]:
    """The texts of a message, in order."""
    content = item.get("content", item.get("output"))
    if isinstance(content, str):
        return [content]
    return [
        part["text"]
        for part in content or ()
        if part.get("type") in {"input_text", "output_text"}
    ]


def pictures_of(item: Item) -> list[Picture]:
    """The pictures of a message or of a tool's output, in order.

    Raises:
        RefusedError: one of them is not taken.
    """
    content = item.get("content", item.get("output"))
    if not isinstance(content, list):
        return []
    found = []
    for part in content:
        if part.get("type") != "input_image":
            continue
        try:
            found.append(read_data_url(part.get("image_url") or ""))
        except PictureError as error:
            raise bad_request(error.message, param="input", code=error.code) from error
    return found


def count_tokens(items: Sequence[Item]) -> int:
    """The size of items, at four characters a token and the pictures' own price."""
    return sum(
        4
        + sum(len(text) for text in texts_of(item)) // 4
        + len(str(item.get("arguments", ""))) // 4
        + sum(picture.tokens for picture in pictures_of(item))
        for item in items
    )


def read_request(body: Json, store: Store) -> ResponseRequest:
    """Read a request for a response.

    Raises:
        RefusedError: the service would not take it.
    """
    if not isinstance(body, dict):
        raise bad_request("The body must be a JSON object.")
    model = _read_model(body)
    new = _read_input(body.get("input"))
    _check_tools(body.get("tools") or [])
    if body.get("conversation") and body.get("previous_response_id"):
        raise bad_request(
            "Mutually exclusive parameters: 'conversation' and 'previous_response_id'.",
            code="mutually_exclusive_parameters",
        )
    conversation, history = _read_thread(body, store)
    if conversation is not None and conversation.locked:
        raise RefusedError(*ERRORS["conversation_locked"])
    check_calls(history, new)
    pictures = [picture for item in new for picture in pictures_of(item)]
    _check_pictures(pictures)
    request = ResponseRequest(
        body, model, conversation, tuple(history), tuple(new), tuple(pictures)
    )
    return _fit(request)


def _fit(request: ResponseRequest) -> ResponseRequest:
    """The request within the model's context window, the oldest items dropped."""
    history = request.history
    while request.input_tokens > MODELS[request.model]:
        if request.body.get("truncation") != "auto" or not history:
            raise RefusedError(*ERRORS["context_length_exceeded"])
        history = history[1:]
        request = ResponseRequest(
            request.body,
            request.model,
            request.conversation,
            history,
            request.new,
            request.pictures,
        )
    return request


def _read_model(body: Mapping[str, Any]) -> str:
    model = body.get("model")
    if not isinstance(model, str):
        raise bad_request("Missing required parameter: 'model'.", param="model")
    if model not in MODELS:
        raise bad_request(
            f"The requested model '{model}' does not exist.",
            param="model",
            code="model_not_found",
        )
    if effort := (body.get("reasoning") or {}).get("effort"):
        if model.startswith("gpt-4"):
            raise bad_request(
                "Unsupported parameter: 'reasoning.effort' is not supported with this"
                " model.",
                param="reasoning.effort",
                code="unsupported_parameter",
            )
        if effort not in _REASONING_EFFORTS:
            raise bad_request(
                f"Invalid value: '{effort}'.",
                param="reasoning.effort",
                code="invalid_value",
            )
    if (wanted := body.get("truncation")) not in {None, "auto", "disabled"}:
        raise bad_request(
            f"Invalid value: '{wanted}'.", param="truncation", code="invalid_value"
        )
    return model


def _read_input(given: Json) -> list[Item]:
    if isinstance(given, str) and given:
        return [{"type": "message", "role": "user", "content": given}]
    if not isinstance(given, list) or not given:
        raise bad_request(
            "Missing required parameter: 'input'.",
            param="input",
            code="missing_required_parameter",
        )
    for number, item in enumerate(given):
        if not isinstance(item, dict):
            raise bad_request("Expected an object.", param=f"input[{number}]")
        _check_item(item, f"input[{number}]")
    return given


def _check_item(item: Item, where: str) -> None:
    match item.get("type", "message"):
        case "message":
            if item.get("role") not in {"user", "assistant", "system", "developer"}:
                raise bad_request(
                    f"Invalid value: '{item.get('role')}'.", param=f"{where}.role"
                )
            _check_content(item, where)
        case "function_call" | "function_call_output":
            if not item.get("call_id"):
                raise bad_request(
                    f"Missing required parameter: '{where}.call_id'.",
                    param=f"{where}.call_id",
                    code="missing_required_parameter",
                )
        case "reasoning" | "web_search_call" | "code_interpreter_call":
            pass
        case "item_reference" | "mcp_call" | "image_generation_call":
            pass
        case unknown:
            raise bad_request(
                f"Invalid value: '{unknown}'.",
                param=f"{where}.type",
                code="invalid_value",
            )


def _check_content(item: Item, where: str) -> None:
    content = item.get("content")
    if isinstance(content, str):
        return
    allowed = {"input_text", "input_image", "input_file"}
    if item["role"] == "assistant":
        allowed = {"output_text", "refusal"}
    for number, part in enumerate(content or []):
        if part.get("type") not in allowed:
            raise bad_request(
                f"Invalid value: '{part.get('type')}'. Supported values are:"
                f" {', '.join(sorted(allowed))}.",
                param=f"{where}.content[{number}]",
                code="invalid_value",
            )


def _read_thread(
    body: Mapping[str, Any], store: Store
) -> tuple[Conversation | None, Sequence[Item]]:
    if previous := body.get("previous_response_id"):
        if previous not in store.responses:
            raise bad_request(
                f"Previous response with id '{previous}' not found.",
                param="previous_response_id",
                code="previous_response_not_found",
            )
        return None, store.responses[previous].items
    named = body.get("conversation")
    if isinstance(named, dict):
        named = named.get("id")
    if named is None:
        return None, ()
    conversation = store.conversation(named)
    return conversation, tuple(conversation.items)


def _check_tools(tools: Sequence[Mapping[str, Any]]) -> None:
    for number, tool in enumerate(tools):
        where = f"tools[{number}]"
        if tool.get("type") not in _TOOL_TYPES:
            raise bad_request(
                f"Invalid value: '{tool.get('type')}'.",
                param=f"{where}.type",
                code="invalid_value",
            )
        if tool["type"] == "function" and not tool.get("name"):
            raise bad_request(
                f"Missing required parameter: '{where}.name'.", param=f"{where}.name"
            )
        if tool["type"] == "code_interpreter" and not tool.get("container"):
            raise bad_request(
                f"Missing required parameter: '{where}.container'.",
                param=f"{where}.container",
                code="missing_required_parameter",
            )


def _check_pictures(pictures: Sequence[Picture]) -> None:
    if len(pictures) > MAXIMUM_COUNT:
        raise bad_request("Too many images.", param="input")
    if sum(picture.size for picture in pictures) > MAXIMUM_TOTAL_BYTES:
        raise bad_request("The images are larger than 50 MB together.", param="input")
