"""The listening switch."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import STATE_OFF
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoreEntity

from .entity import SatelliteEntity
from .household import ReplySatelliteConfigEntry
from .voice.machine import ListeningSet

PARALLEL_UPDATES = 0

LISTENING = SwitchEntityDescription(key="listening")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ReplySatelliteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add every satellite's switch."""
    for satellite in entry.runtime_data.satellites.values():
        async_add_entities(
            [ListeningSwitch(satellite, LISTENING)], config_subentry_id=satellite.id
        )


class ListeningSwitch(SatelliteEntity, RestoreEntity, SwitchEntity):
    """Off gives the microphone back: nothing is heard, not just ignored."""

    @property
    @override
    def is_on(self) -> bool:
        """Whether the satellite may listen."""
        return self.coordinator.data.listening

    @override
    async def async_added_to_hass(self) -> None:
        """A satellite that was deaf before the restart stays so."""
        await super().async_added_to_hass()
        last = await self.async_get_last_state()
        if last is not None and last.state == STATE_OFF:
            self.coordinator.dispatch(ListeningSet(on=False))

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Open the microphone."""
        self.coordinator.dispatch(ListeningSet(on=True))

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Give the microphone back."""
        self.coordinator.dispatch(ListeningSet(on=False))
