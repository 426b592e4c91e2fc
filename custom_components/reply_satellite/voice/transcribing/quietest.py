"""Where to cut while somebody speaks."""

from typing import Final

import numpy as np

from ..hearing.microphone import SAMPLE_RATE
from ..hearing.recording import SAMPLE_BYTES

_STEP: Final = SAMPLE_RATE // 100
"""Samples: 10 ms."""

_STEPS: Final = 5
"""Steps that are quiet together: 50 ms, as long as most gaps between words."""


def quietest(samples: bytes, margin: int) -> int:
    """Give the byte in the middle of the quietest 50 ms.

    `samples` is int16 LE, mono, 16 kHz; the first and last `margin` bytes of it are
    left alone. Quiet is the least energy.
    """
    inner = np.frombuffer(samples, "<i2").astype(np.float32)
    inner = inner[margin // SAMPLE_BYTES : len(inner) - margin // SAMPLE_BYTES]
    steps = len(inner) // _STEP
    if steps < _STEPS:
        return len(samples) // 2 // SAMPLE_BYTES * SAMPLE_BYTES
    energy = np.square(inner[: steps * _STEP].reshape(steps, _STEP)).sum(axis=1)
    together = np.convolve(energy, np.ones(_STEPS, np.float32), "valid")
    middle = int(together.argmin()) * _STEP + _STEPS * _STEP // 2
    return margin // SAMPLE_BYTES * SAMPLE_BYTES + middle * SAMPLE_BYTES
