"""Batches of sentences -> one unbroken stream of audio.

The request for the next batch starts while the audio of the one before is still
coming, as late as that leaves no gap: what is asked for later holds more sentences,
and sounds better.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from ..errors import VoiceError
from .heard import Said, estimated
from .sentences import Script

BYTES_PER_SECOND: Final = 16_000
"""MP3 at a constant 128 kbit/s."""
REQUESTS_AT_ONCE: Final = 2
"""What the smallest plans allow."""
ENOUGH_AHEAD: Final = 2.0
"""Seconds of audio a player has to spare while the next request may wait."""
REMEMBERED: Final = 3
"""Earlier requests that a request can name for the melody to go on."""
SLOW_SPEECH: Final = 12.0
"""Characters a second of a slow speaker: who assumes it repeats rather than skips."""


class Passage:
    """A batch of sentences, and its audio as it comes in."""

    def __init__(self, sentences: list[str], before: Passage | None) -> None:
        """Follow the passage `before`."""
        self.sentences = sentences
        self.text = " ".join(sentences)
        self.before = before
        self.earlier: tuple[str, ...] = ()
        """Ids of the last requests up to this one, once it is complete."""
        self.size = 0
        """Bytes received."""
        self.begun = asyncio.Event()
        self._complete = False
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()

    def take(self, chunk: bytes) -> None:
        """Add audio."""
        self.size += len(chunk)
        self._chunks.put_nowait(chunk)
        self.begun.set()

    def complete(self, request_id: str) -> None:
        """Note under which id the service keeps this passage."""
        before = self.before.earlier if self.before is not None else ()
        self.earlier = (*before, request_id)[-REMEMBERED:] if request_id else ()
        self.before = None
        self._complete = True

    def end(self, _: object = None) -> None:
        """No audio will follow."""
        self._chunks.put_nowait(None)
        self.begun.set()

    async def audio(self) -> AsyncGenerator[bytes]:
        """Yield the audio as it comes in."""
        while (chunk := await self._chunks.get()) is not None:
            yield chunk

    @property
    def said(self) -> Said:
        """Its sentences, and how long they are, as far as that is known."""
        seconds = self.size / BYTES_PER_SECOND
        if not self._complete:
            seconds = max(seconds, estimated(self.sentences))
        return Said(tuple(self.sentences), seconds)

    def left(self) -> list[str]:
        """Tell which sentences were certainly not spoken with the audio there is."""
        heard = self.size / BYTES_PER_SECOND * SLOW_SPEECH
        left = list(self.sentences)
        while len(left) > 1 and heard >= len(left[0]):
            heard -= len(left.pop(0))
        return left


class Relay:
    """Fetches passages one after the other, the next one in time; in order."""

    def __init__(
        self,
        script: Script,
        fetch: Callable[[Passage], Awaitable[None]],
        passages: list[Passage],
    ) -> None:
        """Take batches from `script`; `fetch` fills a passage or raises VoiceError.

        `passages` is added to, in their order.
        """
        self._script = script
        self._passages = passages
        self._fetch = fetch
        self._slots = asyncio.Semaphore(REQUESTS_AT_ONCE)
        self._order: asyncio.Queue[tuple[Passage, asyncio.Task[None]] | None] = (
            asyncio.Queue()
        )
        self._running: set[asyncio.Task[None]] = set()
        self._began: float | None = None
        self._received = 0

    async def audio(self) -> AsyncGenerator[bytes]:
        """Yield the audio of the whole script.

        Raises VoiceError, whose `unspoken` is what is left of the script, and what
        the text raised.
        """
        loop = asyncio.get_running_loop()
        producer = asyncio.create_task(self._produce(), name="ask for speech")
        try:
            while (following := await self._order.get()) is not None:
                passage, task = following
                async for chunk in passage.audio():
                    self._began = self._began or loop.time()
                    self._received += len(chunk)
                    yield chunk
                try:
                    await task
                except VoiceError as error:
                    producer.cancel()
                    error.unspoken = " ".join([*passage.left(), *self._rest()])
                    raise
            await producer
        finally:
            await self._close(producer)

    async def _produce(self) -> None:
        """Start the requests, each in its time."""
        last: tuple[Passage, asyncio.Task[None]] | None = None
        try:
            while True:
                await self._slots.acquire()
                if last is not None:
                    await self._until_wanted(*last)
                sentences = await self._script.batch()
                if sentences is None:
                    return
                passage = Passage(sentences, last[0] if last else None)
                self._passages.append(passage)
                last = passage, self._start(passage)
                self._order.put_nowait(last)
        except asyncio.CancelledError:
            # The answer was stopped: what is on its way is not wanted any more.
            for task in self._running:
                _cancel(task)
            raise
        finally:
            self._order.put_nowait(None)

    def _start(self, passage: Passage) -> asyncio.Task[None]:
        async def fetch() -> None:
            await self._fetch(passage)

        task = asyncio.create_task(fetch(), name="fetch speech")
        self._running.add(task)
        task.add_done_callback(passage.end)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(lambda _: self._slots.release())
        return task

    async def _until_wanted(self, last: Passage, task: asyncio.Task[None]) -> None:
        """Wait until the next request should start."""
        await last.begun.wait()
        while not task.done() and (spare := self._ahead() - ENOUGH_AHEAD) > 0:
            await asyncio.wait([task], timeout=spare)

    def _ahead(self) -> float:
        """Seconds of audio handed on that nobody can have heard yet."""
        if self._began is None:
            return 0.0
        played = asyncio.get_running_loop().time() - self._began
        return self._received / BYTES_PER_SECOND - played

    def _rest(self) -> list[str]:
        """Take the sentences of which nothing was handed on."""
        rest: list[str] = []
        while not self._order.empty():
            if (following := self._order.get_nowait()) is not None:
                rest += following[0].sentences
        return [*rest, *self._script.rest()]

    async def _close(self, producer: asyncio.Task[None]) -> None:
        tasks = [producer, *self._running]
        for task in tasks:
            _cancel(task)
        await asyncio.gather(*tasks, return_exceptions=True)


def _cancel(task: asyncio.Task[None]) -> None:
    """Cancel a request, once: a second time would keep httpcore from hanging up."""
    if not task.cancelling():
        task.cancel()
