"""The microphone through soundcard (libpulse), in a process of its own.

In our own process it would keep a dead connection to a sound server that was
restarted, and wait for ever on one that hangs.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from .microphone import DeviceError, Fault, Input
from .piped_microphone import PipedMicrophone

_PROGRAM: Final = Path(__file__).with_name("soundcard_program.py")
CENSUS_SECONDS: Final = 30.0
"""How often it looks whether its source is still there."""

_ASK_TIMEOUT: Final = 10.0
_MISSING: Final = ("ImportError", "ModuleNotFoundError", "cannot load library")
"""What Python says where soundcard is not, and cffi where libpulse is not."""


def _command(*arguments: str) -> tuple[str, ...]:
    # -P: the program's own folder is full of modules with everyday names.
    return (sys.executable, "-P", str(_PROGRAM), *arguments)


def _environment() -> dict[str, str]:
    """Let it import what we can."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def _explain(complaints: str) -> Fault:
    """Make a fault of the program's last words."""
    missing = any(words in complaints for words in _MISSING)
    return Fault.NOT_INSTALLED if missing else Fault.GONE


def list_soundcard_inputs() -> list[Input]:
    """Return the inputs soundcard finds. Raises DeviceError."""
    try:
        answer = subprocess.run(
            _command("list"),
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ASK_TIMEOUT,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise DeviceError(Fault.STALLED, "soundcard does not answer") from error
    except subprocess.CalledProcessError as error:
        complaints = error.stderr.decode(errors="replace").strip()
        raise DeviceError(
            _explain(complaints), f"soundcard: {complaints.rpartition('\n')[2]}"
        ) from error
    return [
        Input(f"soundcard:{name}", f"{description} (PulseAudio)")
        for name, description in json.loads(answer.stdout)
    ]


class SoundcardMicrophone(PipedMicrophone):
    """Records with soundcard."""

    def __init__(self, name: str | None) -> None:
        """Start it on a device, by PulseAudio's name, None for the default."""
        super().__init__(
            _command("record", str(CENSUS_SECONDS), *(() if name is None else (name,))),
            name=name or "default",
            explain=_explain,
            environment=_environment(),
        )
