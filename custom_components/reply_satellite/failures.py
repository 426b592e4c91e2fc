"""What Home Assistant does about a failure: the one mapping of the house's errors."""

import logging
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    ConfigEntryNotReady,
    HomeAssistantError,
    IntegrationError,
)
from homeassistant.helpers import issue_registry as ir

from .accounts import KEYS, async_check
from .const import DOMAIN
from .voice.errors import (
    NoFundsError,
    Service,
    UnknownNameError,
    VoiceError,
    WrongKeyError,
)
from .voice.turn import Outcome, Turn

if TYPE_CHECKING:
    from .coordinator import Satellite

_LOGGER = logging.getLogger(__name__)

ATTR_SERVICE: Final = "service"
"""In the data of a reauthentication: the service that refused its key."""

NAMES: Final = {
    Service.OPENAI: "OpenAI",
    Service.ASSEMBLYAI: "AssemblyAI",
    Service.ELEVENLABS: "ElevenLabs",
    Service.PORCUPINE: "Porcupine",
}
"""What the services call themselves."""

ENGINES: Final = {Service.STT: "Speech-to-text", Service.TTS: "Text-to-speech"}
"""What Home Assistant calls the engines that stand in for them."""

IN_THE_CLOUD: Final = (Service.OPENAI, Service.ASSEMBLYAI, Service.ELEVENLABS)
"""Who is asked before a set-up; Porcupine asks about its key when it is started."""

SECOND_VOICE: Final = "second_voice"
"""The remark of a turn whose first voice failed."""

BILLING: Final = {
    Service.OPENAI: "https://platform.openai.com/settings/organization/billing",
    Service.ASSEMBLYAI: "https://www.assemblyai.com/dashboard/account/billing",
    Service.ELEVENLABS: "https://elevenlabs.io/app/subscription",
    Service.PORCUPINE: "https://console.picovoice.ai/",
}
"""Where an account is topped up."""


def name(service: Service) -> str:
    """What people call a service; a part of the house is the satellite's own."""
    return NAMES.get(service) or ENGINES.get(service, "Reply Satellite")


def translated(error: VoiceError) -> HomeAssistantError:
    """Give the error that an action raises, in the user's language."""
    return _told(error.service, error.key)


def of(turn: Turn) -> HomeAssistantError:
    """Give the error of a turn that failed, in the user's language."""
    service, _, key = turn.failure.partition(".")
    return _told(Service(service), key)


def _told(service: Service, key: str) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"service": name(service)},
    )


