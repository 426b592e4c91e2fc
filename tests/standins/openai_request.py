"""Reading a request for a response, and refusing what the service refuses."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .exchange import RefusedError
from .openai_checks import (
    MODELS,
    check_pictures,
    check_tools,
    read_input,
    read_model,
)
from .openai_errors import ERRORS, bad_request
from .openai_store import Conversation, Item, Store, check_calls
from .pictures import (
    Picture,
    PictureError,
    read_data_url,
)
from .script import Json


@dataclass(frozen=True, slots=True)
class ResponseRequest:
    """A valid request, with the thread that it continues."""

    body: Mapping[str, Any]
    model: str
    conversation: Conversation | None
    history: tuple[Item, ...]
    new: tuple[Item, ...]

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
    model = read_model(body)
    new = read_input(body.get("input"))
    check_tools(body.get("tools") or [])
    if body.get("conversation") and body.get("previous_response_id"):
        raise bad_request(
            "Mutually exclusive parameters: 'conversation' and 'previous_response_id'.",
            code="mutually_exclusive_parameters",
        )
    conversation, history = _read_thread(body, store)
    if conversation is not None and conversation.locked:
        raise RefusedError(*ERRORS["conversation_locked"])
    check_calls(history, new)
    check_pictures([picture for item in new for picture in pictures_of(item)])
    request = ResponseRequest(body, model, conversation, tuple(history), tuple(new))
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
        )
    return request


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
