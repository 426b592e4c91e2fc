"""From the rate of a card to ours, where the card knows no other."""

from typing import Final

import audioop
import numpy as np
from numpy.typing import NDArray

from .microphone import SAMPLE_RATE

_TAPS: Final = 97
_CUTOFF_HZ: Final = 7_400.0


def _low_pass(rate: int) -> NDArray[np.float32]:
    """Return the filter that leaves nothing above 8 kHz to be folded back.

    A sinc with a Blackman window (Oppenheim and Schafer, "Discrete-Time Signal
    Processing", chapter 7).
    """
    turns = np.arange(_TAPS) - (_TAPS - 1) / 2
    kernel = np.sinc(2 * _CUTOFF_HZ / rate * turns) * np.blackman(_TAPS)
    low_pass: NDArray[np.float32] = (kernel / kernel.sum()).astype(np.float32)
    return low_pass


class Resampler:
    """Turns int16 LE sound of any rate, 1 or 2 channels, into 16 kHz mono."""

    def __init__(self, rate: int, channels: int) -> None:
        """Prepare for sound of `rate` Hz."""
        self._rate = rate
        self._channels = channels
        self._kernel = _low_pass(rate) if rate > SAMPLE_RATE else None
        self._before = np.zeros(_TAPS - 1, np.float32)
        self._state: audioop._RatecvState | None = None

    def convert(self, sound: bytes) -> bytes:
        """Return the next piece: int16 LE, mono, 16 kHz."""
        if self._channels == 2:
            sound = audioop.tomono(sound, 2, 0.5, 0.5)
        if self._rate == SAMPLE_RATE:
            return sound
        if self._kernel is not None:
            samples = np.frombuffer(sound, "<i2").astype(np.float32)
            samples = np.concatenate((self._before, samples))
            self._before = samples[-(_TAPS - 1) :]
            filtered = np.convolve(samples, self._kernel, "valid").round()
            sound = filtered.clip(-32768, 32767).astype("<i2").tobytes()
        converted, self._state = audioop.ratecv(
            sound, 2, 1, self._rate, SAMPLE_RATE, self._state
        )
        return converted
