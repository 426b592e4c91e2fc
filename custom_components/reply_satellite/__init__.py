"""Reply Satellite: say "computer", talk, say "reply", and hear the answer."""

from contextlib import AsyncExitStack

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from . import failures, frontend, packages, services, websocket
from .const import DOMAIN, PLATFORMS
from .household import (
    ReplySatelliteConfigEntry,
    async_make_household,
    async_make_satellites,
)
from .playing.chimes import async_serve_chimes
from .remains import async_forget_the_gone
from .satellite.spotting import forget_keyword_files

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register what is there for all satellites."""
    services.async_setup_services(hass)
    websocket.async_register_commands(hass)
    await frontend.async_register_card(hass)
    await async_serve_chimes(hass)
    return True


async def async_setup_entry(
    hass: HomeAssistant, entry: ReplySatelliteConfigEntry
) -> bool:
    """Make the services and the satellites, and begin to listen."""
    await async_forget_the_gone(hass)
    household = entry.runtime_data = await async_make_household(hass, entry)
    entry.async_on_unload(household.close)

    async def stop(_event: Event) -> None:
        await household.stop()

    # Home Assistant does not unload entries when it stops.
    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop))
    if hass.is_stopping:
        # It was said before anybody listened.
        return False
    await failures.async_check_accounts(hass, entry)
    await packages.async_provide(hass, entry)
    await async_make_satellites(hass, entry)
    entry.async_on_unload(entry.add_update_listener(_async_changed))
    async with AsyncExitStack() as undo:
        # Else an entry that is cancelled meanwhile could not be set up again.
        undo.push_async_callback(
            hass.config_entries.async_unload_platforms, entry, PLATFORMS
        )
        await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
        undo.pop_all()
    household.start()
    return True


async def async_unload_entry(
    hass: HomeAssistant, entry: ReplySatelliteConfigEntry
) -> bool:
    """Stop the satellites."""
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded:
        await entry.runtime_data.stop()
    return unloaded


async def async_remove_entry(
    hass: HomeAssistant, entry: ReplySatelliteConfigEntry
) -> None:
    """Leave nothing behind: no recordings, no pictures, no memory, models or issues."""
    await async_forget_the_gone(hass)
    failures.forget_all(hass)
    await hass.async_add_executor_job(forget_keyword_files, hass)


async def _async_changed(hass: HomeAssistant, entry: ReplySatelliteConfigEntry) -> None:
    """Begin again with what was changed."""
    await hass.config_entries.async_reload(entry.entry_id)
