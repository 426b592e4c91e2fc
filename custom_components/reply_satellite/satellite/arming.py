"""Which words a satellite listens for, now; its own voice must not wake it."""

from functools import partial
from typing import TYPE_CHECKING, Final

from homeassistant.core import callback

from ..voice import machine
from ..voice.hearing.spotter import Keyword
from .timers import Timers

if TYPE_CHECKING:
    from ..coordinator import Satellite

ECHO: Final = "echo"
ECHO_SECONDS: Final = 2.0
"""How long after the end of playback the loudspeaker's last words may be heard: what
players are late by, and the spotter's own delay."""


class Arming:
    """Tells a satellite's ears what to listen for."""

    def __init__(self, satellite: Satellite, timers: Timers) -> None:
        """Begin with nothing armed, and nothing said."""
        self._satellite = satellite
        self._timers = timers
        self._armed: dict[Keyword, float] = {}
        self._echo = ""

    @callback
    def arm(self) -> None:
        """Listen for the words that mean something now."""
        satellite = self._satellite
        running = satellite.running
        aloud = running is not None and not running.turn.silent
        reply = running.turn.reply if running is not None and aloud else ""
        # A turn may begin while what was said before it can still be heard.
        saying = f"{self._echo} {reply}".strip()
        wanted = machine.armed(satellite.data, satellite.rules, saying)
        if wanted != self._armed:
            self._armed = wanted
            satellite.ears.arm(wanted)

    @callback
    def saying(self, text: str) -> None:
        """The loudspeaker says this: whoever hears it is not spoken to."""
        self._timers.never(ECHO)
        self._echo = text
        self.arm()

    @callback
    def said(self, text: str) -> None:
        """The loudspeaker said this just now, and may still be heard."""
        self.saying(text)
        self._timers.later(ECHO, ECHO_SECONDS, partial(self.saying, ""))
