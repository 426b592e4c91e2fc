"""Conditions made for this: what a satellite does, and whether its thread is hot."""

from typing import ClassVar, override

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR_DOMAIN
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.const import STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import Condition, EntityStateConditionBase

from .const import DOMAIN
from .voice.machine import Phase


class SatelliteCondition(EntityStateConditionBase):
    """Tests one kind of a satellite's entities."""

    key: ClassVar[str]
    """Which kind: the translation key of the entity."""

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave out all other entities, in the same area for example."""
        registry = er.async_get(self._hass)
        return {
            entity_id
            for entity_id in super().entity_filter(entities)
            if (entry := registry.async_get(entity_id))
            and entry.platform == DOMAIN
            and entry.translation_key == self.key
        }


def _is(domain: str, key: str, state: str) -> type[Condition]:
    """Make the condition that the `key` entity of a satellite is in a state."""
    return type(
        f"{key}_{state}_condition",
        (SatelliteCondition,),
        {"_domain_specs": {domain: DomainSpec()}, "_states": {state}, "key": key},
    )


CONDITIONS: dict[str, type[Condition]] = {
    "is_hot": _is(BINARY_SENSOR_DOMAIN, "hot_thread", STATE_ON),
    **{f"is_{phase}": _is(SENSOR_DOMAIN, "conversation", phase) for phase in Phase},
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions by their names."""
    return CONDITIONS
