"""Sound on its way to somebody who listens while it is spoken."""

import asyncio
from collections.abc import AsyncGenerator


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

    async def read(self) -> AsyncGenerator[bytes]:
        """Give the sound as it comes, up to the end."""
        while True:
            try:
                yield await self._waiting.get()
            except asyncio.QueueShutDown:
                return
