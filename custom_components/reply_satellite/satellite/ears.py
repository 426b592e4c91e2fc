"""A satellite's ears: the listener's thread, its one door into the loop, its health."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback

from .. import failures
from ..const import SpotterChoice
from ..voice.hearing.heard import (
    Heard,
    KeywordHeard,
    MicrophoneLost,
    MicrophoneOpened,
    MicrophoneSilent,
    SpotterFailed,
)
from ..voice.hearing.listener import Listener
from ..voice.hearing.microphone import DeviceError, Microphone
from ..voice.hearing.spotter import BuiltinSpotter, Keyword, Spotter
from .spotting import Spotting
from .timers import Timers

if TYPE_CHECKING:
    from ..coordinator import Satellite

_LOGGER = logging.getLogger(__name__)

SILENT: Final = "silent"
"""The problem of a microphone that sends nothing but zeros."""

ISSUE_AFTER: Final = 60
"""Seconds a microphone may be away before the user gets a repair issue."""

HUNG: Final = "hung"
"""The timer that waits for a thread that did not end in time."""

AGAIN_AFTER: Final = 5.0
"""Seconds between looks whether it has."""

DEAF: Final = "deaf"
"""The timer that waits for that."""

STEADY_AFTER: Final = 5.0
"""Seconds a microphone that is back must stay: one that comes and goes would be told of
each time, and never be away for long enough. Longer than silence takes to be told."""

STEADY: Final = "steady"
"""The timer that waits for that."""


class Ears:
    """Listens while it is open, and knows whether it can hear."""

    def __init__(
        self,
        hass: HomeAssistant,
        satellite: Satellite,
        timers: Timers,
        open_microphone: Callable[[], Microphone],
        make_porcupine: Callable[[], Spotter] | None,
    ) -> None:
        """Tell the satellite what is heard, and of any change of health."""
        self._hass = hass
        self._satellite = satellite
        self._timers = timers
        self._listener = Listener(
            open_microphone=open_microphone,
            make_spotter=BuiltinSpotter,
            post=self._door,
        )
        self._spotting = Spotting(satellite, self._listener, make_porcupine)
        self._lock = asyncio.Lock()
        self._watchers = 0
        self.problem: str | None = None
        """Why nothing can be heard; None when all is well."""
        self.device: str | None = None
        """The device that is listened to."""
        self.word_ended = 0.0
        """When the last keyword ended, on the monotonic clock."""

    @property
    def position(self) -> float:
        """Seconds of sound since the first sample."""
        return self._listener.position

    @property
    def dead(self) -> bool:
        """Whether no sound comes at all.

        Silence may be a microphone that closes itself while nobody speaks.
        """
        is_back = self._timers.runs(STEADY)
        return self.problem not in (None, SILENT) and not is_back

    @property
    def spotter(self) -> SpotterChoice | None:
        """Which spotter listens for words now, if any."""
        return self._spotting.hears

    @property
    def overflows(self) -> int:
        """How often sound is known to be lost as the machine was too busy.

        PulseAudio tells of none, unless through PyAudio.
        """
        return self._listener.overflows

    async def open(self) -> None:
        """Begin to listen, as soon as the thread of before has let go of the device."""
        async with self._lock:
            self._begin()

    @callback
    def _begin(self) -> None:
        try:
            self._listener.start()
        except DeviceError as error:
            self._set_problem(str(error.fault), error.detail)
            self._timers.later(HUNG, AGAIN_AFTER, self._begin)
        else:
            self._spotting.begin()

    async def close(self) -> None:
        """Give the device back, and wait for the thread to end."""
        async with self._lock:
            self._timers.never(HUNG)
            self._spotting.end()
            await self._hass.async_add_executor_job(self._listener.stop)
        self._set_problem(None)

    def arm(self, sensitivities: Mapping[Keyword, float]) -> None:
        """Listen for these words from now on."""
        self._listener.arm(sensitivities)

    def watch_level(self) -> None:
        """Tell the level eight times a second, as long as somebody watches."""
        self._watchers += 1
        self._listener.measure_level(wanted=True)

    def unwatch_level(self) -> None:
        """One watcher less."""
        self._watchers -= 1
        if self._watchers == 0:
            self._listener.measure_level(wanted=False)

    def begin_recording(self, path: Path, since: float, silence: float) -> None:
        """Keep the sound from `since` on, and pass it on as it comes.

        Tells when nobody has spoken for so many seconds of `silence`, unless 0.
        """
        self._listener.begin_recording(path, since, silence)

    def end_recording(self) -> None:
        """Keep no more."""
        self._listener.end_recording()

    def _door(self, heard: Heard) -> None:
        """Come in from the listener's thread."""
        self._hass.loop.call_soon_threadsafe(self._enter, heard)

    @callback
    def _enter(self, heard: Heard) -> None:
        match heard:
            case MicrophoneOpened(name):
                self.device = name
                if self.problem is not None:
                    self._timers.later(STEADY, STEADY_AFTER, self._recovered)
                    self._satellite.async_update_listeners()
            case MicrophoneLost(reason, detail):
                known = self.dead
                self._timers.never(STEADY)
                self._set_problem(str(reason), detail)
                if known:
                    return  # It is lost for another reason by now.
                self._satellite.async_update_listeners()
            case MicrophoneSilent():
                self._timers.never(STEADY)
                self._set_problem(SILENT)
            case SpotterFailed(error):
                self._spotting.failed(error)
            case KeywordHeard():
                self.word_ended = heard.clock
                if self._timers.runs(STEADY):
                    self._recovered()
        self._satellite.hear(heard)

    @callback
    def _recovered(self) -> None:
        _LOGGER.info("%s can hear again", self._satellite.name)
        self._set_problem(None)

    def _set_problem(self, problem: str | None, detail: str = "") -> None:
        if problem == self.problem:
            return
        if problem is None:
            self._timers.never(DEAF, STEADY)
            failures.can_hear(self._satellite)
        elif self.problem is None:
            reason = f"{problem}: {detail}" if detail else problem
            _LOGGER.warning("%s can't hear: %s", self._satellite.name, reason)
            self._timers.later(DEAF, ISSUE_AFTER, self._deaf)
        elif not self._timers.runs(DEAF):
            failures.can_not_hear(self._satellite, problem)
        self.problem = problem
        self._satellite.async_update_listeners()

    @callback
    def _deaf(self) -> None:
        if self.problem is not None:
            failures.can_not_hear(self._satellite, self.problem)
