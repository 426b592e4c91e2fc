"""People's recordings: where the word is in them, and which belong together."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from speech import Speech, extent

OTHER_WORDS = ("jarvis", "smart_mirror", "snowboy", "view_glass")
_STYLES = 40
_HELD_APART = (3, 7, 11, 15, 19, 23, 27, 31, 35, 39)


@dataclass(slots=True)
class Recording:
    """One recording; `style` numbers the microphone and room it sounds like."""

    speech: Speech
    folder: str
    name: str
    style: int = 0

    @property
    def held_apart(self) -> bool:
        """Tell whether it is kept for measuring."""
        return self.style in _HELD_APART


def _spectrum(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return every fourth value of the power density, by Welch's method."""
    windows = np.lib.stride_tricks.sliding_window_view(samples, 256)[::128]
    taper = np.hanning(257)[:-1]
    centred = (windows - windows.mean(axis=1, keepdims=True)) * taper
    power = (np.abs(np.fft.rfft(centred)) ** 2).mean(axis=0)
    power[1:-1] *= 2.0
    density: NDArray[np.float64] = power / (16_000 * (taper**2).sum())
    return density[::4]


def _colour(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Describe microphone and room: the spectrum of the pauses and of the whole."""
    count = len(samples) // 400
    parts = samples[: count * 400].reshape(count, 400)
    power = (parts**2).mean(axis=1)
    quiet = parts[power <= np.percentile(power, 30)].ravel()
    rows = [
        weight * 10.0 * np.log10(_spectrum(part) + 1e-13)
        for part, weight in ((quiet, 1.0), (samples, 0.5))
    ]
    return np.concatenate(rows)


@cache
def load(speech: Path) -> list[Recording]:
    """Read ../shared/speech: recordings with styles, and ends for "computer"."""
    recordings = []
    for folder in ("computer", *OTHER_WORDS, "commands"):
        for path in sorted((speech / folder).glob("*.flac")):
            samples, _ = soundfile.read(path, dtype="float32")
            ends = [(0, float(extent(samples)[1]))] if folder == "computer" else []
            recordings.append(Recording(Speech(samples, ends), folder, path.stem))
    colours = np.array([_colour(recording.speech.samples) for recording in recordings])
    tree = linkage(colours, "ward")
    for recording, style in zip(
        recordings, fcluster(tree, _STYLES, "maxclust"), strict=True
    ):
        recording.style = int(style)
    return recordings
