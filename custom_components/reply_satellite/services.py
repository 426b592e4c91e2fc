"""The actions."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import voluptuous as vol
from homeassistant.components.camera import DOMAIN as CAMERA_DOMAIN
from homeassistant.components.media_player import ATTR_MEDIA_CONTENT_ID
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import device_registry as dr

from . import failures
from .const import DOMAIN
from .coordinator import Satellite
from .household import Household
from .permissions import async_check_call
from .satellite import asking
from .satellite.given import given_pictures
from .voice import machine
from .voice.errors import VoiceError
from .voice.machine import Phase
from .voice.turn import Outcome, Turn

ATTR_CAMERAS: Final = "cameras"
ATTR_CHIME: Final = "chime"
ATTR_IMAGES: Final = "images"
ATTR_MESSAGE: Final = "message"
ATTR_OLDER_THAN: Final = "older_than_days"
ATTR_SPEAK: Final = "speak"
ATTR_TEXT: Final = "text"
ATTR_THREAD_ID: Final = "thread_id"
ATTR_TURN_ID: Final = "turn_id"

LONGEST_TEXT: Final = 100_000
"""Characters of a question or a saying: more than anybody dictates in ten minutes."""

LONGEST_ADDRESS: Final = 4096
"""Characters: the longest path there is."""
MOST_IMAGES: Final = 20

_SATELLITE: Final = {vol.Optional(ATTR_DEVICE_ID): cv.string}
_TEXT: Final = vol.All(cv.string, vol.Length(min=1, max=LONGEST_TEXT))
_ID: Final = vol.All(cv.string, vol.Match(r"^[\w-]{1,128}$"))
_CAMERAS: Final = vol.All(
    cv.ensure_list,
    # Home Assistant's own validator takes no numbers to refuse.
    [vol.All(str, cv.entity_domain(CAMERA_DOMAIN))],
)
_ADDRESS: Final = vol.All(cv.string, vol.Length(min=1, max=LONGEST_ADDRESS))
_MEDIA: Final = vol.Schema(
    {vol.Required(ATTR_MEDIA_CONTENT_ID): _ADDRESS}, extra=vol.ALLOW_EXTRA
)
_IMAGES: Final = vol.All(
    cv.ensure_list, [vol.Any(_MEDIA, _ADDRESS)], vol.Length(max=MOST_IMAGES)
)

type _Action = Callable[[Satellite, dict[str, Any]], Awaitable[ServiceResponse]]


def satellite_of(hass: HomeAssistant, device_id: str | None) -> Satellite:
    """The satellite of a device; the only one, if no device is named.

    Raises ServiceValidationError.
    """
    satellites = {
        satellite.id: satellite
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.state is ConfigEntryState.LOADED
        and isinstance(entry.runtime_data, Household)
        for satellite in entry.runtime_data.satellites.values()
    }
    if device_id is None:
        if len(satellites) == 1:
            return next(iter(satellites.values()))
        raise _invalid("which_satellite" if satellites else "no_satellite")
    device = dr.async_get(hass).async_get(device_id)
    if device is not None:
        for domain, satellite_id in device.identifiers:
            if domain == DOMAIN and satellite_id in satellites:
                return satellites[satellite_id]
    raise _invalid("not_a_satellite")


async def _start_recording(satellite: Satellite, _: dict[str, Any]) -> None:
    if not satellite.data.listening:
        raise _invalid("not_listening")
    if satellite.ears.dead:
        raise _invalid("can_not_hear")
    if satellite.data.phase in (Phase.RECORDING, Phase.TRANSCRIBING):
        raise _invalid("already_recording")
    satellite.dispatch(machine.StartAsked(satellite.ears.position))


async def _end_recording(satellite: Satellite, _: dict[str, Any]) -> None:
    _must_record(satellite)
    satellite.dispatch(machine.EndAsked())


async def _take_snapshot(satellite: Satellite, data: dict[str, Any]) -> None:
    _must_record(satellite)
    cameras = tuple(data[ATTR_CAMERAS]) or satellite.settings.cameras
    if not cameras:
        raise _invalid("no_camera")
    satellite.dispatch(machine.SnapshotAsked(cameras))


async def _stop(satellite: Satellite, _: dict[str, Any]) -> None:
    satellite.hush()


async def _ask(satellite: Satellite, data: dict[str, Any]) -> ServiceResponse:
    given = [
        one if isinstance(one, str) else one[ATTR_MEDIA_CONTENT_ID]
        for one in data[ATTR_IMAGES]
    ]
    _must_take(satellite, data.get(ATTR_THREAD_ID))
    turn = await asking.ask(
        satellite,
        data[ATTR_TEXT],
        cameras=tuple(data[ATTR_CAMERAS]),
        pictures=await given_pictures(satellite.hass, given),
        thread_id=data.get(ATTR_THREAD_ID),
        speak=data[ATTR_SPEAK],
    )
    return answered(turn)


async def _say(satellite: Satellite, data: dict[str, Any]) -> None:
    try:
        await asking.say(satellite, data[ATTR_MESSAGE], chime=data[ATTR_CHIME])
    except VoiceError as error:
        raise failures.translated(error) from error


async def _new_thread(satellite: Satellite, data: dict[str, Any]) -> None:
    thread_id = data.get(ATTR_THREAD_ID)
    _must_take(satellite, thread_id)
    satellite.new_thread(thread_id)


async def _retry(satellite: Satellite, data: dict[str, Any]) -> ServiceResponse:
    turn_id = data.get(ATTR_TURN_ID)
    for turn in reversed(satellite.memory.turns):
        # One that was stopped is tried again only if it is named.
        asked_for = turn.owed if turn_id is None else turn.id == turn_id
        if asked_for and turn.retryable and await asking.is_kept(satellite, turn):
            return answered(await asking.retry(satellite, turn))
    raise _invalid("nothing_to_retry")


async def _delete_threads(satellite: Satellite, data: dict[str, Any]) -> None:
    failed = await satellite.threads.delete_cold(data[ATTR_OLDER_THAN] * 86_400)
    if failed:
        raise failures.translated(failed[0])


def answered(turn: Turn) -> ServiceResponse:
    """What an action that gets an answer gives back. Raises HomeAssistantError."""
    if turn.outcome is Outcome.FAILED:
        raise failures.of(turn)
    if turn.outcome in (Outcome.CANCELLED, Outcome.NOTHING_SAID):
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key=f"turn_{turn.outcome}"
        )
    kept = turn.as_dict()
    return {
        "reply": turn.reply,
        "thread_id": turn.thread_id,
        "turn_id": turn.id,
        "spoken": turn.outcome is Outcome.SPOKEN,
        "tools": kept["tools"],
        "usage": kept["usage"],
    }


def _must_record(satellite: Satellite) -> None:
    if satellite.data.phase is not Phase.RECORDING:
        raise _invalid("not_recording")


def _must_take(satellite: Satellite, thread_id: str | None) -> None:
    if thread_id is not None and not satellite.threads.takes(thread_id):
        raise _invalid("thread_elsewhere")


def _invalid(key: str) -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key)


_ACTIONS: Final[dict[str, tuple[_Action, dict[vol.Marker, Any], SupportsResponse]]] = {
    "start_recording": (_start_recording, {}, SupportsResponse.NONE),
    "end_recording": (_end_recording, {}, SupportsResponse.NONE),
    "take_snapshot": (
        _take_snapshot,
        {vol.Optional(ATTR_CAMERAS, default=list): _CAMERAS},
        SupportsResponse.NONE,
    ),
    "stop": (_stop, {}, SupportsResponse.NONE),
    "ask": (
        _ask,
        {
            vol.Required(ATTR_TEXT): _TEXT,
            vol.Optional(ATTR_IMAGES, default=list): _IMAGES,
            vol.Optional(ATTR_CAMERAS, default=list): _CAMERAS,
            vol.Optional(ATTR_THREAD_ID): _ID,
            vol.Optional(ATTR_SPEAK, default=True): cv.boolean,
        },
        SupportsResponse.OPTIONAL,
    ),
    "say": (
        _say,
        {
            vol.Required(ATTR_MESSAGE): _TEXT,
            vol.Optional(ATTR_CHIME, default=False): cv.boolean,
        },
        SupportsResponse.NONE,
    ),
    "new_thread": (
        _new_thread,
        {vol.Optional(ATTR_THREAD_ID): _ID},
        SupportsResponse.NONE,
    ),
    "retry": (_retry, {vol.Optional(ATTR_TURN_ID): _ID}, SupportsResponse.OPTIONAL),
    "delete_threads": (
        _delete_threads,
        {
            vol.Required(ATTR_OLDER_THAN): vol.All(
                vol.Coerce(float), vol.Range(min=0, max=3650)
            )
        },
        SupportsResponse.NONE,
    ),
}


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    for name, (action, fields, response) in _ACTIONS.items():

        async def handle(call: ServiceCall, do: _Action = action) -> ServiceResponse:
            satellite = satellite_of(call.hass, call.data.get(ATTR_DEVICE_ID))
            await async_check_call(call, satellite)
            return await do(satellite, dict(call.data))

        hass.services.async_register(
            DOMAIN,
            name,
            handle,
            vol.Schema({**_SATELLITE, **fields}),
            supports_response=response,
        )
