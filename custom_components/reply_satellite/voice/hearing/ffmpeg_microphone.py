"""The microphone through ffmpeg, which Home Assistant brings: PulseAudio or ALSA.

Options: "ffmpeg Devices Documentation", pulse and alsa input devices.
"""

import re
import subprocess
import time
from enum import StrEnum
from typing import Final, override

from .microphone import CHUNK_BYTES, SAMPLE_RATE, DeviceError, Fault, Input
from .piped_microphone import PipedMicrophone

SYSTEM_DEFAULT: Final = "default"
"""What PulseAudio and ALSA call the system's choice."""

CENSUS_SECONDS: Final = 30.0
"""How often PulseAudio is asked whether a source is still there. It costs 0.1 s of a
slow core."""

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
    """Return what ffmpeg prints. Raises DeviceError if it can't answer."""
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
    if answer.returncode < 0:
        # Most likely for want of memory: that says nothing about its abilities.
        detail = f"{binary} was killed by signal {-answer.returncode}"
        raise DeviceError(Fault.FAILED, detail)
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


class Census:
    """Asks PulseAudio now and then which sources there are.

    When a source goes, PulseAudio moves its listeners to another one, and ffmpeg can
    neither forbid that nor notice: the wrong room would be heard, or none. And what
    is heard because there was no PulseAudio is to be left once there is one.
    """

    def __init__(self, binary: str, name: str | None) -> None:
        """Count in a while; without a `name`, any source is one too many."""
        self._command = (binary, "-hide_banner", "-sources", Format.PULSE)
        self._name = name
        self._next = time.monotonic() + CENSUS_SECONDS
        self._counting: subprocess.Popen[bytes] | None = None

    def says_leave(self) -> bool:
        """Tell whether others were counted, but not the source; never waits."""
        now = time.monotonic()
        if self._counting is None:
            if now >= self._next:
                self._next = now + CENSUS_SECONDS
                self._counting = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            return False
        if self._counting.poll() is None:
            if now >= self._next:
                self.close()
            return False
        counted, _ = self._counting.communicate()
        self._counting = None
        names = [name for name, _ in _SOURCE.findall(counted.decode(errors="replace"))]
        return bool(names) and self._name not in names

    def close(self) -> None:
        """Count no more."""
        if self._counting is not None:
            self._counting.kill()
            self._counting.communicate()
            self._counting = None


class FfmpegMicrophone(PipedMicrophone):
    """Records with an ffmpeg of its own, which also converts rate and channels.

    Of sound that PulseAudio loses it does not know.
    """

    def __init__(
        self, binary: str, format_: Format, device: str, census: Census | None = None
    ) -> None:
        """Start it on a device, by name. Raises DeviceError.

        `census` says when to leave it; a source of PulseAudio has one anyway.
        """
        wanted: tuple[str, ...] = ("-sample_rate", str(SAMPLE_RATE), "-channels", "1")
        given: tuple[str, ...] = ("-ar", str(SAMPLE_RATE), "-ac", "1")
        if format_ is Format.PULSE:
            # Fragments of one chunk; PulseAudio's default would come seconds apart.
            wanted += ("-fragment_size", str(CHUNK_BYTES))
            # It gives what is wanted. To convert that took a third of ffmpeg's time.
            given = ("-c:a", "copy")
        super().__init__(
            (
                *(binary, "-nostdin", "-hide_banner"),
                # ALSA's losses are warnings, and each of them counts.
                *("-loglevel", "repeat+warning"),
                # Raw samples need no guessing about what they are.
                *("-probesize", "32", "-analyzeduration", "0"),
                *("-f", format_, *wanted, "-i", device),
                *("-f", "s16le", *given),
                *("-flush_packets", "1", "pipe:1"),
            ),
            name=device,
            explain=_explain,
        )
        # The default may be another source every day.
        named = format_ is Format.PULSE and device != SYSTEM_DEFAULT
        self._census = Census(binary, device) if named else census

    @override
    def read(self) -> bytes:
        if self._census is not None and self._census.says_leave():
            raise DeviceError(Fault.GONE, f"PulseAudio has others than {self.name}")
        return super().read()

    @override
    def close(self) -> None:
        if self._census is not None:
            self._census.close()
        super().close()
