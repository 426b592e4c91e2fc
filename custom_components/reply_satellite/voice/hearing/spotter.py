"""What the house asks of whatever finds the keywords."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Keyword(StrEnum):
    """The words the satellite listens for."""

    COMPUTER = "computer"
    REPLY = "reply"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True)
class Detection:
    """A keyword that was heard.

    `end` is where the word ended, in seconds of audio since the first sample the
    spotter was given; `score` is how sure it is, 0 to 1.
    """

    keyword: Keyword
    end: float
    score: float


class Spotter(Protocol):
    """Finds keywords in a stream of sound. Lives on one thread, its owner's."""

    sensitivities: Mapping[Keyword, float]
    """Which words to look for, each with 0 (strict) to 1 (generous).

    The owner may put another mapping here between two calls.
    """

    def process(self, samples: NDArray[np.int16]) -> list[Detection]:
        """Hear the next samples: shape (n,), any n, int16, 16 kHz, mono.

        Raises VoiceError if it can't go on.
        """

    def reset(self) -> None:
        """Forget what was heard, after a gap; time goes on where it was."""

    def close(self) -> None:
        """Give everything back."""
