"""The logbook's words for what happens in a turn."""

from collections.abc import Callable

from homeassistant.components.logbook import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
    LazyEventPartialState,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN, EVENT_TURN

type Describer = Callable[[LazyEventPartialState], dict[str, str]]


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Describer], None],
) -> None:
    """Tell the logbook how a turn's events are put."""

    @callback
    def describe(event: LazyEventPartialState) -> dict[str, str]:
        data = event.data
        words = async_get_cached_translations(
            hass, hass.config.language, "selector", DOMAIN
        )
        key = f"component.{DOMAIN}.selector.logbook.options.{data['type']}"
        entry = {
            LOGBOOK_ENTRY_NAME: data["satellite"],
            LOGBOOK_ENTRY_MESSAGE: words.get(key, data["type"]),
        }
        entity_id = er.async_get(hass).async_get_entity_id(
            "event", DOMAIN, f"{data['satellite_id']}_turn"
        )
        if entity_id is not None:
            entry[LOGBOOK_ENTRY_ENTITY_ID] = entity_id
        return entry

    async_describe_event(DOMAIN, EVENT_TURN, describe)
