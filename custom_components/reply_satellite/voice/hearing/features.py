"""Streaming log-mel features: what the keyword network hears.

25 ms Hann windows every 10 ms, 32 triangular mel bands of equal area from 60 to 3800 Hz
(the mel scale of Slaney's Auditory Toolbox: linear below 1 kHz, logarithmic above),
natural logarithm of the power. These are the bands that Google's speech embedding was
trained on (https://arxiv.org/abs/2002.01322). The training (training/README.md) uses
this very file.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE: Final = 16_000
HOP: Final = 160
WINDOW: Final = 400
BANDS: Final = 32

_FFT: Final = 512
_LOWEST_HZ: Final = 60.0
_HIGHEST_HZ: Final = 3_800.0
_LINEAR_HZ: Final = 1_000.0
_HZ_PER_MEL: Final = 200.0 / 3.0
_LOG_PER_MEL: Final = float(np.log(6.4)) / 27.0
FLOOR: Final = 1e-9
"""White noise of one least significant 16-bit bit lies just under this power, so that
digital silence and a silent room look the same."""


def _hertz(mel: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the frequency in Hz of each mel value."""
    bend = _LINEAR_HZ / _HZ_PER_MEL
    above = _LINEAR_HZ * np.exp(_LOG_PER_MEL * (mel - bend))
    return np.where(mel < bend, mel * _HZ_PER_MEL, above)


def mel_filters() -> NDArray[np.float32]:
    """Return the triangular mel filters, float32 of shape (257, 32)."""
    bend = _LINEAR_HZ / _HZ_PER_MEL
    highest = bend + np.log(_HIGHEST_HZ / _LINEAR_HZ) / _LOG_PER_MEL
    edges = _hertz(np.linspace(_LOWEST_HZ / _HZ_PER_MEL, highest, BANDS + 2))
    bins = np.fft.rfftfreq(_FFT, 1.0 / SAMPLE_RATE)[:, np.newaxis]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    triangles = np.clip(np.minimum(rising, falling), 0.0, None)
    return (triangles * 2.0 / (edges[2:] - edges[:-2])).astype(np.float32)


class LogMel:
    """Log-mel power of consecutive windows, without memory."""

    def __init__(self) -> None:
        """Prepare the window and the filters."""
        self._filters: Final = mel_filters()
        self._taper: Final = (np.hanning(WINDOW + 1)[:-1] / 32_768.0).astype(np.float32)

    def __call__(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        """Return the log-mel power of every whole window in the samples.

        Samples are 16 kHz mono int16 of shape (n,), n >= 400; the answer is float32 of
        shape (1 + (n - 400) // 160, 32), in nepers of power.
        """
        count, step = 1 + (len(samples) - WINDOW) // HOP, samples.strides[0]
        # The view by hand takes a quarter of the time of sliding_window_view.
        windows = np.lib.stride_tricks.as_strided(
            samples, (count, WINDOW), (HOP * step, step), writeable=False
        )
        spectrum = np.fft.rfft(windows * self._taper, _FFT)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        # BLAS may sum a product of one row in another order than one of several rows:
        # callers who need bitwise repeatability keep the number of windows constant.
        frames: NDArray[np.float32] = power @ self._filters
        frames += np.float32(FLOOR)
        return np.log(frames, out=frames)
