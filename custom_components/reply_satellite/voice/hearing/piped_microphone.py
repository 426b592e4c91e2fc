"""A microphone behind a program that writes its sound into a pipe."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO, Final, Self, cast, override

from .microphone import (
    CHUNK_BYTES,
    FRAMES_TIMEOUT,
    DeviceError,
    Fault,
    Microphone,
)

_START_TIMEOUT: Final = 10.0
"""A slow machine, busy with its own start, needs seconds to start a program."""

_LAST_WORDS_TIMEOUT: Final = 1.0
_COMPLAINTS_KEPT: Final = 1_000


class PipedMicrophone(Microphone):
    """Runs a program and reads int16 LE, mono, 16 kHz from it.

    A program can hang and be killed without harm, which no library in our own
    process can. `explain` makes a Fault of what it says on standard error.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        name: str,
        explain: Callable[[str], Fault],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start the program. Raises DeviceError if it is not there."""
        self._name = name
        self._explain = explain
        self._aborted = False
        self._pending = b""
        self._complaints = ""
        self._overflows = 0
        self._timeout = _START_TIMEOUT
        try:
            # A session of its own: a terminal's Ctrl-C is not for it.
            self._program = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            detail = f"{command[0]}: {error.strerror}"
            raise DeviceError(Fault.NOT_INSTALLED, detail) from error
        self._sound = cast("IO[bytes]", self._program.stdout)
        self._words = cast("IO[bytes]", self._program.stderr)
        os.set_blocking(self._words.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._sound, selectors.EVENT_READ)
        self._selector.register(self._words, selectors.EVENT_READ)

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def overflows(self) -> int:
        return self._overflows

    @override
    def read(self) -> bytes:
        deadline = time.monotonic() + self._timeout
        while len(self._pending) < CHUNK_BYTES:
            self._fill(deadline)
        self._timeout = FRAMES_TIMEOUT
        chunk, self._pending = self._pending[:CHUNK_BYTES], self._pending[CHUNK_BYTES:]
        return chunk

    def _fill(self, deadline: float) -> None:
        """Wait for some of its output. Raises DeviceError."""
        ready = self._selector.select(max(0.0, deadline - time.monotonic()))
        if not ready:
            raise DeviceError(Fault.STALLED, f"no sound from {self._name}")
        # What it says first: with the end of its sound comes the reason.
        files = {key.fileobj for key, _ in ready}
        if self._words in files:
            self._hear_words()
        if self._sound in files:
            more = os.read(self._sound.fileno(), CHUNK_BYTES)
            if not more:
                raise self._ended()
            self._pending += more

    def _hear_words(self) -> None:
        """Keep its last words, and count the losses it tells of."""
        text = self._words.read()
        if text == b"":
            # Its end: nothing to wait for any more.
            with suppress(KeyError):
                self._selector.unregister(self._words)
        words = (text or b"").decode(errors="replace")
        self._overflows += words.count("xrun")
        self._complaints = (self._complaints + words)[-_COMPLAINTS_KEPT:]

    def _ended(self) -> DeviceError:
        """Say why the sound ended."""
        if self._aborted:
            return DeviceError(Fault.GONE, "closed")
        # Its last words may come after the end of its sound.
        with suppress(subprocess.TimeoutExpired):
            self._program.wait(_LAST_WORDS_TIMEOUT)
        self._hear_words()
        last = self._complaints.strip().rpartition("\n")[2]
        return DeviceError(
            self._explain(self._complaints), last or f"{self._name} ended"
        )

    @override
    def abort(self) -> None:
        self._aborted = True
        if self._program.poll() is None:
            # Its whole group: it may be a script around the program.
            with suppress(ProcessLookupError):
                os.killpg(self._program.pid, signal.SIGKILL)

    @override
    def close(self) -> None:
        self.abort()
        self._program.wait()
        self._selector.close()
        self._sound.close()
        self._words.close()

    @override
    def __enter__(self) -> Self:
        return self

    @override
    def __exit__(self, *_: object) -> None:
        self.close()
