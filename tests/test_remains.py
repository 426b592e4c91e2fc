"""Tests of what is left of satellites that go while their entry is not loaded."""

from pathlib import Path
from types import MappingProxyType

import pytest
from homeassistant.config_entries import (
    ConfigEntryDisabler,
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryData,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util.ulid import ulid_now
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.reply_satellite.const import DOMAIN, SUBENTRY_SATELLITE
from custom_components.reply_satellite.satellite.memory import Memory
from custom_components.reply_satellite.satellite.spool import Spool, spool_folder
from custom_components.reply_satellite.satellite.spotting import keyword_folder
from custom_components.reply_satellite.voice.turn import Outcome, Turn

from .residence import Residence

ALL = {"recording", "memory", "issue"}


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Have a place to store things in."""
    return hass_tmp_config_dir


@pytest.fixture
def hass_storage() -> None:
    """What is stored is on disk here: that is where it is looked for."""


async def leave(hass: HomeAssistant, satellite_id: str, *what: str) -> None:
    """Leave what a satellite leaves that owes an answer and lost its microphone."""
    turn = Turn(id="turn", began=0, outcome=Outcome.FAILED)
    if "recording" in what:
        Spool(spool_folder(hass, satellite_id)).begin(turn.id)
    if "memory" in what:
        memory = Memory(hass, satellite_id)
        memory.keep(turn)
        await memory.save_now()
    if "issue" in what:
        ir.async_create_issue(
            hass,
            DOMAIN,
            f"microphone_{satellite_id}",
            is_fixable=False,
            severity=ir.IssueSeverity.ERROR,
            translation_key="microphone_gone",
        )


def left(hass: HomeAssistant, satellite_id: str) -> set[str]:
    """What there is of a satellite."""
    memory = Path(hass.config.path(STORAGE_DIR, f"{DOMAIN}.{satellite_id}"))
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"microphone_{satellite_id}")
    there = {
        "recording": spool_folder(hass, satellite_id).exists(),
        "memory": memory.exists(),
        "issue": issue is not None,
    }
    return {what for what, is_there in there.items() if is_there}


async def go_while_away(residence: Residence, satellite_id: str) -> None:
    """Remove a satellite while OpenAI is away."""
    entries, entry = residence.hass.config_entries, residence.entry
    async with residence.openai.refusing():
        await entries.async_reload(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_RETRY
        entries.async_remove_subentry(entry, satellite_id)
        await residence.hass.async_block_till_done()


async def go_while_disabled(residence: Residence, satellite_id: str) -> None:
    """Remove a satellite while its entry is disabled."""
    entries, entry = residence.hass.config_entries, residence.entry
    await entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    entries.async_remove_subentry(entry, satellite_id)
    await residence.hass.async_block_till_done()


@pytest.fixture(params=[go_while_away, go_while_disabled])
async def gone(residence: Residence, request: pytest.FixtureRequest) -> str:
    """A satellite that left something, went, and was not heard of."""
    hass, go = residence.hass, request.param
    satellite_id = residence.satellite.id
    await leave(hass, satellite_id, *ALL)
    await go(residence, satellite_id)
    assert left(hass, satellite_id) == ALL
    return satellite_id


async def test_the_next_set_up_forgets_it(residence: Residence, gone: str) -> None:
    hass, entry = residence.hass, residence.entry
    stays = ConfigSubentry(
        subentry_type=SUBENTRY_SATELLITE,
        title="Attic",
        unique_id=None,
        data=MappingProxyType({}),
    )
    hass.config_entries.async_add_subentry(entry, stays)
    await leave(hass, stays.subentry_id, *ALL)
    keyword_folder(hass).mkdir()
    if entry.disabled_by:
        await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    else:
        await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert left(hass, gone) == set()
    assert left(hass, stays.subentry_id) == ALL
    assert keyword_folder(hass).exists()


async def test_it_goes_with_the_entry_at_the_latest(
    residence: Residence, gone: str
) -> None:
    hass = residence.hass
    stays = ConfigSubentryData(
        subentry_type=SUBENTRY_SATELLITE, title="Attic", unique_id=None, data={}
    )
    other = MockConfigEntry(domain=DOMAIN, subentries_data=[stays])
    other.add_to_hass(hass)
    (another,) = other.subentries
    await leave(hass, another, *ALL)
    await hass.config_entries.async_remove(residence.entry.entry_id)
    assert left(hass, gone) == set()
    # Issues are taken back with the last entry that Home Assistant lets one make.
    assert left(hass, another) == ALL - {"issue"}


@pytest.mark.parametrize("trace", sorted(ALL))
async def test_a_trace_is_enough(residence: Residence, trace: str) -> None:
    hass, gone = residence.hass, ulid_now()
    await leave(hass, gone, trace)
    assert left(hass, gone) == {trace}
    await hass.config_entries.async_reload(residence.entry.entry_id)
    assert left(hass, gone) == set()
