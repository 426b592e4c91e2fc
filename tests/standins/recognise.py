"""Speech to words, off the event loop: the door to the recogniser's process."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from .listener import DROP, FEED, FINISH, HEADER, OPEN, PARTIAL, RATE

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Heard:
    """The words of finished utterances, and those of the one being spoken."""

    words: Sequence[dict[str, Any]]  # text; start and end in ms
    partial: Sequence[dict[str, Any]]


class Recogniser:
    """The recogniser's process, started when it is first needed."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, list[asyncio.Future[Heard]]] = {}
        self._numbers = count(1)
        self._starting = asyncio.Lock()

    async def open(self, rate: int = RATE, channels: int = 1) -> Hearing:
        """Begin to hear a recording of signed 16-bit samples."""
        await self._start()
        number = next(self._numbers)
        self._waiting[number] = []
        self._send(number, OPEN)
        return Hearing(self, number, rate, channels)

    async def transcribe(self, samples: bytes) -> Sequence[dict[str, Any]]:
        """The words of a whole recording of 16 kHz mono S16LE audio."""
        hearing = await self.open()
        try:
            hearing.feed(samples)
            return (await hearing.finish()).words
        finally:
            hearing.drop()

    async def warm(self) -> None:
        """Wait until the process has its models."""
        await self.transcribe(b"")

    async def close(self) -> None:
        """End the process."""
        if self._process is None:
            return
        process, self._process = self._process, None
        if process.returncode is None:
            process.kill()
        await process.wait()
        assert self._reader is not None
        await self._reader

    async def _start(self) -> None:
        async with self._starting:
            if self._process is not None:
                return
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.standins.listener",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=16 * 1024**2,
                cwd=_ROOT,
            )
            self._reader = asyncio.create_task(self._read(self._process))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            data = json.loads(line)
            waiting = self._waiting.get(data["session"])
            if waiting and not (future := waiting.pop(0)).done():
                future.set_result(Heard(data["words"], data["partial"]))
        for futures in self._waiting.values():
            for future in futures:
                if not future.done():
                    future.set_exception(ConnectionError("the recogniser has ended"))
        self._waiting.clear()

    def _send(self, number: int, what: bytes, data: bytes = b"") -> None:
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.write(HEADER.pack(number, len(data), what) + data)

    async def _ask(self, number: int, what: bytes) -> Heard:
        future: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()
        self._waiting[number].append(future)
        self._send(number, what)
        return await future


class Hearing:
    """One recording on its way to the recogniser."""

    def __init__(
        self, recogniser: Recogniser, number: int, rate: int, channels: int
    ) -> None:
        """A recording with its rate in Hz and its channels."""
        self._recogniser = recogniser
        self._number = number
        self._resampler = Resampler(rate, channels)
        self._open = True

    def feed(self, audio: bytes) -> None:
        """Take more of it, in pieces of any length."""
        if samples := self._resampler.feed(audio):
            self._recogniser._send(self._number, FEED, samples)

    async def so_far(self) -> Heard:
        """What was heard so far."""
        return await self._recogniser._ask(self._number, PARTIAL)

    async def finish(self) -> Heard:
        """All that was heard."""
        self._open = False
        try:
            return await self._recogniser._ask(self._number, FINISH)
        finally:
            self._recogniser._waiting.pop(self._number, None)

    def drop(self) -> None:
        """Forget the recording, unless it is finished."""
        if self._open:
            self._open = False
            self._recogniser._send(self._number, DROP)
            self._recogniser._waiting.pop(self._number, None)


class Resampler:
    """S16LE audio of any rate, mono or stereo, to 16 kHz mono, piece by piece."""

    def __init__(self, rate: int, channels: int) -> None:
        """For audio of that rate in Hz."""
        self._step = rate / RATE
        self._frame = 2 * channels
        self._channels = channels
        self._rest = b""
        self._position = 0.0  # of the next sample out, in samples of the kept ones
        self._kept = np.zeros(0, np.float32)

    def feed(self, audio: bytes) -> bytes:
        """The samples that can be made of what came so far."""
        audio = self._rest + audio
        whole = len(audio) // self._frame * self._frame
        self._rest = audio[whole:]
        if self._step == 1 and self._channels == 1:
            return audio[:whole]
        frames = np.frombuffer(audio[:whole], np.int16).reshape(-1, self._channels)
        self._kept = np.concatenate([self._kept, frames.mean(1, dtype=np.float32)])
        last = self._kept.size - 1
        if last < self._position:
            return b""
        places = np.arange(self._position, last + 1e-9, self._step)
        made = np.interp(places, np.arange(self._kept.size), self._kept)
        self._position = float(places[-1]) + self._step
        gone = min(int(self._position), self._kept.size)
        self._kept = self._kept[gone:]
        self._position -= gone
        return bytes(made.astype(np.int16))
