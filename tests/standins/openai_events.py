"""The events of a streamed response, in the service's order."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .exchange import Chunk
from .openai_assistant import CodeCall, FunctionCall, Message, Output, SearchCall
from .openai_store import Item, Store
from .script import Json

_TOKEN = re.compile(r"\s*\S{1,8}")  # a token has about four letters, a word often one


def tokens_of(text: str) -> list[str]:
    """The text in the pieces in which a model writes it."""
    return _TOKEN.findall(text)


@dataclass(slots=True)
class Events:
    """Writes the events of one response and collects its finished items."""

    response: Item
    store: Store
    include: Sequence[str] = ()
    items: list[Item] = field(default_factory=list)
    output_tokens: int = 0
    _sequence: int = 0

    def event(self, kind: str, /, *, paced: bool = False, **values: Json) -> Chunk:
        """One event as it goes over the wire."""
        data = {"type": kind, "sequence_number": self._sequence, **values}
        self._sequence += 1
        return Chunk(f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode(), paced)

    def begin(self) -> Iterator[Chunk]:
        """What comes at once."""
        yield self.event("response.created", response=self.response)
        yield self.event("response.in_progress", response=self.response)

    def write(self, output: Output) -> Iterator[Chunk]:
        """The events of one output item; paced where the model would think."""
        match output:
            case Message():
                yield from self._message(output)
            case FunctionCall():
                yield from self._function_call(output)
            case CodeCall():
                yield from self._code_call(output)
            case SearchCall():
                yield from self._search_call(output)

    def finish(
        self, status: str, usage: Mapping[str, Any], **values: Json
    ) -> Iterator[Chunk]:
        """The last event: `response.completed`, `.incomplete` or `.failed`."""
        self.response |= {
            "status": status,
            "output": self.items,
            "usage": usage,
            **values,
        }
        yield self.event(f"response.{status}", response=self.response)

    def _open(self, item: Item) -> tuple[Chunk, dict[str, Any]]:
        place = {"output_index": len(self.items), "item_id": item["id"]}
        added = self.event(
            "response.output_item.added", output_index=len(self.items), item=item
        )
        return added, place

    def _close(self, item: Item) -> Chunk:
        index = len(self.items)
        self.items.append(item)
        return self.event("response.output_item.done", output_index=index, item=item)

    def _message(self, message: Message) -> Iterator[Chunk]:
        item = {
            "type": "message",
            "id": self.store.new_id("msg"),
            "role": "assistant",
            "status": "in_progress",
            "content": [],
        }
        added, place = self._open(item)
        place |= {"content_index": 0}
        part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        yield added
        yield self.event("response.content_part.added", part=part, **place)
        for token in tokens_of(message.text):
            self.output_tokens += 1
            yield self.event(
                "response.output_text.delta",
                paced=True,
                delta=token,
                logprobs=[],
                **place,
            )
        part = part | {"text": message.text}
        yield self.event(
            "response.output_text.done", text=message.text, logprobs=[], **place
        )
        yield self.event("response.content_part.done", part=part, **place)
        yield self._close(item | {"status": "completed", "content": [part]})

    def _function_call(self, call: FunctionCall) -> Iterator[Chunk]:
        item = {
            "type": "function_call",
            "id": self.store.new_id("fc"),
            "call_id": self.store.new_id("call"),
            "name": call.name,
            "arguments": "",
            "status": "in_progress",
        }
        arguments = json.dumps(call.arguments)
        added, place = self._open(item)
        yield added
        for token in tokens_of(arguments):
            self.output_tokens += 1
            yield self.event(
                "response.function_call_arguments.delta",
                paced=True,
                delta=token,
                **place,
            )
        yield self.event(
            "response.function_call_arguments.done",
            arguments=arguments,
            name=call.name,
            **place,
        )
        yield self._close(item | {"status": "completed", "arguments": arguments})

    def _code_call(self, call: CodeCall) -> Iterator[Chunk]:
        item = {
            "type": "code_interpreter_call",
            "id": self.store.new_id("ci"),
            "status": "in_progress",
            "code": "",
            "container_id": self.store.new_id("cntr"),
            "outputs": None,
        }
        added, place = self._open(item)
        kind = "response.code_interpreter_call"
        yield added
        yield self.event(f"{kind}.in_progress", **place)
        for token in tokens_of(call.code):
            self.output_tokens += 1
            yield self.event(f"{kind}_code.delta", paced=True, delta=token, **place)
        yield self.event(f"{kind}_code.done", code=call.code, **place)
        yield self.event(f"{kind}.interpreting", **place)
        yield self.event(f"{kind}.completed", **place)
        outputs = None
        if "code_interpreter_call.outputs" in self.include:
            outputs = [{"type": "logs", "logs": call.logs}]
        yield self._close(
            item | {"status": "completed", "code": call.code, "outputs": outputs}
        )

    def _search_call(self, call: SearchCall) -> Iterator[Chunk]:
        item = {
            "type": "web_search_call",
            "id": self.store.new_id("ws"),
            "status": "in_progress",
            "action": {"type": "search", "query": call.query},
        }
        added, place = self._open(item)
        yield added
        for step in ("in_progress", "searching", "completed"):
            yield self.event(f"response.web_search_call.{step}", **place)
        yield self._close(item | {"status": "completed"})
