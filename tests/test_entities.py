"""Tests of what the entities show that no other test looks at."""

from http import HTTPStatus

import pytest
from homeassistant.components import frontend
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.reply_satellite.const import DOMAIN
from custom_components.reply_satellite.frontend import CARD, async_register_card
from custom_components.reply_satellite.voice.hearing.microphone import (
    DeviceError,
    Fault,
)
from custom_components.reply_satellite.voice.machine import Phase
from custom_components.reply_satellite.voice.turn import Step, Turn

from .residence import CAMERA, Residence
from .standins.script import Latency


async def test_the_tokens_of_the_last_turn(residence: Residence) -> None:
    sensor = "sensor.kitchen_tokens_of_the_last_turn"
    assert residence.hass.states.get(sensor) is None
    registry = er.async_get(residence.hass)
    registry.async_update_entity(sensor, disabled_by=None)
    await residence.hass.config_entries.async_reload(residence.entry.entry_id)
    await residence.hass.async_block_till_done()
    assert residence.state(sensor) == "unknown"
    await residence.call("ask", text="How are you?", speak=False)
    await residence.until_idle()
    usage = residence.satellite.memory.turns[-1].usage
    assert int(residence.state(sensor)) == usage.input + usage.output > 0
    state = residence.hass.states.get(sensor)
    assert state is not None
    assert state.attributes["output"] == usage.output


async def test_the_time_to_first_audio_is_of_what_was_ended_by_the_word(
    residence: Residence,
) -> None:
    sensor = "sensor.kitchen_time_to_first_audio"
    spoken, asked = Turn(id="a", began=0), Turn(id="b", began=0)
    spoken.steps = {Step.REPLY_KEYWORD: 3.0, Step.FIRST_AUDIO: 4.25}
    asked.steps = {Step.FIRST_AUDIO: 1.0}
    for turn in (spoken, asked):
        residence.satellite.memory.add(turn)
    residence.satellite.async_update_listeners()
    assert residence.state(sensor) == "1.25"


async def test_the_last_snapshot_is_shown(
    residence: Residence, hass_client: ClientSessionGenerator
) -> None:
    address = "/api/image_proxy/image.kitchen_last_snapshot"
    client = await hass_client()
    answer = await client.get(address)
    assert answer.status == HTTPStatus.INTERNAL_SERVER_ERROR
    await residence.call("ask", text="Look", cameras=[CAMERA], speak=False)
    await residence.until_idle()
    answer = await client.get(address)
    assert answer.status == HTTPStatus.OK
    last = residence.satellite.gallery.last
    assert last is not None
    assert await answer.read() == last.jpeg


async def go_deaf(residence: Residence) -> None:
    """Unplug the microphone."""
    residence.microphone.fault = DeviceError(Fault.GONE)
    await residence.until(lambda: residence.satellite.ears.dead)


async def test_without_a_microphone_only_what_it_does_is_unknown(
    residence: Residence,
) -> None:
    await go_deaf(residence)
    await residence.call("ask", text="Who reads this?", speak=False)
    await residence.until_idle()
    states = residence.hass.states.async_all()
    away = [it.entity_id for it in states if it.state == "unavailable"]
    assert away == ["sensor.kitchen_conversation"]
    assert residence.state("sensor.kitchen_last_transcript") == "Who reads this?"


async def test_a_deaf_satellite_is_stopped_by_its_button(residence: Residence) -> None:
    await go_deaf(residence)
    residence.openai.script("/v1/responses", latency=Latency(first=20))
    asked = residence.hass.async_create_task(residence.call("ask", text="Go on"))
    await residence.until_phase(Phase.THINKING)
    await residence.hass.services.async_call(
        "button", "press", {"entity_id": "button.kitchen_stop"}, blocking=True
    )
    with pytest.raises(HomeAssistantError):
        await asked
    assert residence.told[-1] == "turn_cancelled"


async def test_dashboards_load_the_card(
    hass: HomeAssistant,
    enable_custom_integrations: None,
    socket_enabled: None,
) -> None:
    added: list[str] = []
    hass.config.components.add(frontend.DOMAIN)
    hass.data[frontend.DATA_EXTRA_MODULE_URL] = frontend.UrlManager(
        lambda _, address: added.append(address), []
    )
    assert await async_setup_component(hass, "http", {})
    await async_register_card(hass)
    (address,) = added
    assert address.startswith(f"/{DOMAIN}/{CARD}?v=")
