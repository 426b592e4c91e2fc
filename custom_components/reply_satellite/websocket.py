"""What the card asks for: the satellite as it lives, its turns, their pictures."""

import base64
import time
from typing import Any, Final

import voluptuous as vol
from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .const import DOMAIN
from .coordinator import Satellite
from .permissions import check_watcher
from .satellite.telling import live_signal
from .services import satellite_of

MOST_TURNS: Final = 50
"""Turns a page of the history holds at most."""


@callback
def async_register_commands(hass: HomeAssistant) -> None:
    """Register the commands; each needs a user who may see the satellite."""
    websocket_api.async_register_command(hass, ws_watch)
    websocket_api.async_register_command(hass, ws_turns)
    websocket_api.async_register_command(hass, ws_picture)


def _satellite(
    hass: HomeAssistant,
    connection: websocket_api.ActiveConnection,
    message: dict[str, Any],
) -> Satellite | None:
    """The satellite that is meant; tells the user where there is none.

    Raises Unauthorized where it is not for this user to see.
    """
    try:
        satellite = satellite_of(hass, message.get("device_id"))
    except ServiceValidationError as error:
        _not_found(connection, message, error)
        return None
    check_watcher(connection.user, satellite)
    return satellite


def _not_found(
    connection: websocket_api.ActiveConnection,
    message: dict[str, Any],
    error: HomeAssistantError,
) -> None:
    """Tell the user in their language that something is not there."""
    connection.send_error(
        message["id"],
        websocket_api.ERR_NOT_FOUND,
        str(error),
        translation_domain=DOMAIN,
        translation_key=error.translation_key,
    )


def standing(satellite: Satellite) -> dict[str, Any]:
    """How a satellite stands."""
    hot = satellite.threads.hot
    return {
        "name": satellite.name,
        "phase": satellite.data.phase,
        "listening": satellite.data.listening,
        "problem": satellite.ears.problem,
        "device": satellite.ears.device,
        "thread_id": None if hot is None else hot.id,
        "hot_until": satellite.threads.cools_at,
        "hot_window": satellite.settings.hot_window,
        "now": time.time(),
        "cameras": satellite.settings.cameras,
    }


@websocket_api.websocket_command(
    {
        vol.Required("type"): f"{DOMAIN}/watch",
        vol.Optional("device_id"): str,
        vol.Optional("level", default=False): bool,
    }
)
@callback
def ws_watch(
    hass: HomeAssistant,
    connection: websocket_api.ActiveConnection,
    message: dict[str, Any],
) -> None:
    """Send how the satellite stands, then all that happens to it."""
    if (satellite := _satellite(hass, connection, message)) is None:
        return

    @callback
    def forward(told: dict[str, Any]) -> None:
        connection.send_message(websocket_api.event_message(message["id"], told))

    signal = live_signal(satellite.id)
    disconnect = async_dispatcher_connect(hass, signal, forward)
    if message["level"]:
        satellite.ears.watch_level()

    @callback
    def forward_standing() -> None:
        forward({"kind": "standing", **standing(satellite)})

    unlisten = satellite.async_add_listener(forward_standing)

    @callback
    def unsubscribe() -> None:
        disconnect()
        unlisten()
        if message["level"]:
            satellite.ears.unwatch_level()

    connection.subscriptions[message["id"]] = unsubscribe
    connection.send_result(message["id"])
    turn = satellite.turn
    forward(
        {
            "kind": "state",
            **standing(satellite),
            "turn": None if turn is None else turn.as_dict(),
        }
    )


@websocket_api.websocket_command(
    {
        vol.Required("type"): f"{DOMAIN}/turns",
        vol.Optional("device_id"): str,
        vol.Optional("before"): str,
        vol.Optional("limit", default=10): vol.All(int, vol.Range(1, MOST_TURNS)),
    }
)
@callback
def ws_turns(
    hass: HomeAssistant,
    connection: websocket_api.ActiveConnection,
    message: dict[str, Any],
) -> None:
    """Send a page of the history, newest first; `before` is the last turn's id."""
    if (satellite := _satellite(hass, connection, message)) is None:
        return
    turns = satellite.memory.turns
    end = len(turns)
    if (before := message.get("before")) is not None:
        known = [turn.id for turn in turns]
        end = known.index(before) if before in known else 0
    begin = max(0, end - message["limit"])
    page = [turn.as_dict() for turn in reversed(turns[begin:end])]
    connection.send_result(message["id"], {"turns": page, "more": begin > 0})


@websocket_api.websocket_command(
    {
        vol.Required("type"): f"{DOMAIN}/picture",
        vol.Optional("device_id"): str,
        vol.Required("turn_id"): str,
        vol.Required("index"): vol.All(int, vol.Range(min=0, max=999)),
    }
)
@websocket_api.async_response
async def ws_picture(
    hass: HomeAssistant,
    connection: websocket_api.ActiveConnection,
    message: dict[str, Any],
) -> None:
    """Send a turn's picture, as long as it is kept."""
    if (satellite := _satellite(hass, connection, message)) is None:
        return
    turn = satellite.memory.turn(message["turn_id"])
    try:
        if turn is None:
            raise FileNotFoundError
        jpeg = await satellite.gallery.jpeg(turn.id, message["index"])
    except OSError:
        error = HomeAssistantError(
            translation_domain=DOMAIN, translation_key="picture_not_kept"
        )
        _not_found(connection, message, error)
        return
    connection.send_result(message["id"], {"jpeg": base64.b64encode(jpeg).decode()})
