"""Whether the thread is hot, and whether the microphone is well."""

from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import SatelliteEntity
from .household import ReplySatelliteConfigEntry

PARALLEL_UPDATES = 0

HOT_THREAD = BinarySensorEntityDescription(key="hot_thread")
MICROPHONE = BinarySensorEntityDescription(
    key="microphone",
    device_class=BinarySensorDeviceClass.PROBLEM,
    entity_category=EntityCategory.DIAGNOSTIC,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ReplySatelliteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add every satellite's binary sensors."""
    for satellite in entry.runtime_data.satellites.values():
        async_add_entities(
            [
                HotThreadSensor(satellite, HOT_THREAD),
                MicrophoneSensor(satellite, MICROPHONE),
            ],
            config_subentry_id=satellite.id,
        )


class HotThreadSensor(SatelliteEntity, BinarySensorEntity):
    """On while the next turn would join the thread."""

    @property
    @override
    def is_on(self) -> bool:
        """Whether the thread is hot."""
        return self.coordinator.threads.hot is not None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, str | None]:
        """Which thread it is."""
        thread = self.coordinator.threads.hot
        return {"thread_id": None if thread is None else thread.id}


class MicrophoneSensor(SatelliteEntity, BinarySensorEntity):
    """On while the satellite can't hear; the one entity that says so."""

    @property
    @override
    def is_on(self) -> bool:
        """Whether there is a problem."""
        return self.coordinator.ears.problem is not None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, str | int | None]:
        """What the problem is, and which device it is about."""
        ears = self.coordinator.ears
        return {
            "problem": ears.problem,
            "device": ears.device,
            "overflows": ears.overflows,
        }
