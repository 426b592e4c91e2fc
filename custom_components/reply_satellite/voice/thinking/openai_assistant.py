"""The assistant on OpenAI's Responses and Conversations, or a server like it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
import re
from typing import Final, override
from uuid import uuid4
from weakref import WeakValueDictionary

import openai

from ..errors import VoiceError
from .assistant import AnswerPart, Assistant, Request
from .openai_effort import Efforts
from .openai_errors import ThreadGoneError, translated
from .openai_input import Items
from .openai_recovery import REQUEST_WITHIN
from .openai_run import Run

WARM_WITHIN: Final = 5.0
"""Seconds for opening a connection ahead of its use."""
MOST_OWED: Final = 32
"""Threads whose interrupted turn is remembered; older ones are asked about."""
_CANNOT_ANSWER: Final = re.compile(
    r"embedding|tts|whisper|dall-e|image|moderation|realtime|transcribe|audio|sora|live"
    r"|instruct|babbage|davinci|search-preview|search-api|computer-use"
)
"""What the names of models say that do not answer on the Responses API."""


class OpenAIAssistant(Assistant):
    """Threads are conversations at the service, or kept here (`local_threads`).

    A local thread is the `history` of a request; nothing of it is stored at the
    service.
    """

    def __init__(
        self, client: openai.AsyncOpenAI, *, local_threads: bool = False
    ) -> None:
        """Answer by this client; it and its HTTP client are never closed here.

        Blocks (imports): not in the event loop.
        """
        # Whether another try is worth the wait is decided in openai_recovery.
        self._client = client.with_options(max_retries=0)
        # The SDK imports each part at its first use.
        _ = self._client.models, self._client.conversations, self._client.responses
        self._local = local_threads
        self._efforts = Efforts()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._owed: dict[str, Items] = {}

    @override
    async def check(self) -> None:
        await self._models()

    @override
    async def models(self) -> list[str]:
        return sorted(
            name for name in await self._models() if not _CANNOT_ANSWER.search(name)
        )

    @override
    async def warm(self) -> None:
        with suppress(VoiceError), translated():
            # There is nothing at this address: no answer is smaller.
            await self._client.get(
                "/", cast_to=object, options={"timeout": WARM_WITHIN}
            )

    @override
    async def begin_thread(self) -> str:
        if self._local:
            return f"local_{uuid4().hex}"
        with translated():
            conversation = await self._client.conversations.create(
                timeout=REQUEST_WITHIN
            )
        return conversation.id

    @override
    async def answer(
        self, thread_id: str, request: Request
    ) -> AsyncGenerator[AnswerPart]:
        async with self._lock(thread_id):
            run = Run(
                self._client,
                request,
                self._efforts,
                thread_id=thread_id,
                stored=not self._local,
                owed=self._owed.pop(thread_id, []),
            )
            try:
                async with aclosing(run.parts()) as parts:
                    async for part in parts:
                        yield part
            finally:
                self._owe(run.thread_id, run.owed())

    @override
    async def delete_thread(self, thread_id: str) -> None:
        if self._local:
            return
        async with self._lock(thread_id):
            self._owed.pop(thread_id, None)
            with suppress(ThreadGoneError), translated():
                await self._client.conversations.delete(
                    thread_id, timeout=REQUEST_WITHIN
                )

    def _lock(self, thread_id: str) -> asyncio.Lock:
        """The lock that makes the runs on one thread wait for each other."""
        return self._locks.setdefault(thread_id, asyncio.Lock())

    def _owe(self, thread_id: str, items: Items) -> None:
        """Remember what the next run on a thread has to tell it first."""
        if not items:
            return
        self._owed[thread_id] = items
        while len(self._owed) > MOST_OWED:
            del self._owed[next(iter(self._owed))]

    async def _models(self) -> list[str]:
        """The names of all models of the account. Raises VoiceError."""
        with translated():
            page = await self._client.models.list(timeout=REQUEST_WITHIN)
        return [model.id for model in page.data]
