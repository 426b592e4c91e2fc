"""What helps to find a fault, without keys and without what was said."""

from importlib.metadata import version
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.core import HomeAssistant

from .const import CONF_INSTRUCTIONS
from .coordinator import Satellite
from .flows import schemas
from .household import ReplySatelliteConfigEntry
from .voice.turn import Turn

LATEST_TURNS: Final = 20

SECRETS: Final = {
    *schemas.KEY_FIELDS,
    # An address of a server of one's own may hold a password.
    *schemas.URL_FIELDS,
    CONF_INSTRUCTIONS,
}

SAID: Final = {
    "transcript",
    "reply",
    "heard_text",
    "thread_id",
    "camera",
    "taken",
    "told",
    "user_id",
}
DONE: Final = {"arguments", "output"}
"""What the record of a turn, and that of a tool, hold of people."""

SDKS: Final = ("assemblyai", "elevenlabs", "openai", "sentence-stream", "numpy")


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: ReplySatelliteConfigEntry
) -> dict[str, Any]:
    """Return what is known of the accounts and their satellites."""
    return {
        "accounts": async_redact_data(dict(entry.data), SECRETS),
        "versions": await hass.async_add_executor_job(_versions),
        "satellites": [
            _satellite(entry, satellite)
            for satellite in entry.runtime_data.satellites.values()
        ],
    }


def _versions() -> dict[str, str]:
    return {name: version(name) for name in SDKS}


def _satellite(
    entry: ReplySatelliteConfigEntry, satellite: Satellite
) -> dict[str, Any]:
    settings = entry.subentries[satellite.id].data
    ears = satellite.ears
    return {
        "name": satellite.name,
        "settings": async_redact_data(dict(settings), SECRETS),
        "phase": satellite.data.phase,
        "microphone": {
            "device": ears.device,
            "problem": ears.problem,
            "overflows": ears.overflows,
            "seconds_heard": round(ears.position, 1),
        },
        "thread": {
            "hot": satellite.threads.hot is not None,
            "cools_at": satellite.threads.cools_at,
            "kept": len(satellite.memory.threads),
        },
        "turns": [_turn(turn) for turn in satellite.memory.turns[-LATEST_TURNS:]],
    }


def _turn(turn: Turn) -> dict[str, Any]:
    record = turn.as_dict()
    tools = async_redact_data(record["tools"], DONE)
    redacted = async_redact_data(record, SAID)
    return {**redacted, "tools": tools, "milliseconds": turn.milliseconds()}
