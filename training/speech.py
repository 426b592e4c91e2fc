"""Speech with known words: what every synthetic voice and every recording gives."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

RATE = 16_000


@dataclass(slots=True)
class Speech:
    """Mono speech, float32 of shape (n,), 16 kHz, full scale 1.

    `ends` says where keywords end, as (index in texts.WORDS, seconds).
    """

    samples: NDArray[np.float32]
    ends: list[tuple[int, float]] = field(default_factory=list)


def to_rate(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Resample mono audio to 16 kHz."""
    if rate == RATE:
        return samples
    divisor = np.gcd(rate, RATE)
    return resample_poly(samples, RATE // divisor, rate // divisor).astype(np.float32)


def extent(samples: NDArray[np.float32], below: float = 30.0) -> tuple[float, float]:
    """Return start and end in seconds of the loudest utterance in a short recording.

    An utterance is what stays within `below` dB of the loudest 10 ms; parts less than
    200 ms apart belong together (the closure before a plosive is silent).
    """
    count = len(samples) // 160
    power = (samples[: count * 160].reshape(count, 160) ** 2).mean(axis=1)
    smooth = np.convolve(power, np.ones(3) / 3, "same")
    level = 10.0 * np.log10(smooth + 1e-12)
    floor = np.percentile(level, 10)
    threshold = max(level.max() - below, min(floor + 8.0, level.max() - 12.0))
    active = np.flatnonzero(level > threshold)
    parts = np.split(active, np.flatnonzero(np.diff(active) > 20) + 1)
    best = max(parts, key=lambda part: smooth[part].sum())
    return best[0] / 100.0, (best[-1] + 1) / 100.0
