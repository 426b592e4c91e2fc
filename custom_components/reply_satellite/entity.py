"""What all entities of a satellite share."""

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import Satellite


class SatelliteEntity(CoordinatorEntity[Satellite]):
    """An entity of one satellite; it shows what the satellite knows."""

    _attr_has_entity_name = True

    def __init__(self, satellite: Satellite, description: EntityDescription) -> None:
        """Show something of `satellite`."""
        super().__init__(satellite)
        self.entity_description = description
        self._attr_unique_id = f"{satellite.id}_{description.key}"
        self._attr_translation_key = description.key
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, satellite.id)},
            name=satellite.name,
            manufacturer="Reply Satellite",
            model=satellite.settings.model,
            entry_type=DeviceEntryType.SERVICE,
        )
