"""Going through flows as a user does, in front of the services' stand-ins."""

from collections.abc import Generator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from custom_components.reply_satellite.const import DOMAIN
from custom_components.reply_satellite.voice.hearing.microphone import Input

from ..residence import PlayedMicrophone
from ..standins.assemblyai import AssemblyAIStandin
from ..standins.elevenlabs import ElevenLabsStandin
from ..standins.openai import OpenAIStandin

INPUTS = [Input("default", "Default"), Input("pulse:room", "Room")]
PLAYER = "media_player.kitchen"
_PLAYS = 512
_ANNOUNCES = 1 << 20


@pytest.fixture
def accounts(
    openai_standin: OpenAIStandin,
    assemblyai_standin: AssemblyAIStandin,
    elevenlabs_standin: ElevenLabsStandin,
) -> dict[str, str]:
    """The data of a config entry whose services are the stand-ins."""
    return {
        "openai_api_key": openai_standin.key,
        "openai_url": openai_standin.base_url,
        "assemblyai_api_key": assemblyai_standin.key,
        "assemblyai_region": "us",
        "assemblyai_url": assemblyai_standin.url,
        "elevenlabs_api_key": elevenlabs_standin.key,
        "elevenlabs_url": elevenlabs_standin.url,
    }


@pytest.fixture
def microphone() -> Generator[PlayedMicrophone]:
    """The machine's microphone: hardware, as are the inputs to choose from."""
    ours = "custom_components.reply_satellite"
    microphone = PlayedMicrophone()
    with (
        patch(f"{ours}.flows.hearing_steps.list_inputs", return_value=INPUTS),
        patch(f"{ours}.flows.microphone_test.open_microphone", return_value=microphone),
        patch(f"{ours}.household.open_microphone", return_value=microphone),
    ):
        yield microphone


@pytest.fixture
async def flows(
    hass: HomeAssistant,
    tmp_path: Path,
    enable_custom_integrations: None,
    microphone: PlayedMicrophone,
) -> HomeAssistant:
    """Home Assistant with something to choose from."""
    del enable_custom_integrations, microphone
    hass.config.config_dir = str(tmp_path)
    hass.config.internal_url = "http://home.test:8123"
    assert await async_setup_component(hass, "homeassistant", {})
    players = {"bath": _PLAYS, "kitchen": _PLAYS | _ANNOUNCES, "amplifier": 8}
    for name, features in players.items():
        attributes = {"supported_features": features}
        hass.states.async_set(f"media_player.{name}", "idle", attributes)
    hass.states.async_set("stt.cloud", "unknown")
    hass.states.async_set("tts.cloud", "unknown")
    return hass


def form_of(accounts: dict[str, str]) -> dict[str, Any]:
    """What a user enters for accounts."""
    keys = {key: value for key, value in accounts.items() if key.endswith("_key")}
    servers = {key: value for key, value in accounts.items() if key not in keys}
    return {**keys, "servers": servers}


async def begin(hass: HomeAssistant) -> ConfigFlowResult:
    """Start to set up the integration."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )


async def go_on(
    hass: HomeAssistant, result: ConfigFlowResult, **entered: Any
) -> ConfigFlowResult:
    """Submit a form, or choose from a menu."""
    return await hass.config_entries.flow.async_configure(result["flow_id"], entered)


async def to_satellite(
    hass: HomeAssistant, accounts: dict[str, str]
) -> ConfigFlowResult:
    """Come to the first step of the satellite."""
    result = await go_on(hass, await begin(hass), **form_of(accounts))
    assert result["step_id"] == "hearing", result["errors"]
    return result
