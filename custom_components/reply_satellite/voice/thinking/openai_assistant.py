"""The assistant on OpenAI's Responses and Conversations, or a server like it."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Final, override
from weakref import WeakValueDictionary

import openai

from .assistant import AnswerPart, Assistant, Request
from .openai_effort import Efforts
from .openai_errors import ThreadGoneError
from .openai_input import Items
from .openai_run import Run
from .openai_wire import Wire
from .thread import is_local

MOST_OWED: Final = 32
"""Threads whose interrupted turn is remembered; older ones are asked about."""
_CANNOT_ANSWER: Final = re.compile(
    r"embed|tts|whisper|dall-e|image|moderation|realtime|transcribe|audio|sora"
    r"|\blive\b|turbo-instruct|babbage|davinci|search-preview|search-api"
    r"|computer-use|deep-research"
)
"""What the names of models say that do not answer on the Responses API."""


class OpenAIAssistant(Assistant):
    """Threads are conversations at the service, or kept here: their ids tell.

    A local thread is the `history` of a request; nothing of it is stored at the
    service.
    """

    def __init__(self, client: openai.AsyncOpenAI) -> None:
        """Answer by this client; it and its HTTP client are never closed here."""
        self._wire = Wire(client)
        self._efforts = Efforts()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._owed: dict[str, Items] = {}

    @override
    async def check(self) -> None:
        await self._wire.models()

    @override
    async def models(self) -> list[str]:
        return sorted(
            name
            for name in await self._wire.models()
            if not _CANNOT_ANSWER.search(name)
        )

    @override
    async def warm(self) -> None:
        await self._wire.knock()

    @override
    async def begin_thread(self) -> str:
        return await self._wire.create_conversation()

    @override
    async def answer(
        self, thread_id: str, request: Request
    ) -> AsyncGenerator[AnswerPart]:
        async with self._lock(thread_id):
            run = Run(
                self._wire,
                request,
                self._efforts,
                thread_id=thread_id,
                stored=not is_local(thread_id),
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
        if is_local(thread_id):
            return
        async with self._lock(thread_id):
            self._owed.pop(thread_id, None)
            with suppress(ThreadGoneError):
                await self._wire.delete_conversation(thread_id)

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
