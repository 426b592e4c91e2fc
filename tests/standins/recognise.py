"""Speech to words, off the event loop: the door to the recogniser's process."""

import asyncio
import atexit
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from .listener import DROP, FEED, FINISH, HEADER, OPEN, PARTIAL, RATE

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Heard:
    """The words of finished utterances, and those of the one being spoken."""

    words: Sequence[dict[str, Any]]  # text; start and end in ms
    partial: Sequence[dict[str, Any]]


class _Process:
    """The recogniser's process; it outlives those who use it, for it starts slowly."""

    _idle: ClassVar[list[_Process]] = []

    def __init__(self) -> None:
        """Start it; it ends with this process, because its standard input does."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.standins.listener"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
        )
        atexit.register(self.end)

    @classmethod
    def take(cls) -> _Process:
        """One that nobody uses."""
        while cls._idle:
            process = cls._idle.pop()
            if process._process.poll() is None:
                return process
        return cls()

    def give_back(self) -> None:
        """Let others use it."""
        self._idle.append(self)

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.WriteTransport]:
        """Its output and its input, for the running event loop."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=16 * 1024**2)
        output = os.fdopen(os.dup(self._process.stdout.fileno()), "rb")
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), output
        )
        given = os.fdopen(os.dup(self._process.stdin.fileno()), "wb")
        writer, _ = await loop.connect_write_pipe(asyncio.Protocol, given)
        return reader, writer


class Recogniser:
    """A connection to the recogniser's process, made when it is first needed."""

    _numbers: ClassVar[count[int]] = count(1)  # of sessions, never used again

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._process: _Process | None = None
        self._writer: asyncio.WriteTransport | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[int, list[asyncio.Future[Heard]]] = {}
        self._starting = asyncio.Lock()

    async def open(self, rate: int = RATE, channels: int = 1) -> Hearing:
        """Begin to hear a recording of signed 16-bit samples."""
        async with self._starting:
            if self._process is None:
                await self._start()
        number = next(self._numbers)
        self._waiting[number] = []
        self.send(number, OPEN)
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
        """Leave the process to others."""
        if self._process is None or self._reading is None or self._writer is None:
            return
        process, self._process = self._process, None
        if self._reading.done():  # the process has ended
            self._writer.close()
            process.end()
            return
        for number in list(self._waiting):
            self.send(number, DROP)
        await self._settle()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self._writer.close()
        process.give_back()

    async def _settle(self) -> None:
        """Wait until the process has taken all that was sent."""
        number = next(self._numbers)
        self._waiting[number] = []
        self.send(number, OPEN)
        await self.ask(number, FINISH)

    def send(self, number: int, what: bytes, data: bytes = b"") -> None:
        """Send a session's message."""
        assert self._writer is not None
        self._writer.write(HEADER.pack(number, len(data), what) + data)

    async def ask(self, number: int, what: bytes) -> Heard:
        """Send a session's message and wait for the answer.

        Raises:
            ConnectionError: the process has ended.
        """
        future: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()
        self._waiting[number].append(future)
        self.send(number, what)
        return await future

    def forget(self, number: int) -> None:
        """Expect no more answers for a session."""
        self._waiting.pop(number, None)

    async def _start(self) -> None:
        self._process = _Process.take()
        reader, self._writer = await self._process.connect()
        self._reading = asyncio.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            data = json.loads(line)
            waiting = self._waiting.get(data["session"])
            if waiting and not (future := waiting.pop(0)).done():
                future.set_result(Heard(data["words"], data["partial"]))
        for futures in self._waiting.values():
            for future in futures:
                if not future.done():
                    future.set_exception(ConnectionError("the recogniser has ended"))


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
            self._recogniser.send(self._number, FEED, samples)

    async def so_far(self) -> Heard:
        """What was heard so far."""
        return await self._recogniser.ask(self._number, PARTIAL)

    async def finish(self) -> Heard:
        """All that was heard."""
        self._open = False
        try:
            return await self._recogniser.ask(self._number, FINISH)
        finally:
            self._recogniser.forget(self._number)

    def drop(self) -> None:
        """Forget the recording, unless it is finished."""
        if self._open:
            self._open = False
            self._recogniser.send(self._number, DROP)
            self._recogniser.forget(self._number)


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
