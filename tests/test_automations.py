"""Tests of what automations can be made of: triggers and conditions."""

from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component

from custom_components.reply_satellite.const import DOMAIN, TurnEvent
from custom_components.reply_satellite.voice.hearing.microphone import (
    DeviceError,
    Fault,
)
from custom_components.reply_satellite.voice.machine import Phase
from custom_components.reply_satellite.voice.turn import Turn

from .residence import Residence

EVENT = "event.kitchen_turn"


async def automate(hass: HomeAssistant, **automations: dict[str, Any]) -> list[str]:
    """Set up automations; returns the names of those that ran, as they run."""
    config = [
        {"alias": name, "actions": [{"event": "done", "event_data": {"name": name}}]}
        | automation
        for name, automation in automations.items()
    ]
    done: list[str] = []
    hass.bus.async_listen(
        "done", callback(lambda event: done.append(event.data["name"]))
    )
    assert await async_setup_component(hass, "automation", {"automation": config})
    await hass.async_block_till_done()
    states = [state.state for state in hass.states.async_all("automation")]
    assert states == ["on"] * len(automations)
    return done


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


def when(event: TurnEvent, target: dict[str, str]) -> dict[str, Any]:
    """An automation that runs at an event."""
    return {"triggers": [{"trigger": f"{DOMAIN}.{event}", "target": target}]}


async def test_every_event_triggers_its_trigger(residence: Residence) -> None:
    target = {"entity_id": EVENT}
    automations = {str(event): when(event, target) for event in TurnEvent}
    done = await automate(residence.hass, **automations)
    for event in (*TurnEvent, *TurnEvent):
        await tell(residence, event)
    assert done == [str(event) for event in (*TurnEvent, *TurnEvent)]


async def test_a_trigger_on_an_area_hears_only_satellites(residence: Residence) -> None:
    target = in_the_kitchen(residence)
    done = await automate(residence.hass, it=when(TurnEvent.REPLY_RECEIVED, target))
    residence.hass.states.async_set(
        "event.other_bell",
        "2026-01-01T00:00:01+00:00",
        {"event_type": "reply_received"},
    )
    await residence.hass.async_block_till_done()
    assert not done
    await tell(residence, TurnEvent.REPLY_RECEIVED)
    assert done == ["it"]


async def test_a_whole_turn_triggers(residence: Residence) -> None:
    target = {"entity_id": EVENT}
    done = await automate(residence.hass, it=when(TurnEvent.REPLY_SPOKEN, target))
    await residence.call("ask", text="How are you?")
    await residence.until_idle()
    assert done == ["it"]


async def test_a_satellite_that_goes_deaf_still_triggers(residence: Residence) -> None:
    target = {"entity_id": EVENT}
    automations = {str(event): when(event, target) for event in TurnEvent}
    done = await automate(residence.hass, **automations)
    residence.assemblyai.script("/v1/transcribe*", reply={"transcript": "Hello"})
    await residence.call("start_recording")
    await residence.murmur()
    residence.microphone.fault = DeviceError(Fault.GONE)
    await residence.until(lambda: residence.satellite.ears.dead)
    await residence.call("end_recording")
    await residence.until_idle()
    assert done == residence.told
    assert done[-1] == TurnEvent.REPLY_SPOKEN


def asking(name: str, target: dict[str, str]) -> dict[str, Any]:
    """An automation that runs at "go" if a condition holds."""
    condition = {"condition": f"{DOMAIN}.{name}", "target": target}
    return {
        "triggers": [{"trigger": "event", "event_type": "go"}],
        "conditions": [condition | {"options": {"behavior": "any"}}],
    }


async def test_conditions_tell_what_a_satellite_does(residence: Residence) -> None:
    hass, target = residence.hass, in_the_kitchen(residence)
    automations = {str(phase): asking(f"is_{phase}", target) for phase in Phase}
    done = await automate(hass, **automations)
    for phase in Phase:
        # As the entity would show it: the turn itself is not this test's matter.
        hass.states.async_set("sensor.kitchen_conversation", phase)
        hass.bus.async_fire("go")
        await hass.async_block_till_done()
    assert done == [str(phase) for phase in Phase]


async def test_a_condition_tells_whether_the_thread_is_hot(
    residence: Residence,
) -> None:
    # Somebody else's sensor in the same area is on: it does not count.
    hass, target = residence.hass, in_the_kitchen(residence)
    done = await automate(hass, hot=asking("is_hot", target))
    hass.bus.async_fire("go")
    await hass.async_block_till_done()
    assert not done
    await residence.call("ask", text="How are you?", speak=False)
    await residence.until_idle()
    hass.bus.async_fire("go")
    await hass.async_block_till_done()
    assert done == ["hot"]
