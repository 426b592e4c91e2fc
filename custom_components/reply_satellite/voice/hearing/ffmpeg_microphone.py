"""The microphone through ffmpeg, which Home Assistant brings: PulseAudio or ALSA.

Options: "ffmpeg Devices Documentation", pulse and alsa input devices.
"""

import re
import subprocess
from enum import StrEnum
from typing import Final

from .microphone import CHUNK_BYTES, SAMPLE_RATE, DeviceError, Fault, Input
from .piped_microphone import PipedMicrophone

_ASK_TIMEOUT: Final = 10.0
_DEVICE: Final = re.compile(r"^ D[E ][d ]? *(\S+)", re.MULTILINE)
_SOURCE: Final = re.compile(r"^[* ] (.+?) \[(.*)\]", re.MULTILINE)
# Of ALSA's many names, those that convert rate and channels as they are asked to.
_CONVERTING: Final = ("default", "sysdefault", "plughw:", "pulse")


class Format(StrEnum):
    """The sound inputs an ffmpeg may have been built with."""

    PULSE = "pulse"
    ALSA = "alsa"

    @property
    def label(self) -> str:
        """Its name for people."""
        return "PulseAudio" if self is Format.PULSE else "ALSA"


def _ask(binary: str, *question: str) -> str:
    """Return what ffmpeg prints. Raises DeviceError if there is no ffmpeg."""
    try:
        answer = subprocess.run(
            (binary, "-hide_banner", *question),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ASK_TIMEOUT,
            check=False,
        )
    except OSError as error:
        detail = f"{binary}: {error.strerror}"
        raise DeviceError(Fault.NOT_INSTALLED, detail) from error
    except subprocess.TimeoutExpired as error:
        raise DeviceError(Fault.STALLED, f"{binary} does not answer") from error
    return answer.stdout.decode(errors="replace")


def ffmpeg_formats(binary: str) -> frozenset[Format]:
    """Return which sound inputs this ffmpeg has. Raises DeviceError."""
    names = set(_DEVICE.findall(_ask(binary, "-devices")))
    return frozenset(format_ for format_ in Format if format_ in names)


def list_ffmpeg_inputs(binary: str, format_: Format) -> list[Input]:
    """Return the inputs ffmpeg finds. Raises DeviceError."""
    found = _SOURCE.findall(_ask(binary, "-sources", format_))
    return [
        Input(f"{format_}:{name}", f"{description or name} ({format_.label})")
        for name, description in sorted(found, key=_is_monitor)
        if format_ is Format.PULSE or name.startswith(_CONVERTING)
    ]


def _is_monitor(source: tuple[str, str]) -> bool:
    """Tell whether PulseAudio's source is what a loudspeaker plays: listed last."""
    return source[0].endswith(".monitor")


def _explain(complaints: str) -> Fault:
    """Make a fault of ffmpeg's last words."""
    if "busy" in complaints:
        return Fault.BUSY
    if "Unknown input format" in complaints:
        return Fault.NOT_INSTALLED
    return Fault.GONE


class FfmpegMicrophone(PipedMicrophone):
    """Records with an ffmpeg of its own, which also converts rate and channels."""

    def __init__(self, binary: str, format_: Format, device: str) -> None:
        """Start it on a device, by name. Raises DeviceError."""
        # Fragments of one chunk; PulseAudio's default would come seconds apart.
        fragments = ("-fragment_size", str(CHUNK_BYTES))
        super().__init__(
            (
                *(binary, "-nostdin", "-hide_banner", "-loglevel", "error"),
                # Raw samples need no guessing about what they are.
                *("-probesize", "32", "-analyzeduration", "0"),
                *("-f", format_, "-sample_rate", str(SAMPLE_RATE), "-channels", "1"),
                *(fragments if format_ is Format.PULSE else ()),
                *("-i", device),
                *("-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1"),
                *("-flush_packets", "1", "pipe:1"),
            ),
            name=device,
            explain=_explain,
        )
