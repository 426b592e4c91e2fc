"""A stand-in for OpenAI: models, conversations and responses."""

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, override

from aiohttp import web

from .exchange import Chunk, Exchange
from .openai_assistant import answer
from .openai_audio import Transcriptions
from .openai_checks import MODELS
from .openai_errors import ERRORS, bad_request
from .openai_events import Events
from .openai_request import ResponseRequest, read_request
from .openai_store import Conversation, Item, Store, StoredResponse
from .recognise import Recogniser
from .script import Json
from .server import Standin

KEY = "sk-standin-openai"
_GARBAGE_EVENT = b"event: response.output_text.delta\ndata: {not json\n\n"


class OpenAIStandin(Standin):
    """The assistant's service.

    `reply` of a rule may hold:

    text (or a list: a message each), and tool ({name, arguments}, or a list) after it;
    or sentences (how many): what it answers;
    failed ({code, message}), error ({code, message}), incomplete (reason): how the
    stream ends, in the middle of the answer after `after` tokens.
    """

    name = "openai"
    errors = ERRORS

    def __init__(self, *, key: str = KEY, port: int = 0, keep: int = 1_000) -> None:
        """An account with nothing in it."""
        super().__init__(key=key, port=port, keep=keep)
        self.store = Store()
        self.recogniser = Recogniser()
        self._transcriptions = Transcriptions(self)

    @property
    def base_url(self) -> str:
        """What the SDK takes as its base URL."""
        return f"{self.url}/v1"

    @override
    def add_routes(self, application: web.Application) -> None:
        add, serve = application.router.add_route, self.serve
        add("GET", "/v1/models", serve(self._list_models))
        add("GET", "/v1/models/{id}", serve(self._get_model))
        add("POST", "/v1/conversations", serve(self._create_conversation))
        one = "/v1/conversations/{id}"
        add("GET", one, serve(self._get_conversation))
        add("POST", one, serve(self._update_conversation))
        add("DELETE", one, serve(self._delete_conversation))
        add("GET", f"{one}/items", serve(self._list_items))
        add("POST", f"{one}/items", serve(self._create_items))
        add("POST", "/v1/audio/transcriptions", serve(self._transcriptions.create))
        add("POST", "/v1/responses", serve(self._create_response))
        add("GET", "/v1/responses/{id}", serve(self._get_response))
        add("DELETE", "/v1/responses/{id}", serve(self._delete_response))

    @override
    async def stop(self) -> None:
        await super().stop()
        await self.recogniser.close()

    @override
    def check_key(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            raise self.refuse("invalid_api_key")

    @override
    def reword(self, body: Json, message: str) -> Json:
        return {"error": body["error"] | {"message": message}}

    @override
    def not_found(self, request: web.Request) -> Json:
        message = f"Invalid URL ({request.method} {request.path})"
        return self.reword(ERRORS["not_found"][1], message)

    async def _list_models(self, exchange: Exchange) -> web.StreamResponse:
        models = [_model(name) for name in MODELS]
        return await exchange.send_json({"object": "list", "data": models})

    async def _get_model(self, exchange: Exchange) -> web.StreamResponse:
        name = exchange.request.match_info["id"]
        if name not in MODELS:
            _, body = ERRORS["model_not_found"]
            return await exchange.send_json(body, status=404)
        return await exchange.send_json(_model(name))

    async def _create_conversation(self, exchange: Exchange) -> web.StreamResponse:
        body = await _object(exchange)
        made = self.store.create(body.get("items") or [], body.get("metadata") or {})
        return await exchange.send_json(made.as_json())

    def _conversation(self, exchange: Exchange) -> Conversation:
        return self.store.conversation(exchange.request.match_info["id"])

    async def _get_conversation(self, exchange: Exchange) -> web.StreamResponse:
        return await exchange.send_json(self._conversation(exchange).as_json())

    async def _update_conversation(self, exchange: Exchange) -> web.StreamResponse:
        conversation = self._conversation(exchange)
        conversation.metadata = (await _object(exchange)).get("metadata") or {}
        return await exchange.send_json(conversation.as_json())

    async def _delete_conversation(self, exchange: Exchange) -> web.StreamResponse:
        gone = self._conversation(exchange).id
        del self.store.conversations[gone]
        return await exchange.send_json(
            {"id": gone, "object": "conversation.deleted", "deleted": True}
        )

    async def _list_items(self, exchange: Exchange) -> web.StreamResponse:
        query = exchange.request.query
        items = list(self._conversation(exchange).items)
        if query.get("order", "desc") == "desc":
            items.reverse()
        return await exchange.send_json(_page(items[: int(query.get("limit", 20))]))

    async def _create_items(self, exchange: Exchange) -> web.StreamResponse:
        conversation = self._conversation(exchange)
        items = (await _object(exchange)).get("items")
        if not items:
            raise bad_request("Missing required parameter: 'items'.", param="items")
        stored = self.store.with_ids(items)
        conversation.items.extend(stored)
        return await exchange.send_json(_page(stored))

    async def _get_response(self, exchange: Exchange) -> web.StreamResponse:
        found = self.store.response(exchange.request.match_info["id"])
        return await exchange.send_json(found.body)

    async def _delete_response(self, exchange: Exchange) -> web.StreamResponse:
        gone = exchange.request.match_info["id"]
        self.store.response(gone)
        del self.store.responses[gone]
        return await exchange.send_json(
            {"id": gone, "object": "response", "deleted": True}
        )

    async def _create_response(self, exchange: Exchange) -> web.StreamResponse:
        request = read_request(await _object(exchange), self.store)
        conversation = request.conversation
        if conversation is not None:
            conversation.locked = True
        try:
            async with aclosing(self._respond(exchange, request)) as chunks:
                if request.streams:
                    return await exchange.send(
                        chunks,
                        headers={
                            "Content-Type": "text/event-stream; charset=utf-8",
                            "x-request-id": self.store.new_id("req"),
                        },
                        garbage=_GARBAGE_EVENT,
                    )
                async for chunk in chunks:
                    if chunk.paced:
                        await exchange.pause(exchange.play.latency.each)
                return await exchange.send_json(exchange.record.details["response"])
        finally:
            if conversation is not None:
                conversation.locked = False

    async def _respond(
        self, exchange: Exchange, request: ResponseRequest
    ) -> AsyncGenerator[Chunk]:
        """Write the response; the thread gets its items when it is complete."""
        reply = exchange.reply
        response = _new_response(self.store.new_id("resp"), request)
        events = Events(response, self.store, request.body.get("include") or ())
        exchange.record.details["response"] = response
        for chunk in events.begin():
            yield chunk
        broken = {"failed", "error", "incomplete"} & reply.keys()
        for output in answer(request, reply):
            for chunk in events.write(output):
                if (
                    broken
                    and chunk.paced
                    and events.output_tokens > reply.get("after", 0)
                ):
                    for last in _broken_end(events, request, reply):
                        yield last
                    return
                yield chunk
        # Before the event goes out: who has read it may use the thread at once.
        self._keep(request, events)
        for chunk in events.finish("completed", _usage(request, events)):
            yield chunk

    def _keep(self, request: ResponseRequest, events: Events) -> None:
        new = self.store.with_ids(request.new)
        if request.conversation is not None:
            request.conversation.items += [*new, *events.items]
            request.conversation.locked = False
        if request.stores:
            items = (*request.history, *new, *events.items)
            self.store.responses[events.response["id"]] = StoredResponse(
                events.response, items
            )


async def _object(exchange: Exchange) -> dict[str, Any]:
    try:
        body = await exchange.read_json()
    except ValueError as error:
        raise bad_request(
            "We could not parse the JSON body of your request."
        ) from error
    if not isinstance(body, dict):
        raise bad_request("The body must be a JSON object.")
    return body


def _model(name: str) -> Item:
    return {"id": name, "object": "model", "created": 1, "owned_by": "openai"}


def _page(items: list[Item]) -> Item:
    ends = (items[0]["id"], items[-1]["id"]) if items else (None, None)
    return {
        "object": "list",
        "data": items,
        "first_id": ends[0],
        "last_id": ends[1],
        "has_more": False,
    }


def _new_response(response_id: str, request: ResponseRequest) -> Item:
    conversation = request.conversation
    return {
        "id": response_id,
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "model": request.model,
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": request.body.get("tool_choice") or "auto",
        "tools": list(request.tools),
        "error": None,
        "incomplete_details": None,
        "instructions": request.body.get("instructions"),
        "metadata": request.body.get("metadata") or {},
        "previous_response_id": request.body.get("previous_response_id"),
        "conversation": conversation and {"id": conversation.id},
        "store": request.stores,
        "usage": None,
    }


def _usage(request: ResponseRequest, events: Events) -> Item:
    # Prompts of 1,024 tokens and more are cached, in steps of 128.
    known = request.history_tokens + len(request.instructions) // 4
    cached = known // 128 * 128 if request.history and known >= 1_024 else 0
    given, made = request.input_tokens, events.output_tokens
    return {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": given + made,
    }


def _broken_end(
    events: Events, request: ResponseRequest, reply: Mapping[str, Any]
) -> list[Chunk]:
    """How a stream ends that the script breaks."""
    if error := reply.get("error"):
        return [events.event("error", param=None, **error)]
    usage = _usage(request, events)
    if failed := reply.get("failed"):
        return list(events.finish("failed", usage, error=failed))
    reason = {"reason": reply["incomplete"]}
    return list(events.finish("incomplete", usage, incomplete_details=reason))
