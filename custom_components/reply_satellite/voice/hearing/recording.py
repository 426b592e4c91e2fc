"""The private spool: a recording on disk, as it comes."""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .microphone import SAMPLE_RATE

SAMPLE_BYTES: Final = 2
_BLOCK_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording on disk: raw int16 LE, mono, 16 kHz.

    `began` is the position of its first sample.
    """

    path: Path
    began: float

    @property
    def seconds(self) -> float:
        """How long it is now. Raises OSError if it is not there."""
        return self.path.stat().st_size // SAMPLE_BYTES / SAMPLE_RATE

    def wav_blocks(self) -> Iterator[bytes]:
        """Read it as a WAV file, block by block, for an executor's thread.

        The header tells the length it has at the first block; what is written
        after that is left out. Raises OSError.
        """
        with self.path.open("rb") as file:
            left = os.fstat(file.fileno()).st_size // SAMPLE_BYTES * SAMPLE_BYTES
            yield wav_header(left)
            while left and (block := file.read(min(left, _BLOCK_BYTES))):
                left -= len(block)
                yield block

    def wav(self) -> bytes:
        """Read it as a whole WAV file, for an executor's thread. Raises OSError."""
        return b"".join(self.wav_blocks())


def wav_header(data_bytes: int) -> bytes:
    """Make the 44 bytes before int16 mono samples at 16 kHz.

    Format: Multimedia Programming Interface and Data Specifications 1.0 (IBM and
    Microsoft, 1991), the RIFF chunk "WAVE" in PCM.
    """
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + data_bytes,
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        SAMPLE_RATE,
        SAMPLE_RATE * SAMPLE_BYTES,
        SAMPLE_BYTES,
        8 * SAMPLE_BYTES,
        b"data",
        data_bytes,
    )


class RecordingFile:
    """Writes a recording, straight to the system so that a kill loses nothing."""

    def __init__(self, path: Path) -> None:
        """Make the file, for its owner's eyes only. Raises OSError."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def write(self, samples: bytes) -> None:
        """Append samples, all or none of them. Raises OSError, as on a full disk."""
        before = os.lseek(self._file, 0, os.SEEK_CUR)
        written = 0
        try:
            while written < len(samples):
                written += os.write(self._file, samples[written:])
        except OSError:
            os.ftruncate(self._file, before)
            os.lseek(self._file, before, os.SEEK_SET)
            raise

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)
