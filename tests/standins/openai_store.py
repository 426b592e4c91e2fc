"""What the assistant's service keeps: conversations and responses, and their items."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from .openai_errors import bad_request, not_found

type Item = dict[str, Any]


@dataclass(slots=True)
class Conversation:
    """A thread at the service."""

    id: str
    created_at: int
    metadata: dict[str, str]
    items: list[Item] = field(default_factory=list)
    locked: bool = False

    def as_json(self) -> Item:
        """The conversation as the service shows it."""
        return {
            "id": self.id,
            "object": "conversation",
            "created_at": self.created_at,
            "metadata": self.metadata,
        }


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A finished response with all that led to it."""

    body: Item
    items: tuple[Item, ...]


@dataclass(slots=True)
class Store:
    """All conversations and responses, by id."""

    conversations: dict[str, Conversation] = field(default_factory=dict)
    responses: dict[str, StoredResponse] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def new_id(self, prefix: str) -> str:
        """An id that nothing else has, of the service's look."""
        return f"{prefix}_{next(self._numbers):032x}"

    def with_ids(self, items: Sequence[Item]) -> list[Item]:
        """The items as they are stored: each with an id, input messages with a type."""
        stored = []
        for item in items:
            kind = item.get("type", "message")
            prefix = {"message": "msg", "function_call": "fc"}.get(kind, "item")
            stored.append(
                {"id": self.new_id(prefix), "status": "completed"}
                | item
                | {"type": kind}
            )
        return stored

    def create(self, items: Sequence[Item], metadata: dict[str, str]) -> Conversation:
        """A new conversation.

        Raises:
            RefusedError: more than 20 items or more than 16 keys of metadata.
        """
        if len(items) > 20:
            raise bad_request("Too many items: at most 20.", param="items")
        if len(metadata) > 16:
            raise bad_request("Too many metadata keys: at most 16.", param="metadata")
        made = Conversation(
            self.new_id("conv"), int(time.time()), metadata, self.with_ids(items)
        )
        self.conversations[made.id] = made
        return made

    def conversation(self, conversation_id: str) -> Conversation:
        """The conversation of that id.

        Raises:
            RefusedError: there is none.
        """
        found = self.conversations.get(conversation_id)
        if found is None:
            raise not_found(f"Conversation with id '{conversation_id}' not found.")
        return found

    def response(self, response_id: str) -> StoredResponse:
        """The response of that id.

        Raises:
            RefusedError: there is none.
        """
        found = self.responses.get(response_id)
        if found is None:
            raise not_found(f"Response with id '{response_id}' not found.")
        return found


def check_calls(history: Sequence[Item], new: Sequence[Item]) -> None:
    """Check that each tool call has its output, and each output its call.

    Raises:
        RefusedError: one has not. A conversation whose run was aborted between a call
            and its output stays like that: every later turn on it is refused.
    """
    calls: dict[str, bool] = {}
    for item in (*history, *new):
        match item.get("type"):
            case "function_call":
                calls.setdefault(item["call_id"], False)
            case "function_call_output":
                if (call_id := item.get("call_id")) not in calls:
                    raise bad_request(
                        "No tool call found for function call output with call_id"
                        f" {call_id}.",
                        param="input",
                    )
                calls[call_id] = True
    for call_id, answered in calls.items():
        if not answered:
            raise bad_request(
                f"No tool output found for function call {call_id}.", param="input"
            )
