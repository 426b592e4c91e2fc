"""Tests of what automations can be made of: triggers and conditions."""

from typing import Any

import pytest
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.reply_satellite.const import DOMAIN, TurnEvent
from custom_components.reply_satellite.voice.machine import Phase
from custom_components.reply_satellite.voice.thinking.thread import Thread
from custom_components.reply_satellite.voice.turn import Turn

from .residence import Residence

EVENT = "event.kitchen_turn"


async def automate(hass: HomeAssistant, **automation: Any) -> list[Event]:
    """Set up an automation; returns what it has done, as it does it."""
    config = {"alias": "Test", "actions": [{"event": "done"}], **automation}
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()
    automations = hass.states.async_entity_ids("automation")
    assert [hass.states.get(it).state for it in automations] == ["on"]  # type: ignore[union-attr]
    return async_capture_events(hass, "done")


def in_the_kitchen(residence: Residence) -> dict[str, str]:
    """Put the satellite, and an event entity of somebody else, into an area."""
    hass = residence.hass
    area = ar.async_get(hass).async_create("Kitchen")
    registry = er.async_get(hass)
    event = registry.async_get(EVENT)
    assert event is not None
    assert event.device_id is not None
    dr.async_get(hass).async_update_device(event.device_id, area_id=area.id)
    bell = registry.async_get_or_create("event", "other", "bell")
    light = registry.async_get_or_create("binary_sensor", "other", "light")
    for entry in (bell, light):
        registry.async_update_entity(entry.entity_id, area_id=area.id)
    hass.states.async_set(bell.entity_id, "2026-01-01T00:00:00+00:00")
    hass.states.async_set(light.entity_id, "on")
    return {"area_id": area.id}


async def tell(residence: Residence, event: TurnEvent) -> None:
    """Let something happen in a turn."""
    residence.satellite.teller.tell(event, Turn(id="turn", began=0))
    await residence.hass.async_block_till_done()


@pytest.mark.parametrize("event", TurnEvent)
async def test_every_event_triggers_its_trigger(
    residence: Residence, event: TurnEvent
) -> None:
    trigger = {"trigger": f"{DOMAIN}.{event}", "target": {"entity_id": EVENT}}
    done = await automate(residence.hass, triggers=[trigger])
    for other in TurnEvent:
        await tell(residence, other)
    assert len(done) == 1
    await tell(residence, event)
    assert len(done) == 2


async def test_a_trigger_on_an_area_hears_only_satellites(residence: Residence) -> None:
    target = in_the_kitchen(residence)
    trigger = {"trigger": f"{DOMAIN}.reply_received", "target": target}
    done = await automate(residence.hass, triggers=[trigger])
    residence.hass.states.async_set(
        "event.other_bell",
        "2026-01-01T00:00:01+00:00",
        {"event_type": "reply_received"},
    )
    await residence.hass.async_block_till_done()
    assert not done
    await tell(residence, TurnEvent.REPLY_RECEIVED)
    assert len(done) == 1


async def test_a_whole_turn_triggers(residence: Residence) -> None:
    trigger = {"trigger": f"{DOMAIN}.reply_spoken", "target": {"entity_id": EVENT}}
    done = await automate(residence.hass, triggers=[trigger])
    await residence.call("ask", text="How are you?")
    await residence.until_idle()
    assert len(done) == 1


async def holds(residence: Residence, name: str, target: dict[str, str]) -> bool:
    """Tell whether a condition holds now."""
    done = await automate(
        residence.hass,
        triggers=[{"trigger": "event", "event_type": "go"}],
        conditions=[
            {
                "condition": f"{DOMAIN}.{name}",
                "target": target,
                "options": {"behavior": "any"},
            }
        ],
    )
    residence.hass.bus.async_fire("go")
    await residence.hass.async_block_till_done()
    return bool(done)


@pytest.mark.parametrize("state", Phase)
async def test_conditions_tell_what_a_satellite_does(
    residence: Residence, state: Phase
) -> None:
    target = in_the_kitchen(residence)
    # As the entity would show it: the turn itself is not this test's matter.
    residence.hass.states.async_set("sensor.kitchen_conversation", state)
    assert await holds(residence, f"is_{state}", target)


async def test_a_condition_does_not_hold_for_another_state(
    residence: Residence,
) -> None:
    assert residence.state("sensor.kitchen_conversation") == Phase.IDLE
    target = {"entity_id": "sensor.kitchen_conversation"}
    assert not await holds(residence, "is_recording", target)


@pytest.mark.parametrize("hot", [True, False])
async def test_a_condition_tells_whether_the_thread_is_hot(
    residence: Residence, hot: bool
) -> None:
    # Somebody else's sensor in the same area is on: it does not count.
    target = in_the_kitchen(residence)
    if hot:
        await residence.call("ask", text="How are you?", speak=False)
        await residence.until_idle()
        assert isinstance(residence.satellite.threads.hot, Thread)
    assert await holds(residence, "is_hot", target) is hot
