"""How loud the microphone is, for whoever sets it up."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .heard import LevelMeasured
from .microphone import SAMPLE_RATE

_PERIOD: Final = SAMPLE_RATE // 8
_FULL_SCALE: Final = 32768.0
_NOTHING: Final = 1.0 / _FULL_SCALE


class LevelMeter:
    """Measures root mean square and peak of every 125 ms."""

    def __init__(self) -> None:
        """Begin a first period."""
        self._count = 0
        self._energy = 0.0
        self._peak = 0.0

    def hear(self, samples: NDArray[np.int16]) -> LevelMeasured | None:
        """Take samples (int16, 16 kHz, mono); return a level when a period is over."""
        sound = samples.astype(np.float32)
        self._count += sound.size
        self._energy += float(np.dot(sound, sound))
        self._peak = max(self._peak, float(np.abs(sound).max(initial=0.0)))
        if self._count < _PERIOD:
            return None
        level = LevelMeasured(
            _dbfs((self._energy / self._count) ** 0.5), _dbfs(self._peak)
        )
        self._count, self._energy, self._peak = 0, 0.0, 0.0
        return level


def _dbfs(amplitude: float) -> float:
    """Return dB below full scale; -90.3, one least significant bit, at the least."""
    return 20.0 * float(np.log10(max(amplitude / _FULL_SCALE, _NOTHING)))
