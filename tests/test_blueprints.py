"""Each blueprint, run in Home Assistant as somebody would who imported it."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from homeassistant.components.automation.const import DOMAIN as AUTOMATION
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.reply_satellite.const import CONF_LOOK_TOOL, DOMAIN, TurnEvent
from custom_components.reply_satellite.voice.machine import Phase
from custom_components.reply_satellite.voice.turn import Turn

from .metadata import ROOT
from .residence import CAMERA, MakeResidence, Residence

BLUEPRINTS = ROOT / "blueprints" / AUTOMATION / DOMAIN
CONVERSATION = "sensor.kitchen_conversation"
TURN = "event.kitchen_turn"


async def automate(hass: HomeAssistant, name: str, inputs: dict[str, Any]) -> None:
    """Import a blueprint, and make an automation of it."""
    folder = Path(hass.config.path("blueprints", AUTOMATION, DOMAIN))
    shutil.copytree(BLUEPRINTS, folder, dirs_exist_ok=True)
    used = {"path": f"{DOMAIN}/{name}.yaml", "input": inputs}
    assert await async_setup_component(
        hass, AUTOMATION, {AUTOMATION: [{"id": name, "use_blueprint": used}]}
    )
    await hass.async_block_till_done()
    (automation,) = hass.states.async_all(AUTOMATION)
    assert automation.state == "on"


@pytest.mark.parametrize("path", sorted(BLUEPRINTS.iterdir()), ids=lambda it: it.stem)
def test_a_blueprint_says_what_is_asked_and_where_it_is_from(path: Path) -> None:
    content: Any = parse_yaml(path.read_text("utf-8"))
    blueprint = content["blueprint"]
    place = f"blob/main/{path.relative_to(ROOT)}"
    assert blueprint["source_url"].endswith(place)
    assert blueprint["domain"] == AUTOMATION
    for asked in blueprint["input"].values():
        assert asked["name"]
        assert asked["selector"]


async def test_the_light_shows_the_state(residence: Residence) -> None:
    hass = residence.hass
    on = async_mock_service(hass, "light", "turn_on")
    off = async_mock_service(hass, "light", "turn_off")
    lamp = {"entity_id": ["light.lamp"]}
    inputs = {"conversation": CONVERSATION, "light": "light.lamp", "brightness": 25}
    await automate(hass, "state_light", inputs)
    colours = {}
    for phase in (*list(Phase)[1:], Phase.IDLE):
        hass.states.async_set(CONVERSATION, phase)
        await hass.async_block_till_done()
        if phase is Phase.MUTED:
            assert off.pop().data == lamp
            assert not on
        else:
            call = on.pop()
            assert call.data == lamp | {
                "rgb_color": call.data["rgb_color"],
                "brightness_pct": 25,
            }
            colours[phase] = tuple(call.data["rgb_color"])
            assert not off
    assert len(set(colours.values())) == len(Phase) - 1
    # Blue, red, purple, green, as its description says.
    strongest = {
        phase: max(range(3), key=colour.__getitem__)
        for phase, colour in colours.items()
    }
    assert strongest[Phase.IDLE] == strongest[Phase.THINKING] == 2
    assert strongest[Phase.RECORDING] == 0
    assert strongest[Phase.SPEAKING] == 1
    hass.states.async_set(CONVERSATION, STATE_UNAVAILABLE)
    await hass.async_block_till_done()
    assert off.pop().data == lamp


async def test_the_light_is_left_alone_while_the_state_stays(
    residence: Residence,
) -> None:
    hass = residence.hass
    on = async_mock_service(hass, "light", "turn_on")
    await automate(
        hass, "state_light", {"conversation": CONVERSATION, "light": "light.lamp"}
    )
    hass.states.async_set(CONVERSATION, Phase.IDLE, {"outcome": "spoken"})
    await hass.async_block_till_done()
    assert not on


async def dictated(residence: Residence, transcript: str) -> None:
    """Let the satellite tell what was said."""
    turn = Turn(id="turn", began=0, transcript=transcript)
    residence.satellite.teller.tell(
        TurnEvent.TRANSCRIBED, turn, transcript=turn.transcript
    )
    await residence.hass.async_block_till_done()


@pytest.mark.parametrize(
    ("word", "said", "item"),
    [
        ("remember to", "Remember to buy milk.", "Buy milk"),
        ("remember to", "remember to, call Anna: at nine", "Call Anna: at nine"),
        ("Note ", "Note: the key is under the mat.", "The key is under the mat"),
        ("c++ (todo)", "C++ (todo) mend the build", "Mend the build"),
        ("remember to", "I remember to buy milk", None),
        ("remember to", "What is on my list?", None),
        ("remember to", "Remember to.", None),
        ("note", "Notebooks are cheap this week", None),
    ],
)
async def test_what_begins_with_the_word_is_put_on_the_list(
    residence: Residence, word: str, said: str, item: str | None
) -> None:
    hass = residence.hass
    added = async_mock_service(hass, "todo", "add_item")
    inputs = {"turn": TURN, "word": word, "list": "todo.shopping"}
    await automate(hass, "todo_from_dictation", inputs)
    await dictated(residence, said)
    expected = {"entity_id": ["todo.shopping"], "item": item}
    assert [call.data for call in added] == ([expected] if item else [])


async def test_only_dictations_are_noted(residence: Residence) -> None:
    hass = residence.hass
    added = async_mock_service(hass, "todo", "add_item")
    await automate(hass, "todo_from_dictation", {"turn": TURN, "list": "todo.shopping"})
    turn = Turn(id="turn", began=0)
    for event in TurnEvent:
        if event is not TurnEvent.TRANSCRIBED:
            residence.satellite.teller.tell(event, turn, reply="remember to nod")
    await hass.async_block_till_done()
    assert not added


async def test_the_assistant_looks_who_rang(make_residence: MakeResidence) -> None:
    residence = await make_residence({CONF_LOOK_TOOL: False})
    hass = residence.hass
    bell = "binary_sensor.bell"
    hass.states.async_set(bell, "off")
    await answers_the_door(residence, bell)
    for state in (STATE_UNAVAILABLE, "on", "unknown", "off"):
        hass.states.async_set(bell, state)
        await hass.async_block_till_done()
    assert not residence.told
    hass.states.async_set(bell, "on")
    await spoken(residence)
    hass.states.async_set(bell, "off")
    await hass.async_block_till_done()
    assert residence.told.count("reply_received") == 1


async def test_the_bell_may_be_an_event(make_residence: MakeResidence) -> None:
    residence = await make_residence({CONF_LOOK_TOOL: False})
    hass = residence.hass
    bell = "event.bell"
    hass.states.async_set(bell, "2026-01-01T00:00:00+00:00", {"event_type": "ring"})
    await answers_the_door(residence, bell)
    hass.states.async_set(bell, "2026-01-01T00:00:01+00:00", {"event_type": "ring"})
    await spoken(residence)


async def test_a_bell_that_comes_back_did_not_ring(residence: Residence) -> None:
    hass = residence.hass
    hass.states.async_set("binary_sensor.bell", STATE_UNAVAILABLE)
    hass.states.async_set("event.bell", STATE_UNAVAILABLE)
    await answers_the_door(residence, "event.bell")
    hass.states.async_set("event.bell", "2026-01-01T00:00:00+00:00")
    await hass.async_block_till_done()
    await residence.until_idle()
    assert not residence.told


async def answers_the_door(residence: Residence, bell: str) -> None:
    """Have the blueprint listen to a bell."""
    registry = er.async_get(residence.hass)
    entry = registry.async_get(TURN)
    assert entry is not None
    device = dr.async_get(residence.hass).async_get(entry.device_id or "")
    assert device is not None
    inputs = {"doorbell": bell, "camera": CAMERA, "satellite": device.id}
    await automate(residence.hass, "doorbell", inputs)


async def spoken(residence: Residence) -> None:
    """The assistant was asked, saw the picture, and its answer was heard."""
    await residence.until(lambda: "reply_received" in residence.told)
    await residence.until_idle()
    turn = residence.satellite.memory.turns[-1]
    assert [picture.entity_id for picture in turn.pictures] == [CAMERA]
    assert "doorbell rang" in turn.transcript
    assert "one picture" in turn.reply
    assert turn.outcome == "spoken"
