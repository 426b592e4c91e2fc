"""What happens in turns, as an event entity."""

from typing import Any, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import TurnEvent
from .entity import SatelliteEntity
from .household import ReplySatelliteConfigEntry
from .satellite.telling import turn_signal

PARALLEL_UPDATES = 0

TURN = EventEntityDescription(key="turn", event_types=[str(it) for it in TurnEvent])


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ReplySatelliteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add every satellite's event entity."""
    for satellite in entry.runtime_data.satellites.values():
        async_add_entities(
            [TurnEventEntity(satellite, TURN)], config_subentry_id=satellite.id
        )


class TurnEventEntity(SatelliteEntity, EventEntity):
    """The last thing that happened in a turn."""

    _unrecorded_attributes = frozenset(
        {"transcript", "reply", "heard", "arguments", "output"}
    )

    @override
    async def async_added_to_hass(self) -> None:
        """Hear what the satellite tells."""
        await super().async_added_to_hass()
        signal = turn_signal(self.coordinator.id)
        self.async_on_remove(
            async_dispatcher_connect(self.hass, signal, self._happened)
        )

    @callback
    def _happened(self, event: TurnEvent, told: dict[str, Any]) -> None:
        self._trigger_event(event, told)
        self.async_write_ha_state()
