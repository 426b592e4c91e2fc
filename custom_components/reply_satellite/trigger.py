"""Triggers made for this: one for each thing that can happen in a turn."""

from types import MappingProxyType
from typing import ClassVar, override

from homeassistant.components.event import ATTR_EVENT_TYPE
from homeassistant.components.event import DOMAIN as EVENT_DOMAIN
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.trigger import (
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
)

from .const import DOMAIN, TurnEvent


class TurnTrigger(StatelessEntityTriggerBase):
    """Fires when a satellite's event entity tells of one kind of event."""

    _domain_specs = MappingProxyType({EVENT_DOMAIN: DomainSpec()})
    turn_event: ClassVar[TurnEvent]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave out the event entities of others, in the same area for example."""
        registry = er.async_get(self._hass)
        return {
            entity_id
            for entity_id in super().entity_filter(entities)
            if (entry := registry.async_get(entity_id)) and entry.platform == DOMAIN
        }

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        """Tell whether it is this event."""
        return state.attributes.get(ATTR_EVENT_TYPE) == self.turn_event


TRIGGERS: dict[str, type[Trigger]] = {
    event: type(f"{event}_trigger", (TurnTrigger,), {"turn_event": event})
    for event in TurnEvent
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by their names."""
    return TRIGGERS
