"""Tells the world what happens in a turn: automations, entities, whoever watches."""

from typing import TYPE_CHECKING, Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send

from ..const import DOMAIN, EVENT_TURN, TurnEvent
from ..voice.machine import Phase
from ..voice.turn import Turn

if TYPE_CHECKING:
    from ..coordinator import Satellite


def turn_signal(satellite_id: str) -> str:
    """The dispatcher's signal for turn events: (TurnEvent, its data)."""
    return f"{DOMAIN}_{satellite_id}_turn"


def live_signal(satellite_id: str) -> str:
    """The dispatcher's signal for everything that can be watched: (message)."""
    return f"{DOMAIN}_{satellite_id}_live"


class Teller:
    """One satellite's mouthpiece within Home Assistant."""

    def __init__(self, hass: HomeAssistant, satellite: Satellite) -> None:
        """Speak for a satellite."""
        self._hass = hass
        self._satellite = satellite

    @callback
    def tell(self, event: TurnEvent, turn: Turn, **data: Any) -> None:
        """Tell that something happened in a turn."""
        satellite = self._satellite
        told = {
            "satellite": satellite.name,
            "satellite_id": satellite.id,
            "device_id": satellite.identity.device_id,
            "turn_id": turn.id,
            **data,
        }
        self._hass.bus.async_fire(EVENT_TURN, {"type": event, **told})
        async_dispatcher_send(self._hass, turn_signal(satellite.id), event, told)
        self.live("event", event=event, **told)
        satellite.async_update_listeners()

    @callback
    def phase(self, phase: Phase) -> None:
        """Tell what the satellite does now."""
        self.live("phase", phase=phase)

    @callback
    def heard(self, turn: Turn, transcript: str) -> None:
        """Tell what was said or asked in a turn, as far as it is known."""
        self.live("heard", turn_id=turn.id, transcript=transcript)

    @callback
    def turn(self, turn: Turn) -> None:
        """Tell a turn's record, now that it is over."""
        self.live("turn", turn=turn.as_dict())

    @callback
    def live(self, kind: str, **data: Any) -> None:
        """Tell whoever watches right now."""
        async_dispatcher_send(
            self._hass, live_signal(self._satellite.id), {"kind": kind, **data}
        )
