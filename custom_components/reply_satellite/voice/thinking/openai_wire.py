"""The requests to the service, each within its time, each failing as a VoiceError.

They go through the SDK's client, not through its resources: `client.responses` would
encode a turn's pictures in the event loop (some 12 ms for a megabyte, on a slow core),
and up to openai 3.10 the first use of a resource imports all of them there.
"""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final, cast

import openai
import orjson
from openai.pagination import AsyncPage
from openai.types import Model
from openai.types.conversations import (
    Conversation,
    ConversationDeletedResource,
    ConversationItem,
    ConversationItemList,
)
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming

from ..errors import BrokenAnswerError, Service, VoiceError
from .openai_errors import translated
from .openai_input import Items, has_pictures

type Stream = openai.AsyncStream[ResponseStreamEvent]

REQUEST_WITHIN: Final = 10.0
"""Seconds for a request that is no answer."""
KNOCK_WITHIN: Final = 5.0
"""Seconds for opening a connection ahead of its use."""
LAST_BYTES_WITHIN: Final = 0.2
"""Seconds for the end of a stream that has said its last word."""
MOST_ITEMS: Final = 100
"""Items of a conversation in one list: the most the service gives."""
PIECE: Final = 65_536
"""Bytes of a request that are encrypted and sent in one go."""


class Wire:
    """The service, as this room needs it."""

    def __init__(self, client: openai.AsyncOpenAI) -> None:
        """Speak through a client, which is never closed here."""
        # Whether another try is worth the wait is decided in openai_recovery.
        self._client = client.with_options(max_retries=0, timeout=REQUEST_WITHIN)

    async def respond(
        self, arguments: ResponseCreateParamsStreaming, deadline: float, guard: float
    ) -> Stream:
        """Ask for a response, streamed; `deadline` (loop time) is for its headers.

        `guard`, in seconds, is more than any two events of the stream may be apart.
        Pictures stand in the arguments as bytes. Raises VoiceError.
        """
        with translated():
            async with asyncio.timeout_at(deadline):
                body = await _encoded(arguments)
                return await self._client.post(
                    "/responses",
                    content=_pieces(body),
                    cast_to=Response,
                    stream=True,
                    stream_cls=openai.AsyncStream[ResponseStreamEvent],
                    options={
                        "headers": {
                            "Content-Type": "application/json",
                            "Content-Length": str(len(body)),
                        },
                        "timeout": guard,
                    },
                )

    async def next_event(
        self, stream: Stream, deadline: float
    ) -> ResponseStreamEvent | None:
        """Wait for an event until `deadline` (loop time); None: there are no more.

        Raises VoiceError.
        """
        with translated():
            async with asyncio.timeout_at(deadline):
                return await anext(stream, None)

    async def read_to_end(self, stream: Stream) -> None:
        """Read what follows the last event, so that the connection can serve again."""
        with suppress(VoiceError), translated():
            async with asyncio.timeout(LAST_BYTES_WITHIN):
                while await anext(stream, None) is not None:
                    pass

    async def create_conversation(self) -> str:
        """Make a conversation; returns its id. Raises VoiceError."""
        with translated():
            made = await self._client.post(
                "/conversations", body={}, cast_to=Conversation
            )
        # The SDK does not look whether an answer is what it says it is.
        thread_id: object = made.id
        if not isinstance(thread_id, str) or not thread_id:
            raise BrokenAnswerError(Service.OPENAI, "a conversation without an id")
        return thread_id

    async def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation. Raises VoiceError."""
        with translated():
            await self._client.delete(
                f"/conversations/{conversation_id}",
                cast_to=ConversationDeletedResource,
            )

    async def last_items(self, conversation_id: str) -> list[ConversationItem]:
        """List a conversation's last items, the oldest first. Raises VoiceError."""
        with translated():
            listed = await self._client.get(
                f"/conversations/{conversation_id}/items",
                cast_to=ConversationItemList,
                options={"params": {"order": "desc", "limit": MOST_ITEMS}},
            )
        return listed.data[::-1]

    async def models(self) -> list[str]:
        """List the models of the account. Raises VoiceError."""
        with translated():
            page = await self._client.get_api_list(
                "/models", page=AsyncPage[Model], model=Model
            )
        return [model.id for model in page.data]

    async def knock(self) -> None:
        """Open a connection. Never raises."""
        with suppress(VoiceError), translated():
            # There is nothing at this address: no answer is smaller.
            await self._client.get(
                "/", cast_to=object, options={"timeout": KNOCK_WITHIN}
            )


async def _encoded(arguments: ResponseCreateParamsStreaming) -> bytes:
    """Encode a request, in a thread if that takes long."""
    if has_pictures(cast("Items", arguments["input"])):
        return await asyncio.to_thread(encoded, arguments)
    return encoded(arguments)


def encoded(arguments: ResponseCreateParamsStreaming) -> bytes:
    """Encode a request. Blocking, when there are pictures in it."""
    return orjson.dumps(arguments, default=_data_url, option=orjson.OPT_NON_STR_KEYS)


def _data_url(picture: Any) -> str:
    """Encode a JPEG, the one thing in a request that JSON does not know."""
    return f"data:image/jpeg;base64,{b64encode(picture).decode()}"


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    """Cut a request up, so that other things may happen while it is sent."""
    for start in range(0, len(body), PIECE):
        yield body[start : start + PIECE]
