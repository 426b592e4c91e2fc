"""What nobody should send is refused in the user's language, and changes nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

import probatio
import pytest
import voluptuous as vol
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.reply_satellite.const import DOMAIN
from custom_components.reply_satellite.services import _ACTIONS
from custom_components.reply_satellite.voice.machine import Phase
from tests.metadata import words
from tests.residence import Residence
from tests.test_translations import ACCOUNT_FORMS, FORMS, fields_of

HUGE = "x" * 2_000_000
UP = "../../../../etc/passwd"

GOOD: dict[str, dict[str, Any]] = {
    "ask": {"text": "Hello", "speak": False},
    "say": {"message": "Hello"},
    "delete_threads": {"older_than_days": 1},
}
"""What an action needs at least."""

BAD: dict[str, tuple[Any, ...]] = {
    "text": ("", HUGE, None, ["a", {}], {"a": 1}),
    "message": ("", HUGE, None, ["a", {}], {"a": 1}),
    "cameras": ("light.kitchen", UP, 7, [UP], {"a": 1}),
    "images": (7, [HUGE], UP, ["/etc/passwd"], "image.nowhere", {"a": 1}, ["x"] * 21),
    "speak": ("perhaps", None, {}),
    "chime": ("perhaps", None, {}),
    "thread_id": ("", HUGE, UP, "a b", None, ["x"], {}),
    "turn_id": ("", HUGE, UP, "a b", None, ["x"], {}, "another_satellites"),
    "older_than_days": ("soon", -1, 10**9, float("nan"), None, {}),
    "device_id": ("", HUGE, UP, None, ["x"], {}),
    "surprise": (1,),
}
"""For every field what it must not take."""


def wrong_calls() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every action with every bad value of every field, and of one it has not."""
    for action, (_, fields, _) in _ACTIONS.items():
        for marker in (*fields, "device_id", "surprise"):
            for value in BAD[str(marker)]:
                yield action, {**GOOD.get(action, {}), str(marker): value}
        for marker in fields:
            if isinstance(marker, vol.Required):
                yield action, {"device_id": "any"}


def unchanged(residence: Residence) -> None:
    """Check that nothing came of it."""
    satellite = residence.satellite
    assert satellite.data.phase is Phase.IDLE
    assert not residence.told
    assert not satellite.memory.turns
    assert not satellite.memory.threads
    assert satellite.memory.thread is None
    assert not residence.player.calls
    assert not [it for it in residence.openai.requests if it.method != "GET"]


def speaks(error: HomeAssistantError) -> None:
    """Check that an error of ours has words in the translations."""
    assert error.translation_domain == DOMAIN, error
    assert error.translation_key in words()["exceptions"]


async def test_actions(residence: Residence) -> None:
    calls = list(wrong_calls())
    assert {action for action, _ in calls} == set(_ACTIONS)
    for action, data in calls:
        try:
            await residence.call(action, **data)
        except ServiceValidationError as error:
            speaks(error)
        except vol.Invalid:
            # Home Assistant's own words, for every action there is.
            continue
        else:
            pytest.fail(f"{action} took {str(data)[:200]}")
    unchanged(residence)


async def test_the_satellite_of_somebody_else(residence: Residence) -> None:
    """Devices that are no satellite, or one of another integration."""
    other = MockConfigEntry(domain="other")
    other.add_to_hass(residence.hass)
    device = dr.async_get(residence.hass).async_get_or_create(
        config_entry_id=other.entry_id,
        identifiers={("other", residence.satellite.id)},
    )
    for action in _ACTIONS:
        data = {**GOOD.get(action, {}), "device_id": device.id}
        with pytest.raises(ServiceValidationError) as refused:
            await residence.call(action, **data)
        assert refused.value.translation_key == "not_a_satellite"
    unchanged(residence)


WRONG_MESSAGES: tuple[tuple[str, Mapping[str, Any], str], ...] = (
    ("watch", {"device_id": 7}, "invalid_format"),
    ("watch", {"device_id": HUGE[:100_000]}, "not_found"),
    ("watch", {"device_id": UP}, "not_found"),
    ("watch", {"level": "loud"}, "invalid_format"),
    ("watch", {"surprise": 1}, "invalid_format"),
    ("turns", {"device_id": [1]}, "invalid_format"),
    ("turns", {"limit": 0}, "invalid_format"),
    ("turns", {"limit": 51}, "invalid_format"),
    ("turns", {"limit": "all"}, "invalid_format"),
    ("turns", {"before": 7}, "invalid_format"),
    ("turns", {"device_id": UP}, "not_found"),
    ("picture", {}, "invalid_format"),
    ("picture", {"turn_id": 7, "index": 0}, "invalid_format"),
    ("picture", {"turn_id": "a", "index": -1}, "invalid_format"),
    ("picture", {"turn_id": "a", "index": 10**6}, "invalid_format"),
    ("picture", {"turn_id": "a", "index": "0"}, "invalid_format"),
    ("picture", {"turn_id": "a", "index": 0}, "not_found"),
    ("picture", {"turn_id": UP, "index": 0}, "not_found"),
    ("picture", {"turn_id": "", "index": 0}, "not_found"),
    ("picture", {"turn_id": "a", "index": 0, "device_id": UP}, "not_found"),
)


async def test_websocket_commands(
    residence: Residence, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client()
    for command, data, code in WRONG_MESSAGES:
        await client.send_json_auto_id({"type": f"{DOMAIN}/{command}", **data})
        answer = await client.receive_json()
        assert not answer["success"], (command, data)
        error = answer["error"]
        assert error["code"] == code, (command, data)
        if code == "not_found":
            assert error["translation_domain"] == DOMAIN
            assert error["translation_key"] in words()["exceptions"]
    unchanged(residence)


STRANGE: tuple[Any, ...] = ([], {}, {"a": 1}, [7], 1e300, -1e300)


@pytest.mark.parametrize("schema", [*FORMS.values(), *ACCOUNT_FORMS.values()])
def test_options(schema: probatio.Schema) -> None:
    """No field of a form takes what is of another type, or out of its bounds."""
    for name, _ in fields_of(schema):
        taken = []
        for value in STRANGE:
            try:
                taken.append(schema({name: value})[name])
            except probatio.Invalid, probatio.MultipleInvalid:
                continue
        # Sections, lists of nothing, and switches, which know 0 and everything else.
        assert all(it == [] or isinstance(it, bool | dict) for it in taken), name
