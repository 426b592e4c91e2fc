"""Buttons: begin a new thread, stop."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import Satellite
from .entity import SatelliteEntity
from .household import ReplySatelliteConfigEntry

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SatelliteButtonDescription(ButtonEntityDescription):
    """A button, and what it does."""

    press: Callable[[Satellite], None]


BUTTONS = (
    SatelliteButtonDescription(key="new_thread", press=Satellite.new_thread),
    SatelliteButtonDescription(key="stop", press=Satellite.hush),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ReplySatelliteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add every satellite's buttons."""
    for satellite in entry.runtime_data.satellites.values():
        async_add_entities(
            (SatelliteButton(satellite, description) for description in BUTTONS),
            config_subentry_id=satellite.id,
        )


class SatelliteButton(SatelliteEntity, ButtonEntity):
    """Something to press."""

    entity_description: SatelliteButtonDescription

    @override
    async def async_press(self) -> None:
        """Do it."""
        self.entity_description.press(self.coordinator)
