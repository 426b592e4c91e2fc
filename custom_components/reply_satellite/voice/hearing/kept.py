"""The last seconds of sound, from before anybody asked for them."""

from collections import deque
from typing import Final

from .microphone import SAMPLE_RATE

KEPT_SECONDS: Final = 3.0
"""How far back a recording may begin."""

_KEPT_BYTES: Final = int(2 * KEPT_SECONDS * SAMPLE_RATE)


class Kept:
    """Keeps KEPT_SECONDS of int16 LE mono samples, in memory only."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._chunks: deque[bytes] = deque()
        self._bytes = 0

    def add(self, chunk: bytes) -> None:
        """Keep this, and let go of what is too old."""
        self._chunks.append(chunk)
        self._bytes += len(chunk)
        while self._bytes - len(self._chunks[0]) >= _KEPT_BYTES:
            self._bytes -= len(self._chunks.popleft())

    def since(self, samples: int) -> bytes:
        """Return the last so many samples, or as many of them as are kept."""
        kept = b"".join(self._chunks)
        return kept[max(0, len(kept) - 2 * samples) :]
