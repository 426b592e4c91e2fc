"""When something is heard from the loudspeaker."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import numpy as np

from tests.house.sound import RECORDING_RATE, Sink, SoundCard

_CHUNK: Final = RECORDING_RATE // 50
_LOUD: Final = 300
"""Amplitude of what a person would hear, of 32767."""


class Loudspeaker:
    """Somebody who listens to the loudspeaker, with a clock in the hand."""

    def __init__(self) -> None:
        """Nothing was heard yet."""
        self._sounds: list[float] = []
        self._heard = asyncio.Condition()

    async def listen(self, stream: asyncio.StreamReader) -> None:
        """Note when each 20 ms came that are not silent: mono, 16 bit, 16 kHz."""
        while True:
            chunk = np.frombuffer(await stream.readexactly(2 * _CHUNK), "<i2")
            if np.abs(chunk.astype(np.int32)).max() > _LOUD:
                async with self._heard:
                    self._sounds.append(time.monotonic())
                    self._heard.notify_all()

    @property
    def last_sound(self) -> float:
        """The monotonic time of the last sound so far. Raises IndexError: none yet."""
        return self._sounds[-1]

    async def first_sound(self, after: float) -> float:
        """The monotonic time of the first sound after another, within about 40 ms."""
        async with self._heard:
            await self._heard.wait_for(
                lambda: self._sounds and self._sounds[-1] > after
            )
        return min(at for at in self._sounds if at > after)


@asynccontextmanager
async def at_the_loudspeaker(card: SoundCard) -> AsyncGenerator[Loudspeaker]:
    """Listen to a card's loudspeaker."""
    recorder = await asyncio.create_subprocess_exec(
        "parec",
        f"--device={Sink.LOUDSPEAKER.monitor}",
        "--raw",
        "--latency-msec=20",
        "--format=s16le",
        f"--rate={RECORDING_RATE}",
        "--channels=1",
        env={**os.environ, **card.environment},
        stdout=asyncio.subprocess.PIPE,
    )
    assert recorder.stdout is not None
    loudspeaker = Loudspeaker()
    listening = asyncio.create_task(loudspeaker.listen(recorder.stdout))
    try:
        yield loudspeaker
    finally:
        listening.cancel()
        recorder.terminate()
        await recorder.wait()
