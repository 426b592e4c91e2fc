"""Streaming log-mel features: what the keyword network hears.

25 ms Hann windows every 10 ms, 40 triangular mel bands from 60 to 7600 Hz (the mel
scale of O'Shaughnessy, 2595 * log10(1 + f / 700)), natural logarithm of the power.
Each band has its own slow mean removed, so neither the gain of the microphone nor the
colour of the room reaches the network. The training (training/README.md) uses this
very file.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE: Final = 16_000
HOP: Final = 160
WINDOW: Final = 400
BANDS: Final = 40

_FFT: Final = 512
_LOWEST_HZ: Final = 60.0
_HIGHEST_HZ: Final = 7_600.0
# White noise of one least significant 16-bit bit lies just under this power, so that
# digital silence and a silent room look the same.
_FLOOR: Final = 1e-7
_MEAN_FRAMES: Final = 150


def _mel(hertz: float | NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the mel value of each frequency in Hz."""
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hertz) / 700.0))


def mel_filters() -> NDArray[np.float32]:
    """Return the triangular mel filters, float32 of shape (257, 40)."""
    edges = np.linspace(float(_mel(_LOWEST_HZ)), float(_mel(_HIGHEST_HZ)), BANDS + 2)
    bins = _mel(np.fft.rfftfreq(_FFT, 1.0 / SAMPLE_RATE))[:, np.newaxis]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    triangles: NDArray[np.float32] = np.clip(np.minimum(rising, falling), 0.0, None)
    return triangles.astype(np.float32)


class LogMel:
    """Log-mel power of consecutive windows, without memory."""

    def __init__(self) -> None:
        """Prepare the window and the filters."""
        self._filters: Final = mel_filters()
        self._taper: Final = (np.hanning(WINDOW + 1)[:-1] / 32_768.0).astype(np.float32)

    def __call__(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        """Return the log-mel power of every whole window in the samples.

        Samples are 16 kHz mono int16 of shape (n,), n >= 400; the answer is float32 of
        shape (1 + (n - 400) // 160, 40), in nepers of power, full scale near 4.
        """
        windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
        spectrum = np.fft.rfft(windows * self._taper, _FFT)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        # BLAS may sum a product of one row in another order than one of several rows:
        # callers who need bitwise repeatability keep the number of windows constant.
        frames: NDArray[np.float32] = power @ self._filters
        frames += np.float32(_FLOOR)
        return np.log(frames, out=frames)


class RunningMean:
    """Removes each band's mean over about the last 1.5 s.

    The mean is exact over the first 150 frames and forgets exponentially after that.
    """

    def __init__(self) -> None:
        """Begin a stream."""
        self._mean = np.zeros(BANDS, np.float32)
        self._frames = 0

    def reset(self) -> None:
        """Begin a new stream."""
        self._mean[:] = 0.0
        self._frames = 0

    def __call__(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return log-mel frames (n, 40) less the mean up to and including each."""
        centred = np.empty_like(frames)
        for index, frame in enumerate(frames):
            self._frames = min(self._frames + 1, _MEAN_FRAMES)
            self._mean += (frame - self._mean) / np.float32(self._frames)
            np.subtract(frame, self._mean, out=centred[index])
        return centred
