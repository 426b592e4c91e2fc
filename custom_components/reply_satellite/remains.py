"""Finds what is left of satellites that are no more."""

import re
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import STORAGE_DIR

from .const import DOMAIN
from .household import async_forget

SATELLITE_ID: Final = re.compile("[0-9A-HJKMNP-TV-Z]{26}")
"""The id of a subentry: a ULID. Nothing else is ours to remove."""


async def async_forget_the_gone(hass: HomeAssistant) -> None:
    """Forget all satellites that no entry has any more.

    They are known by what they left: one that is removed while its entry is not loaded
    goes without a word.
    """
    left = await hass.async_add_executor_job(_on_disk, hass)
    issues = ir.async_get(hass).issues
    left |= {name.rpartition("_")[2] for domain, name in issues if domain == DOMAIN}
    # Only now: a satellite that came meanwhile had an entry before it left anything.
    there = {
        satellite_id
        for entry in hass.config_entries.async_entries(DOMAIN)
        for satellite_id in entry.subentries
    }
    await async_forget(hass, filter(SATELLITE_ID.fullmatch, left - there))


def _on_disk(hass: HomeAssistant) -> set[str]:
    """What the spools and the memories are named after. Blocking."""
    spools = Path(hass.config.path(DOMAIN)).glob("*")
    memories = Path(hass.config.path(STORAGE_DIR)).glob(f"{DOMAIN}.*")
    return {path.name.removeprefix(f"{DOMAIN}.") for path in (*spools, *memories)}
