"""A part of a kept recording, as a file object that a service's client can upload."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, override

from ..hearing.microphone import SAMPLE_RATE
from ..hearing.recording import SAMPLE_BYTES, wav_header

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BYTES_PER_SECOND: Final = SAMPLE_BYTES * SAMPLE_RATE

_LONGEST_READ: Final = 64 * 1024
"""Bytes. An upload's time limit holds for each write to the socket, so a write must
be small enough for a slow line: 64 KiB in 10 s is 52 kbit/s."""


class Part(io.RawIOBase):
    """Samples of a recording (raw PCM, int16 LE, mono, 16 kHz), after a header.

    Blocking, like any file: open and read it in an executor.
    """

    def __init__(
        self, file: io.FileIO, start: float, end: float | None, *, wav: bool
    ) -> None:
        """Take over an open recording; see `of`."""
        super().__init__()
        self._file = file
        length = file.seek(0, io.SEEK_END)
        self._first = min(_offset(start), length)
        last = length if end is None else min(_offset(end), length)
        samples = max(0, last - self._first) // SAMPLE_BYTES * SAMPLE_BYTES
        self._header = wav_header(samples) if wav else b""
        self._size = len(self._header) + samples
        self._position = 0
        self._file.seek(self._first)
        self.seconds: Final = samples / BYTES_PER_SECOND

    @classmethod
    def of(
        cls,
        recording: Path,
        start: float = 0.0,
        end: float | None = None,
        *,
        wav: bool = False,
    ) -> Self:
        """Open the part from `start` to `end` (seconds, None is the file's end).

        With `wav`, a RIFF header comes first, for services that want a container.
        Raises OSError.
        """
        return cls(recording.open("rb", buffering=0), start, end, wav=wav)

    @override
    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    @override
    def seekable(self) -> bool:
        """Tell that it can be positioned, so that its length can be known."""
        return True

    @override
    def tell(self) -> int:
        """Give the position, counted from the header's first byte."""
        return self._position

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position, and give it."""
        match whence:
            case io.SEEK_CUR:
                offset += self._position
            case io.SEEK_END:
                offset += self._size
        self._position = min(max(offset, 0), self._size)
        self._file.seek(self._first + max(0, self._position - len(self._header)))
        return self._position

    @override
    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read the next piece; 0 at the end."""
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), self._size - self._position, _LONGEST_READ)
        piece = self._header[self._position : self._position + wanted]
        if not piece:
            piece = self._file.read(wanted)
        view[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    @override
    def close(self) -> None:
        """Close the recording."""
        self._file.close()
        super().close()


def _offset(seconds: float) -> int:
    """Give the byte of the sample at a time in the recording."""
    return SAMPLE_BYTES * max(0, round(seconds * SAMPLE_RATE))
