"""Sound on its way to somebody who listens while it is spoken."""

import asyncio
from typing import Self


class Feed:
    """Samples (int16 LE, mono, 16 kHz) from one who writes to one who reads."""

    def __init__(self) -> None:
        """Begin with nothing written."""
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue()
        self.ended = False

    def write(self, samples: bytes) -> None:
        """Let samples be read; not after the end."""
        self._waiting.put_nowait(samples)

    def end(self) -> None:
        """Let no more sound come; what was written can still be read."""
        self.ended = True
        self._waiting.shutdown()

    def __aiter__(self) -> Self:
        """Give the sound as it comes, up to the end.

        Not a generator: one that is cancelled while it waits has ended, and whoever
        read on would take that for the end of the sound.
        """
        return self

    async def __anext__(self) -> bytes:
        """Wait for the next samples."""
        try:
            return await self._waiting.get()
        except asyncio.QueueShutDown:
            raise StopAsyncIteration from None
