"""What the house asks of any microphone."""

from dataclasses import dataclass
from typing import Final, Protocol, Self

SAMPLE_RATE: Final = 16_000
"""Hz; everything in this house is 16 kHz mono int16."""


@dataclass(frozen=True, slots=True)
class Input:
    """A sound input the user can choose: how it is kept, and its name for people."""

    id: str
    name: str


class Microphone(Protocol):
    """An open microphone. Blocking: lives on the listener's thread only."""

    @property
    def overflows(self) -> int:
        """How often sound was lost since it was opened."""

    def read(self) -> bytes:
        """Wait for the next chunk: 20 to 80 ms of int16 LE, mono, 16 kHz.

        Raises MicrophoneError when the device is gone or gives nothing for 3 s.
        """

    def close(self) -> None:
        """Give the device back. May be called from another thread to end `read`."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
