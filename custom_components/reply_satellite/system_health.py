"""How the satellites are, on Home Assistant's system health page."""

from collections.abc import Iterable
from typing import Any, Final, cast

from homeassistant.components.system_health import (
    SystemHealthRegistration,
    async_check_can_reach_url,
)
from homeassistant.core import HomeAssistant, callback

from . import const
from .accounts import KEYS
from .coordinator import Satellite
from .household import ReplySatelliteConfigEntry
from .voice.errors import Service
from .voice.transcribing.assemblyai import Region
from .voice.turn import Step

ASSEMBLYAI_URLS: Final = {
    Region.US: "https://api.assemblyai.com",
    Region.EU: "https://api.eu.assemblyai.com",
}
OPENAI_URL: Final = "https://api.openai.com/v1"
ELEVENLABS_URL: Final = "https://api.elevenlabs.io"
NOTHING: Final = "-"


@callback
def async_register(_hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register what is told."""
    register.async_register_info(async_info)


async def async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Tell whether the services can be reached, and how each satellite is."""
    entries = hass.config_entries.async_loaded_entries(const.DOMAIN)
    info: dict[str, Any] = {}
    satellites: list[Satellite] = []
    for entry in cast("list[ReplySatelliteConfigEntry]", entries):
        satellites += entry.runtime_data.satellites.values()
        for service, address in _addresses(entry).items():
            info[service] = async_check_can_reach_url(hass, address)
    info["satellites"] = len(satellites)
    info["microphones"] = _each(
        (it, it.ears.problem or it.ears.device or NOTHING) for it in satellites
    )
    info["spotters"] = _each((it, it.ears.spotter or NOTHING) for it in satellites)
    info["last_latency"] = _each((it, _latency(it)) for it in satellites)
    return info


def _addresses(entry: ReplySatelliteConfigEntry) -> dict[Service, str]:
    """Where the services of the accounts are."""
    data = entry.data
    region = Region(data.get(const.CONF_ASSEMBLYAI_REGION, Region.US))
    addresses = {
        Service.OPENAI: data.get(const.CONF_OPENAI_URL, OPENAI_URL),
        Service.ASSEMBLYAI: data.get(
            const.CONF_ASSEMBLYAI_URL, ASSEMBLYAI_URLS[region]
        ),
        Service.ELEVENLABS: data.get(const.CONF_ELEVENLABS_URL, ELEVENLABS_URL),
    }
    return {
        service: address
        for service, address in addresses.items()
        if service is Service.OPENAI or KEYS[service] in data
    }


def _each(told: Iterable[tuple[Satellite, str]]) -> str:
    return ", ".join(f"{satellite.name}: {words}" for satellite, words in told)


def _latency(satellite: Satellite) -> str:
    """The last time from "reply" to the first sound, in seconds."""
    for turn in reversed(satellite.memory.turns):
        since = turn.milliseconds(Step.REPLY_KEYWORD)
        if Step.FIRST_AUDIO in since:
            return f"{since[Step.FIRST_AUDIO] / 1000:.2f} s"
    return NOTHING