async def async_check_accounts(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Try the accounts before a set-up.

    Raises ConfigEntryAuthFailed where a key is refused, and ConfigEntryNotReady where
    OpenAI is away: without the others a satellite still records, and answers later.
    """
    for service, error in (await async_check(hass, entry.data, IN_THE_CLOUD)).items():
        if isinstance(error, WrongKeyError):
            failure: type[IntegrationError] = ConfigEntryAuthFailed
        elif error.passing and service is Service.OPENAI:
            failure = ConfigEntryNotReady
        else:
            _LOGGER.warning("Set up although %s", error)
            continue
        raise failure(
            translation_domain=DOMAIN,
            translation_key=error.key,
            translation_placeholders={"service": name(service)},
        ) from error


@callback
def report(satellite: Satellite, error: VoiceError) -> None:
    """Ask the user for what only the user can do; anything else may pass by itself."""
    match error:
        case WrongKeyError() if error.service in NAMES:
            satellite.config_entry.async_start_reauth(
                satellite.hass, data={ATTR_SERVICE: str(error.service)}
            )
        case NoFundsError():
            _raise_issue(
                satellite.hass,
                _no_funds(error.service),
                error.key,
                learn_more_url=BILLING.get(error.service),
                service=name(error.service),
            )
        case UnknownNameError():
            _raise_issue(
                satellite.hass,
                _unknown_name(satellite.id, error.service),
                error.key,
                service=name(error.service),
                satellite=satellite.name,
                detail=error.detail,
            )


@callback
def can_not_hear(satellite: Satellite, problem: str) -> None:
    """Tell the user that a satellite has been deaf for a while, and why."""
    _raise_issue(
        satellite.hass,
        _deaf(satellite.id),
        f"microphone_{problem}",
        satellite=satellite.name,
        microphone=satellite.ears.device or satellite.settings.microphone,
    )


@callback
def can_hear(satellite: Satellite) -> None:
    """Take it back: the satellite hears."""
    ir.async_delete_issue(satellite.hass, DOMAIN, _deaf(satellite.id))


@callback
def look_for_voice(satellite: Satellite) -> None:
    """Tell the user where players are chosen and nothing speaks on them."""
    if satellite.settings.players and not satellite.mouth.can_speak:
        _raise_issue(
            satellite.hass,
            _mute(satellite.id),
            "no_voice",
            severity=ir.IssueSeverity.WARNING,
            satellite=satellite.name,
        )
    else:
        ir.async_delete_issue(satellite.hass, DOMAIN, _mute(satellite.id))


@callback
def can_not_spot(satellite: Satellite, error: VoiceError) -> None:
    """Tell the user that a satellite hears no keywords, with nothing to replace it."""
    _raise_issue(
        satellite.hass,
        _no_keywords(satellite.id),
        "spotter_failed",
        satellite=satellite.name,
        detail=error.detail,
    )


@callback
def can_spot(satellite: Satellite) -> None:
    """Take it back: the built-in spotter was started anew."""
    ir.async_delete_issue(satellite.hass, DOMAIN, _no_keywords(satellite.id))


@callback
def porcupine_is_out(satellite: Satellite, error: VoiceError) -> None:
    """Tell the user why the built-in spotter hears instead of Porcupine."""
    _LOGGER.debug("Porcupine does not hear: %s", error)
    if isinstance(error, WrongKeyError):
        report(satellite, error)
    _raise_issue(
        satellite.hass,
        _porcupine(satellite.id),
        f"porcupine_{error.key}",
        severity=ir.IssueSeverity.WARNING,
        satellite=satellite.name,
        detail=error.detail,
    )


@callback
def porcupine_is_well(satellite: Satellite) -> None:
    """Take it back: Porcupine hears, or was not chosen."""
    ir.async_delete_issue(satellite.hass, DOMAIN, _porcupine(satellite.id))


@callback
def turn_over(satellite: Satellite, turn: Turn) -> None:
    """Offer to try a failed turn again, or take back what an answered one disproves."""
    if turn.owed and not turn.silent:
        ir.async_create_issue(
            satellite.hass,
            DOMAIN,
            _unanswered(satellite.id),
            data={
                "entry_id": satellite.config_entry.entry_id,
                "satellite_id": satellite.id,
                "turn_id": turn.id,
            },
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key="turn_failed",
            translation_placeholders={"satellite": satellite.name},
        )
        return
    worked = _that_worked(satellite, turn)
    for service in worked:
        for issue_id in (_no_funds(service), _unknown_name(satellite.id, service)):
            ir.async_delete_issue(satellite.hass, DOMAIN, issue_id)
    if worked or turn.id == _offered(satellite):
        not_owed(satellite)


@callback
def not_owed(satellite: Satellite) -> None:
    """Take the offer back: there is nothing to be tried again, or no need."""
    ir.async_delete_issue(satellite.hass, DOMAIN, _unanswered(satellite.id))


def _offered(satellite: Satellite) -> object:
    """The id of the turn that the user is offered to try again, if there is one."""
    registry = ir.async_get(satellite.hass)
    issue = registry.async_get_issue(DOMAIN, _unanswered(satellite.id))
    return issue and issue.data and issue.data["turn_id"]


def _that_worked(satellite: Satellite, turn: Turn) -> list[Service]:
    """Who a turn has proved to be well."""
    if turn.outcome not in (Outcome.ANSWERED, Outcome.SPOKEN):
        return []
    worked = [Service.OPENAI]
    if turn.recorded:
        worked.append(satellite.parts.transcriber_name)
    if turn.outcome is Outcome.SPOKEN and SECOND_VOICE not in turn.remarks:
        worked += [Service.ELEVENLABS, Service.TTS]
    return worked


@callback
def forget_left_out(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take back everything about services whose keys were forgotten."""
    for service in (it for it, key in KEYS.items() if key not in entry.data):
        ir.async_delete_issue(hass, DOMAIN, _no_funds(service))
        for satellite_id in entry.subentries:
            ir.async_delete_issue(hass, DOMAIN, _unknown_name(satellite_id, service))


@callback
def forget_all(hass: HomeAssistant) -> None:
    """Take back everything: the only entry is no more."""
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN:
            ir.async_delete_issue(hass, DOMAIN, issue_id)


@callback
def forget(hass: HomeAssistant, satellite_id: str) -> None:
    """Take back everything about a satellite that is no more."""
    issues = [name(satellite_id) for name in _OF_A_SATELLITE]
    issues += [_unknown_name(satellite_id, service) for service in Service]
    for issue_id in issues:
        ir.async_delete_issue(hass, DOMAIN, issue_id)


def _raise_issue(
    hass: HomeAssistant,
    issue_id: str,
    key: str,
    *,
    severity: ir.IssueSeverity = ir.IssueSeverity.ERROR,
    learn_more_url: str | None = None,
    **placeholders: str,
) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        learn_more_url=learn_more_url,
        severity=severity,
        translation_key=key,
        translation_placeholders=placeholders,
    )


def _no_funds(service: Service) -> str:
    return f"no_funds_{service}"


def _unknown_name(satellite_id: str, service: Service) -> str:
    return f"unknown_name_{service}_{satellite_id}"


def _porcupine(satellite_id: str) -> str:
    return f"porcupine_{satellite_id}"


def _no_keywords(satellite_id: str) -> str:
    return f"spotter_{satellite_id}"


def _deaf(satellite_id: str) -> str:
    return f"microphone_{satellite_id}"


def _mute(satellite_id: str) -> str:
    return f"no_voice_{satellite_id}"


def _unanswered(satellite_id: str) -> str:
    return f"turn_failed_{satellite_id}"


_OF_A_SATELLITE: Final = (_deaf, _no_keywords, _porcupine, _mute, _unanswered)
