"""Tests of what is told of a satellite: diagnostics, logbook, system health."""

import json
from typing import Any

import pytest
from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_load_integrations

from custom_components.reply_satellite import diagnostics, logbook, system_health
from custom_components.reply_satellite.const import DOMAIN, EVENT_TURN, TurnEvent
from custom_components.reply_satellite.voice.machine import ListeningSet
from custom_components.reply_satellite.voice.turn import Step, Turn

from .metadata import words
from .residence import MakeResidence, Residence
from .test_conversation import chat
from .test_failures import issues
from .voice.hearing.picovoice import FIT

SECRET = "My secret is forty-two."


async def test_diagnostics_tell_neither_keys_nor_words(residence: Residence) -> None:
    await residence.until(lambda: residence.satellite.ears.device is not None)
    answer = await residence.call("ask", answers=True, text=SECRET, speak=False)
    told = await diagnostics.async_get_config_entry_diagnostics(
        residence.hass, residence.entry
    )
    text = json.dumps(told)
    for service in (residence.openai, residence.assemblyai, residence.elevenlabs):
        assert service.key not in text
        assert service.url not in text
    for said in (SECRET, answer["reply"], answer["thread_id"]):
        assert said
        assert said not in text

    assert told["versions"]["openai"]
    (satellite,) = told["satellites"]
    assert satellite["name"] == "Kitchen"
    assert satellite["phase"] == "idle"
    assert satellite["microphone"]["device"] == "Played"
    assert satellite["microphone"]["problem"] is None
    assert satellite["thread"]["hot"] is True
    assert satellite["settings"]["media_players"] == ["media_player.speaker"]
    (turn,) = satellite["turns"]
    assert turn["outcome"] == "answered"
    assert turn["usage"]["output"] > 0


async def test_diagnostics_do_not_tell_what_a_chat_is_about(
    residence: Residence,
) -> None:
    await chat(residence, "Hello", extra_system_prompt=SECRET)
    told = await diagnostics.async_get_config_entry_diagnostics(
        residence.hass, residence.entry
    )
    assert told["satellites"][0]["turns"][0]["asker"]
    assert SECRET not in json.dumps(told)


# --- logbook ---


@pytest.mark.parametrize("language", ["en", "de"])
async def test_the_logbook_has_words_for_every_event(
    residence: Residence, language: str
) -> None:
    hass = residence.hass
    hass.config.language = language
    await async_load_integrations(hass, {DOMAIN})
    describers: dict[str, Any] = {}

    def describe(domain: str, event_type: str, describer: Any) -> None:
        assert domain == DOMAIN
        describers[event_type] = describer

    logbook.async_describe_events(hass, describe)
    for event in TurnEvent:
        residence.satellite.teller.tell(event, Turn(id="turn", began=0))
    await hass.async_block_till_done()
    lines = [describers[EVENT_TURN](event) for event in residence.events]
    expected = words(language)["selector"]["logbook"]["options"]
    assert [line["message"] for line in lines] == list(expected.values())
    for line in lines:
        assert line["name"] == "Kitchen"
        assert line["entity_id"] == "event.kitchen_turn"


# --- system health ---


async def info(hass: HomeAssistant) -> dict[str, Any]:
    """What the page of system health shows, once it has found out."""
    found = await system_health.async_info(hass)
    return {
        key: await value if hasattr(value, "__await__") else value
        for key, value in found.items()
    }


async def test_system_health(residence: Residence) -> None:
    hass = residence.hass
    await residence.until(lambda: residence.satellite.ears.device is not None)
    registered = SystemHealthRegistration(hass, DOMAIN)
    system_health.async_register(hass, registered)
    assert registered.info_callback is system_health.async_info
    assert await info(hass) == {
        "openai": "ok",
        "assemblyai": "ok",
        "elevenlabs": "ok",
        "satellites": 1,
        "microphones": "Kitchen: Played",
        "spotters": "Kitchen: builtin",
        "last_latency": "Kitchen: -",
    }
    assert (await info(hass)).keys() == words()["system_health"]["info"].keys()

    steps = {Step.KEYWORD: 0.0, Step.REPLY_KEYWORD: 2.0, Step.FIRST_AUDIO: 2.25}
    residence.satellite.memory.keep(Turn(id="1", began=0, steps=steps))
    residence.satellite.memory.keep(Turn(id="2", began=9))
    assert (await info(hass))["last_latency"] == "Kitchen: 0.25 s"


async def test_system_health_tells_which_spotter_listens(
    make_residence: MakeResidence,
) -> None:
    models = {"reply_ppn": str(FIT), "snapshot_ppn": str(FIT)}
    residence = await make_residence(
        {"spotter": "porcupine", **models}, porcupine_access_key="refused"
    )
    await residence.until(lambda: bool(issues(residence.hass)))
    assert (await info(residence.hass))["spotters"] == "Kitchen: builtin"
    residence.satellite.dispatch(ListeningSet(on=False))
    await residence.until(lambda: residence.satellite.ears.spotter is None)
    assert (await info(residence.hass))["spotters"] == "Kitchen: -"


async def test_system_health_only_asks_who_is_used(
    make_residence: MakeResidence,
) -> None:
    residence = await make_residence(
        {"tts_entity": "tts.other", "stt_entity": "stt.other"},
        elevenlabs_api_key=None,
        assemblyai_api_key=None,
    )
    async with residence.openai.refusing():
        found = await info(residence.hass)
    assert found["openai"] == {"type": "failed", "error": "unreachable"}
    assert not {"assemblyai", "elevenlabs"} & found.keys()
