"""What the house asks of any microphone."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, Self

from ..errors import MicrophoneError, Service

SAMPLE_RATE: Final = 16_000
"""Hz; everything in this house is 16 kHz mono int16."""

CHUNK_SAMPLES: Final = 1_280
"""80 ms: what a microphone hands over at a time, and the spotter's step.

Every waking costs: in steps of 40 ms, listening took a quarter more of the processor.
"""

CHUNK_BYTES: Final = 2 * CHUNK_SAMPLES

FRAMES_TIMEOUT: Final = 3.0
"""Seconds without a frame after which a microphone counts as dead."""


class Fault(StrEnum):
    """Why a microphone gives no sound."""

    GONE = "gone"
    BUSY = "busy"
    STALLED = "stalled"
    NOT_INSTALLED = "not_installed"
    FAILED = "failed"


class DeviceError(MicrophoneError):
    """The microphone error that says why."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        """Keep the reason apart from the words for the log."""
        super().__init__(Service.MICROPHONE, detail or fault)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Input:
    """A sound input the user can choose: how it is kept, and its name for people."""

    id: str
    name: str


class Microphone(Protocol):
    """An open microphone. Blocking: lives on one thread, but for `abort`."""

    @property
    def name(self) -> str:
        """What it is called, for people."""

    @property
    def overflows(self) -> int:
        """How often sound is known to be lost since it was opened."""

    def read(self) -> bytes:
        """Wait for the next chunk: 20 to 80 ms of int16 LE, mono, 16 kHz.

        Raises DeviceError when the device is gone or gives nothing for 3 s.
        """

    def abort(self) -> None:
        """End `read` with a DeviceError, from another thread; returns at once."""

    def close(self) -> None:
        """Give the device back. Takes seconds at most, even from one that hangs."""

    def __enter__(self) -> Self:
        """Return itself."""

    def __exit__(self, *_: object) -> None:
        """Close it."""
