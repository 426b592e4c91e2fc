"""Speech made on this machine: flite's and espeak-ng's voices."""

import subprocess
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from .wav import SAMPLE_RATE, read_wav, write_wav

_SILENCE: Final = 200
"""Amplitude below which a voice is taken to be silent, of 32767."""
_TIMEOUT: Final = 60.0


class Voice(StrEnum):
    """A voice, named PROGRAM:NAME."""

    SLT = "flite:slt"
    KAL = "flite:kal"
    RMS = "flite:rms"
    AWB = "flite:awb"
    BRITISH = "espeak-ng:en-gb"
    AMERICAN = "espeak-ng:en-us"


@dataclass(frozen=True, slots=True)
class Part:
    """Where a part of what was said stands."""

    text: str
    start: float
    """Its first sound, in seconds from the beginning of the whole."""
    end: float
    """Its last sound, likewise."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Something said."""

    samples: npt.NDArray[np.int16]
    """Shape (n,), mono, 16 kHz."""
    parts: tuple[Part, ...]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / SAMPLE_RATE

    def write(self, target: Path) -> Path:
        """Write it to a wav file (mono, 16 kHz, 16 bit); returns `target`."""
        write_wav(target, self.samples)
        return target


def say(*parts: str | float, voice: Voice = Voice.SLT) -> Speech:
    """Say texts with pauses between them: a number is a pause in seconds.

    Half a second of silence goes before and after.
    """
    pieces: list[npt.NDArray[np.int16]] = []
    spoken: list[Part] = []
    position = 0
    for part in (0.5, *parts, 0.5):
        if isinstance(part, str):
            piece = _trimmed(_speak(part, voice))
            start, end = position, position + len(piece)
            spoken.append(Part(part, start / SAMPLE_RATE, end / SAMPLE_RATE))
        else:
            piece = np.zeros(int(part * SAMPLE_RATE), np.int16)
        pieces.append(piece)
        position += len(piece)
    return Speech(np.concatenate(pieces), tuple(spoken))


def _trimmed(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _SILENCE)
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples


def _speak(text: str, voice: Voice) -> npt.NDArray[np.int16]:
    """Return the text spoken: shape (n,), mono, 16 kHz."""
    program, _, name = voice.partition(":")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "speech.wav")
        if program == "flite":
            command = ["flite", "-voice", name, "-t", text, "-o", str(target)]
        else:
            command = ["espeak-ng", "-v", name, "-w", str(target), "--", text]
        subprocess.run(command, capture_output=True, timeout=_TIMEOUT, check=True)
        return read_wav(target)
