"""Timers by name: each runs once at a time, and none outlives its owner."""

import datetime as dt
from collections.abc import Callable

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later


class Timers:
    """What is to be done later, unless something comes between."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with none."""
        self._hass = hass
        self._running: dict[str, CALLBACK_TYPE] = {}
        self._stopped = False

    def later(self, name: str, seconds: float, do: Callable[[], None]) -> None:
        """Do something after a while; a timer of that name begins anew."""

        @callback
        def due(_now: dt.datetime) -> None:
            del self._running[name]
            do()

        self.never(name)
        if not self._stopped:
            self._running[name] = async_call_later(self._hass, seconds, due)

    def runs(self, name: str) -> bool:
        """Whether something is still to be done later."""
        return name in self._running

    def never(self, *names: str) -> None:
        """Don't do it; that a timer does not run is fine."""
        for name in names:
            if (cancel := self._running.pop(name, None)) is not None:
                cancel()

    def stop(self) -> None:
        """Do none of it, nor anything that is asked for later."""
        self._stopped = True
        self.never(*self._running)
