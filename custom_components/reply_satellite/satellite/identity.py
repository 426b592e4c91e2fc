"""Who a satellite is, and where it stands."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN
from ..voice.hearing.spotter import Keyword
from ..voice.turn import Asker
from .settings import Settings


class Identity:
    """A satellite as the rest of Home Assistant knows it, now."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        satellite_id: str,
        name: str,
        settings: Settings,
    ) -> None:
        """Look up a satellite whenever it is asked for."""
        self._hass = hass
        self._entry_id = entry_id
        self._id = satellite_id
        self._name = name
        self._settings = settings

    @property
    def device_id(self) -> str | None:
        """The satellite's device, as automations know it."""
        return None if (device := self._device) is None else device.id

    @property
    def area(self) -> str | None:
        """The name of the area the satellite is in."""
        return self.area_of(self.device_id)

    def area_of(self, device_id: str | None) -> str | None:
        """The name of the area a device is in."""
        if device_id is None:
            return None
        if (device := dr.async_get(self._hass).async_get(device_id)) is None:
            return None
        area_id = dr.async_get_effective_area_id(self._hass, device)
        if area_id is None:
            return None
        area = ar.async_get(self._hass).async_get_area(area_id)
        return None if area is None else area.name

    @property
    def language(self) -> str:
        """The language that is spoken here."""
        return self._settings.language or self._hass.config.language

    @property
    def speaker(self) -> Asker:
        """Whoever is heard here: nobody knows who it is."""
        return Asker(device_id=self.device_id, language=self.language)

    @property
    def vocabulary(self) -> list[str]:
        """Names likely to be said."""
        names = [self._name, self.area, *map(self.name_of, self._settings.cameras)]
        return [*Keyword, *(name for name in names if name)]

    def name_of(self, entity_id: str) -> str:
        """What people call an entity."""
        state = self._hass.states.get(entity_id)
        return entity_id if state is None else state.name

    @property
    def _device(self) -> dr.DeviceEntry | None:
        registry = dr.async_get(self._hass)
        devices = dr.async_entries_for_config_entry(registry, self._entry_id)
        mine = (DOMAIN, self._id)
        return next((it for it in devices if mine in it.identifiers), None)
