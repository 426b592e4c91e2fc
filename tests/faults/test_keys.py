"""Keys are nowhere but in the configuration entry, whatever happens."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from homeassistant.const import MATCH_ALL
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.reply_satellite import const, diagnostics
from custom_components.reply_satellite.satellite.spool import spool_folder
from tests.residence import MakeResidence, Residence

from .case import HEARD
from .house import look

MARK = "8a41c7d2e9"
"""A part of every key that nothing else holds."""

ENTRIES = "core.config_entries"
"""The one store in which keys are."""


def texts(residence: Residence) -> Iterator[str]:
    """All that is shown of the satellite."""
    for state in residence.hass.states.async_all():
        yield json.dumps(state.as_dict(), default=str)
    for issue in ir.async_get(residence.hass).issues.values():
        yield repr(issue)
    for turn in residence.satellite.memory.turns:
        yield json.dumps(turn.as_dict())
    # The dialogs that ask for other keys.
    yield repr(residence.hass.config_entries.flow.async_progress())


def files(residence: Residence) -> list[bytes]:
    """All that is kept of the satellite's turns on disk."""
    folder = spool_folder(residence.hass, residence.satellite.id)
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


async def test_keys_are_told_to_nobody(
    make_residence: MakeResidence,
    caplog: pytest.LogCaptureFixture,
    request: pytest.FixtureRequest,
    hass_storage: dict[str, Any],
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "assemblyai", "elevenlabs"):
        request.getfixturevalue(f"{name}_standin").key = f"sk_{MARK}_{name}"
    residence = await make_residence()
    events = async_capture_events(residence.hass, MATCH_ALL)
    residence.player.manners.plays = 0.05

    await look(residence)
    for service in (residence.openai, residence.assemblyai, residence.elevenlabs):
        right, service.key = service.key, "another"
        if service is residence.assemblyai:
            await residence.dictate(HEARD, seconds=0.5)
            await residence.until_idle()
        elif service is residence.openai:
            with pytest.raises(HomeAssistantError) as refused:
                await residence.call("ask", text=HEARD)
            assert MARK not in str(refused.value)
        else:
            await residence.call("ask", text=HEARD)
        service.key = right
    assert residence.told.count("turn_failed") == 3
    await residence.satellite.memory.save_now()

    told = diagnostics.async_get_config_entry_diagnostics
    shown = await told(residence.hass, residence.entry)
    kept = await residence.hass.async_add_executor_job(files, residence)
    assert kept
    assert "".join(residence.entry.data.values()).count(MARK) == 3
    stores = {name: it for name, it in hass_storage.items() if name != ENTRIES}
    assert f"{const.DOMAIN}.{residence.satellite.id}" in stores
    for text in (
        *texts(residence),
        repr(stores),
        json.dumps(shown, default=str),
        repr(events),
    ):
        assert MARK not in text
    assert not [content for content in kept if MARK.encode() in content]
    # In both ways to put a record together.
    for record in caplog.records:
        assert MARK not in record.getMessage()
        assert MARK not in repr(record.args)
