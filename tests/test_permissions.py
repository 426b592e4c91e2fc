"""Who may do what: users, what they may see, and what is served to nobody."""

import re
from http import HTTPStatus
from typing import Any

import pytest
from homeassistant.core import Context
from homeassistant.exceptions import Unauthorized, UnknownUser
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.reply_satellite.const import DOMAIN
from custom_components.reply_satellite.frontend import CARD
from custom_components.reply_satellite.playing.chimes import CHIMES_URL
from custom_components.reply_satellite.services import _ACTIONS

from .residence import CAMERA, Residence

SATELLITE = "sensor.kitchen_conversation"

SERVED_BY_HOME_ASSISTANT = {
    # Asks for the login itself.
    "/api/websocket",
    # Whoever has such an address was given it.
    "/api/tts_proxy/{token}",
}

DATA: dict[str, dict[str, Any]] = {
    "ask": {"text": "Hello", "speak": False},
    "say": {"message": "Hello"},
    "delete_threads": {"older_than_days": 0},
}


async def _call(residence: Residence, action: str, user_id: str) -> None:
    await residence.hass.services.async_call(
        DOMAIN,
        action,
        DATA.get(action, {}),
        blocking=True,
        context=Context(user_id=user_id),
    )


async def test_actions_are_for_who_may_control_the_satellite(
    residence: Residence, hass_read_only_user: MockUser
) -> None:
    for action in _ACTIONS:
        with pytest.raises(Unauthorized):
            await _call(residence, action, hass_read_only_user.id)
        with pytest.raises(UnknownUser):
            await _call(residence, action, "somebody who was deleted")
    assert not residence.told
    assert not residence.satellite.memory.turns

    may = {"entities": {"entity_ids": {SATELLITE: {"control": True}}}}
    hass_read_only_user.mock_policy(may)
    await _call(residence, "ask", hass_read_only_user.id)
    assert residence.told[-1] == "reply_received"


async def test_what_a_satellite_hears_is_for_who_may_see_it(
    residence: Residence,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_user: MockUser,
    hass_read_only_access_token: str,
) -> None:
    await residence.call("ask", text="Look", cameras=[CAMERA], speak=False)
    turn = residence.satellite.turn
    assert turn is not None
    client = await hass_ws_client(residence.hass, hass_read_only_access_token)
    hass_read_only_user.mock_policy({"entities": {"domains": {"light": True}}})
    for may_see in (False, True):
        if may_see:
            policy = {"entities": {"entity_ids": {SATELLITE: {"read": True}}}}
            hass_read_only_user.mock_policy(policy)
        for command, data in (
            ("turns", {}),
            ("picture", {"turn_id": turn.id, "index": 0}),
            ("watch", {}),
        ):
            await client.send_json_auto_id({"type": f"{DOMAIN}/{command}", **data})
            answer = await client.receive_json()
            assert answer["success"] is may_see, command
            if not may_see:
                assert answer["error"]["code"] == "unauthorized"


async def test_nothing_said_or_seen_has_an_address(
    residence: Residence, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """What is ours and served to anybody are the card and the chimes, as they came."""
    await residence.call("ask", text="Look", cameras=[CAMERA])
    client = await hass_client_no_auth()
    served = set()
    for resource in residence.hass.http.app.router.resources():
        path = re.sub("{[^}]*}", "something", resource.canonical)
        for method in {route.method for route in resource} - {"OPTIONS"}:
            answer = await client.request(method, path)
            if answer.status != HTTPStatus.UNAUTHORIZED:
                served.add(resource.canonical)
    assert served == {*SERVED_BY_HOME_ASSISTANT, f"/{DOMAIN}/{CARD}", CHIMES_URL}
    image = residence.hass.states.get("image.kitchen_last_snapshot")
    assert image is not None
    answer = await client.get("/api/image_proxy/image.kitchen_last_snapshot")
    assert answer.status in {HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED}
