"""What is known of the microphone: told once down and once up.

Who is told also logs it for the user; the details for developers are logged here.
"""

import logging
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from .heard import Heard, MicrophoneLost, MicrophoneOpened, MicrophoneSilent
from .microphone import SAMPLE_RATE, DeviceError, Fault

_LOGGER = logging.getLogger(__name__)

SILENT_SECONDS: Final = 3.0
"""So much of nothing but zeros is told: no room and no converter is that quiet."""

REOPEN_SECONDS: Final = 10.0
"""So much of it, and the device is opened again: its stream may have been moved."""

LONGEST_REOPEN_SECONDS: Final = 300.0
"""Reopening that does not help is done ever less often, down to this.

A microphone that gates its noise sends zeros whenever nobody speaks, and must not be
away from its place when somebody does.
"""


class _Told(StrEnum):
    NOTHING = "nothing"
    SOUND = "sound"
    SILENT = "silent"
    LOST = "lost"


class Health:
    """Watches the chunks of one microphone for zeros, and tells changes only."""

    def __init__(self, post: Callable[[Heard], None]) -> None:
        """Begin with a microphone nobody has heard of."""
        self._post = post
        self._told = _Told.NOTHING
        self._fault: Fault | None = None
        """Why it was lost the last time."""
        self._zeros = 0
        self._since_opened = 0
        self._patience = REOPEN_SECONDS

    def opened(self) -> None:
        """The device was opened; whether it gives sound is not known yet."""
        self._since_opened = 0

    def hear(self, chunk: bytes, name: str) -> bool:
        """Take a chunk; return whether the device should be opened again."""
        samples = len(chunk) // 2
        self._since_opened += samples
        if chunk.lstrip(b"\0"):
            self._hear_sound(name)
            return False
        if self._told in {_Told.NOTHING, _Told.LOST}:
            self._tell_opened(name)
        self._zeros += samples
        if self._told is _Told.SOUND and self._zeros >= SILENT_SECONDS * SAMPLE_RATE:
            self._told = _Told.SILENT
            _LOGGER.debug("Microphone %s sends nothing but zeros", name)
            self._post(MicrophoneSilent(self._zeros / SAMPLE_RATE))
        waited = min(self._zeros, self._since_opened) / SAMPLE_RATE
        if waited < self._patience:
            return False
        self._patience = min(2 * self._patience, LONGEST_REOPEN_SECONDS)
        return True

    def _hear_sound(self, name: str) -> None:
        if self._told is not _Told.SOUND:
            if self._since_opened < SILENT_SECONDS * SAMPLE_RATE:
                # Opening it again has helped.
                self._patience = REOPEN_SECONDS
            self._tell_opened(name)
        self._zeros = 0

    def _tell_opened(self, name: str) -> None:
        _LOGGER.debug("Microphone %s is heard", name)
        self._told = _Told.SOUND
        self._post(MicrophoneOpened(name))

    def lost(self, error: DeviceError) -> None:
        """The device can't be opened, or read any more; told again of another fault."""
        if self._told is _Told.LOST and error.fault is self._fault:
            _LOGGER.debug("Microphone still lost: %s", error)
            return
        _LOGGER.debug("Microphone lost: %s", error)
        self._told = _Told.LOST
        self._fault = error.fault
        self._zeros = 0
        self._post(MicrophoneLost(error.fault, error.detail))
