"""The last snapshot."""

import datetime as dt
from typing import override

from homeassistant.components.image import ImageEntity, ImageEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .coordinator import Satellite
from .entity import SatelliteEntity
from .household import ReplySatelliteConfigEntry

PARALLEL_UPDATES = 0

LAST_SNAPSHOT = ImageEntityDescription(key="last_snapshot")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ReplySatelliteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add every satellite's image entity."""
    for satellite in entry.runtime_data.satellites.values():
        async_add_entities(
            [LastSnapshot(hass, satellite)], config_subentry_id=satellite.id
        )


class LastSnapshot(SatelliteEntity, ImageEntity):
    """The picture that was taken last."""

    _attr_content_type = "image/jpeg"

    def __init__(self, hass: HomeAssistant, satellite: Satellite) -> None:
        """Show the last picture of `satellite`."""
        SatelliteEntity.__init__(self, satellite, LAST_SNAPSHOT)
        ImageEntity.__init__(self, hass)
        self._shown = satellite.gallery.last

    @property
    @override
    def image_last_updated(self) -> dt.datetime | None:
        """When it was taken."""
        if (picture := self.coordinator.gallery.last) is None:
            return None
        return dt_util.parse_datetime(picture.taken)

    @override
    async def async_image(self) -> bytes | None:
        """The picture itself."""
        picture = self.coordinator.gallery.last
        return None if picture is None else picture.jpeg

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        if self._shown is not self.coordinator.gallery.last:
            self._shown = self.coordinator.gallery.last
            # The cached copy would be shown for the picture before.
            self._cached_image = None
        super()._handle_coordinator_update()
