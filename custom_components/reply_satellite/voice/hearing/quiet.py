"""When nobody speaks: an energy detector that adapts to the room and the speaker."""

import math
from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .microphone import SAMPLE_RATE

FRAME_SAMPLES: Final = 320
"""20 ms, as long as speech stands still."""

_PAIRS: Final = FRAME_SAMPLES // 2
# A scalar product takes a tenth of the time of a mean.
_ONES: Final = np.ones(_PAIRS, np.float32)
_FRAME_SECONDS: Final = FRAME_SAMPLES / SAMPLE_RATE
_SMOOTHED: Final = 3
_FLOOR_BLOCK: Final = 25
_FLOOR_BLOCKS: Final = 6
# The lowest of some 150 smoothed frames of steady noise lies about this much (dB)
# under their mean.
_FLOOR_BIAS: Final = 1.5
_SPEECH_DECAY: Final = 0.05
# Of the way from the floor to speech, and dB over the floor at least. Measured on 41
# of people's orders (Picovoice's speech-to-intent-benchmark) with gaps of 0.6 s between
# them: without noise all 40 gaps are found and no quiet is told in mid-speech. With
# white or pink noise 10 dB below the speech, which drowns its soft sounds, 37 and 36
# gaps are found and 14 quiets a minute told in mid-speech; 0.4 and 4 dB found 31 and
# 32, and told 22 and 20.
_SHARE: Final = 0.3
_LEAST_MARGIN: Final = 3.0
_LOUD_FRAMES: Final = 4


@dataclass(frozen=True, slots=True)
class Lulled:
    """Since `position` (seconds) nobody speaks, for LULL_SECONDS by now.

    A word has ended, or is about to go on after the closure of a p or t.
    """

    position: float


@dataclass(frozen=True, slots=True)
class Began:
    """Quiet began at `position` (seconds), and has lasted QUIET_SECONDS by now."""

    position: float


@dataclass(frozen=True, slots=True)
class Ended:
    """Somebody speaks again since `position` (seconds), after a lull or a quiet."""

    position: float


type Change = Lulled | Began | Ended

LULL_SECONDS: Final = 0.1
"""Too short to tell the end of a sentence; enough to begin what it would need."""


QUIET_SECONDS: Final = 0.2
"""A shorter gap is part of a word: the closure of a p or t lasts up to 150 ms."""

_LULL_FRAMES: Final = round(LULL_SECONDS / _FRAME_SECONDS)
_QUIET_FRAMES: Final = round(QUIET_SECONDS / _FRAME_SECONDS)


class _Told(Enum):
    """What was told last."""

    SPEECH = auto()
    LULL = auto()
    QUIET = auto()


class QuietDetector:
    """Says when quiet begins and ends, whatever the level of noise and of speech.

    The threshold lies between the noise floor (minimum of the smoothed energy over
    3 s, after R. Martin, "Spectral subtraction based on minimum statistics", 1994)
    and the level that speech reached of late.
    """

    def __init__(self) -> None:
        """Begin at position 0, in a room not heard yet."""
        self._rest = np.empty(0, np.int16)
        self._frames = 0
        self._recent: deque[float] = deque(maxlen=_SMOOTHED)
        self._minima: deque[float] = deque(maxlen=_FLOOR_BLOCKS)
        self._minimum = math.inf
        self._speech = -math.inf
        self._low = 0
        self._high = 0
        self._told = _Told.SPEECH

    def begin(self) -> None:
        """A recording begins: a quiet that goes on is told anew."""
        self._low = self._high = 0
        self._told = _Told.SPEECH

    def hear(self, samples: NDArray[np.int16]) -> list[Change]:
        """Hear the next samples (int16, 16 kHz, mono) and tell what changed."""
        if self._rest.size:
            samples = np.concatenate((self._rest, samples))
        whole = samples.size // FRAME_SAMPLES * FRAME_SAMPLES
        self._rest = samples[whole:]
        sound = samples[:whole].astype(np.float32)
        # Sums of two: a low pass. What voices have is low, of noise there is less.
        pairs = sound[0::2] + sound[1::2]
        frames = (
            pairs[start : start + _PAIRS] for start in range(0, pairs.size, _PAIRS)
        )
        changes = (self._follow(_level(frame)) for frame in frames)
        return [change for change in changes if change is not None]

    def _follow(self, level: float) -> Change | None:
        """Take one frame's level (dB over one least significant bit)."""
        self._frames += 1
        self._recent.append(level)
        smoothed = sum(self._recent) / len(self._recent)
        floor = self._follow_floor(smoothed)
        self._speech = max(smoothed, self._speech - _SPEECH_DECAY, floor)
        margin = max(_LEAST_MARGIN, _SHARE * (self._speech - floor))
        if smoothed < floor + margin:
            self._low, self._high = self._low + 1, 0
        else:
            self._low, self._high = 0, self._high + 1
        return self._change()

    def _follow_floor(self, smoothed: float) -> float:
        """Return the noise floor, with this frame taken in."""
        self._minimum = min(self._minimum, smoothed)
        if self._frames % _FLOOR_BLOCK == 0:
            self._minima.append(self._minimum)
            self._minimum = smoothed
        return min(self._minimum, *self._minima, smoothed) + _FLOOR_BIAS

    def _change(self) -> Change | None:
        """Tell whether the run of low or high frames is long enough to count."""
        if self._told is not _Told.SPEECH and self._high == _LOUD_FRAMES:
            self._told = _Told.SPEECH
            return Ended(self._ago(_LOUD_FRAMES))
        if self._told is _Told.SPEECH and self._low == _LULL_FRAMES:
            self._told = _Told.LULL
            return Lulled(self._ago(_LULL_FRAMES))
        if self._told is _Told.LULL and self._low == _QUIET_FRAMES:
            self._told = _Told.QUIET
            return Began(self._ago(_QUIET_FRAMES))
        return None

    def _ago(self, frames: int) -> float:
        """Return the position of so many frames ago."""
        return (self._frames - frames) * _FRAME_SECONDS


def _level(frame: NDArray[np.float32]) -> float:
    """Return a frame's level in dB over one least significant bit.

    The variance, not the power: some cards have a constant offset.
    """
    mean = float(np.dot(frame, _ONES)) / frame.size
    variance = float(np.dot(frame, frame)) / frame.size - mean * mean
    return 10.0 * math.log10(max(variance, 0.0) + 1.0)
