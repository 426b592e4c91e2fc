"""Sound files as the house uses them: mono, 16 kHz, 16 bit."""

import subprocess
import wave
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

SAMPLE_RATE: Final = 16_000
_TIMEOUT: Final = 60.0


def read_wav(source: Path) -> npt.NDArray[np.int16]:
    """Read any sound file ffmpeg knows: shape (n,), mono, 16 kHz.

    Raises:
        subprocess.CalledProcessError: ffmpeg does not know it.
    """
    command = ["ffmpeg", "-v", "error", "-i", str(source), "-f", "s16le"]
    command += ["-ac", "1", "-ar", str(SAMPLE_RATE), "-"]
    output = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_TIMEOUT,
        check=True,
    ).stdout
    return np.frombuffer(output, np.int16)


def write_wav(target: Path, samples: npt.NDArray[np.int16]) -> None:
    """Write samples (shape (n,), mono, 16 kHz)."""
    with wave.open(str(target), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.astype("<i2").tobytes())
