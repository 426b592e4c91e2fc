"""When there is nothing to hear but the room itself."""

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .features import HOP, SAMPLE_RATE

_FLOOR_SECONDS: Final = 3.0
_DECIBELS: Final = float(np.log(10.0) / 10.0)
"""One decibel in nepers of power, the unit of the frames."""

# Measured on 246 people's "computer", after 6 s of the noise that goes on with it: 10
# and 5 dB above the noise all words are louder than the room, at 0 dB all but one. With
# 3 dB instead of 2 one is lost at 5 dB, and seven at 0 dB.
_MARGIN: Final = 2.0 * _DECIBELS


class Stillness:
    """Tells whether a block of log-mel frames is louder than the room.

    The room is the quietest block of the last 3 s (minimum statistics, see quiet.py).
    Levels are means of logarithms over all bands: a voice raises most of them, though
    it may add little to the power of a room that hums.
    """

    def __init__(self, frames: int) -> None:
        """Begin in a room not heard yet; blocks have so many frames."""
        blocks = round(_FLOOR_SECONDS * SAMPLE_RATE / (frames * HOP))
        self._levels: Final[deque[float]] = deque(maxlen=blocks)

    def reset(self) -> None:
        """Forget the room."""
        self._levels.clear()

    def hears(self, frames: NDArray[np.float32]) -> bool:
        """Take the next block, float32 (frames, bands), nepers of power."""
        level = float(frames.mean())
        self._levels.append(level)
        return level > min(self._levels) + _MARGIN
