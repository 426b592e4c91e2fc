"""Tests that the documents say what is so: their links, tables and examples."""

import datetime as dt
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from homeassistant.components.automation.const import DOMAIN as AUTOMATION
from homeassistant.components.recorder import CONFIG_SCHEMA as RECORDER_SCHEMA
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entityfilter import convert_include_exclude_filter
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.reply_satellite.condition import CONDITIONS
from custom_components.reply_satellite.const import (
    CONF_LOOK_TOOL,
    DOMAIN,
    EVENT_TURN,
    TurnEvent,
)
from custom_components.reply_satellite.trigger import TRIGGERS
from custom_components.reply_satellite.voice.hearing import microphone
from custom_components.reply_satellite.voice.machine import Phase
from custom_components.reply_satellite.voice.turn import Turn

from .documents import DOCUMENTS, code, examples, links, rows, section, text
from .metadata import INTEGRATION, ROOT, leaves, read_yaml, words
from .residence import MakeResidence, Residence
from .standins.script import Fault, FaultKind

README = ROOT / "README.md"
ROOM = "living_room"
"""The satellite of the examples; the residence's is in the kitchen."""

BLUEPRINTS = ROOT / "blueprints" / AUTOMATION / DOMAIN


# --- links, pictures, scripts ---


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda it: it.name)
def test_what_is_linked_to_is_there(document: Path) -> None:
    for link in links(document):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        assert target.exists(), link
        if anchor:
            assert anchor in {_anchor(title) for title in _titles(target)}, link


def _titles(document: Path) -> list[str]:
    return re.findall(r"^#+ (.+)$", text(document), re.MULTILINE)


def _anchor(title: str) -> str:
    """The name GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda it: it.name)
def test_scripts_that_are_named_can_be_run(document: Path) -> None:
    named = set(re.findall(r"(?<![\w/])((?:scripts/|\.ci/)\w+)", text(document)))
    assert named or document.name == "architecture.md"
    for script in named:
        assert os.access(ROOT / script, os.X_OK), script


def test_every_script_is_explained() -> None:
    explained = text(ROOT / "CONTRIBUTING.md")
    for script in (ROOT / "scripts").iterdir():
        if script.is_file():
            assert f"`scripts/{script.name}" in explained, script.name


def test_the_demonstration_takes_the_options_that_are_told() -> None:
    source = text(ROOT / "tests" / "house" / "demo.py")
    told = [code(row[0])[0].split()[0] for row in rows(text(README), "option")]
    assert told
    for option in told:
        assert f'"{option}"' in source, option


def test_every_blueprint_can_be_imported() -> None:
    imported = [
        parse_qs(urlparse(link).query)["blueprint_url"][0]
        for link in links(README)
        if "blueprint_import/" in link
    ]
    own = [path.read_text("utf-8") for path in sorted(BLUEPRINTS.iterdir())]
    assert len(imported) == len(own)
    for address, blueprint in zip(sorted(imported), own, strict=True):
        assert f"source_url: {address}\n" in blueprint


# --- tables ---


async def test_the_table_of_entities_is_right(residence: Residence) -> None:
    told = {
        (code(row[0])[0], name.strip())
        for row in rows(section(README, "Entities"), "entity")
        for name in row[0].rpartition("`")[2].split(",")
    }
    registry = er.async_get(residence.hass)
    names = words()["entity"]
    entries = er.async_entries_for_config_entry(registry, residence.entry.entry_id)
    there = {
        (
            entry.domain,
            names[entry.domain][entry.translation_key]["name"]
            if entry.translation_key
            else entry.original_name,
        )
        for entry in entries
    }
    assert told == there
    phases = rows(section(README, "Entities"), "entity")[0][1]
    assert code(phases) == [str(phase) for phase in Phase]


def test_the_table_of_actions_is_right() -> None:
    services = read_yaml("services.yaml")
    told = {
        code(row[0])[0]: code(row[1])
        for row in rows(section(README, "Actions"), "action")
    }
    there = {
        f"{DOMAIN}.{name}": [
            field for field in service["fields"] if field != "device_id"
        ]
        for name, service in services.items()
    }
    assert {name: sorted(fields) for name, fields in told.items()} == {
        name: sorted(fields) for name, fields in there.items()
    }


def test_every_field_of_the_actions_is_explained() -> None:
    told = {
        code(row[0])[0]: row[1] for row in rows(section(README, "Actions"), "field")
    }
    for service in read_yaml("services.yaml").values():
        for name, field in service["fields"].items():
            needed = field.get("required", False)
            assert told[name].startswith("required" if needed else "optional"), name
    there = [
        service["fields"].keys() for service in read_yaml("services.yaml").values()
    ]
    assert told.keys() == set().union(*there)


def test_the_table_of_events_is_right() -> None:
    table = rows(section(README, "Triggers, conditions, events"), "event")
    told = [event for row in table for event in code(row[0])]
    assert told == [str(event) for event in TurnEvent]
    assert sorted(told) == sorted(TRIGGERS) == sorted(read_yaml("triggers.yaml"))


async def test_events_bring_what_the_table_tells(residence: Residence) -> None:
    table = rows(section(README, "Triggers, conditions, events"), "event")
    told = {event: code(row[1]) for row in table for event in code(row[0])}
    await residence.dictate("What do you see? Snapshot.")
    await residence.until_idle()
    await residence.call("ask", text="Hello", cameras=[residence.camera.entity_id])
    await residence.call("start_recording")
    await residence.call("stop")
    await residence.until_idle()
    usual = {"type", "satellite", "satellite_id", "device_id", "turn_id"}
    seen = {event.data["type"]: event.data.keys() - usual for event in residence.events}
    assert len(seen) > len(TurnEvent) / 2
    for event, data in seen.items():
        assert data == set(told[event]), event


async def test_the_usual_data_of_events_are_told(residence: Residence) -> None:
    passage = section(README, "Triggers, conditions, events").partition("| event |")[0]
    told = set(code(passage)) - {
        EVENT_TURN,
        "trigger.to_state.attributes",
        f"{DOMAIN}.reply_received",
    }
    await tell(residence, TurnEvent.RECORDING_STARTED)
    (event,) = residence.events
    state = residence.hass.states.get("event.kitchen_turn")
    assert state is not None
    # The others are those of every event entity.
    usual = {"event_types", "icon", "friendly_name"}
    assert told == event.data.keys() | (state.attributes.keys() - usual)
    both = told - {"type", "event_type"}
    assert both == event.data.keys() & state.attributes.keys()


def test_the_conditions_are_told() -> None:
    passage = section(README, "Triggers, conditions, events")
    told = {
        name.rpartition(".")[2]
        for row in rows(passage, "condition")
        for name in code(row[0])
    }
    assert told == set(CONDITIONS) == set(read_yaml("conditions.yaml"))


def test_every_problem_of_a_microphone_has_a_way_out() -> None:
    passage = section(README, "When something is wrong")
    for fault in (*microphone.Fault, "silent"):
        assert f"`{fault}`" in passage, fault


def test_every_field_of_the_set_up_is_explained() -> None:
    english = words()
    steps = {
        "config": english["config"],
        "subentry": english["config_subentries"]["satellite"],
    }
    passage = section(README, "Set up")
    for path, name in leaves(steps):
        if re.search(r"\.data\.\w+$", path):
            assert f"| {name} |" in passage, path


def test_what_the_card_takes_is_told() -> None:
    card = (INTEGRATION / "frontend" / "reply-satellite-card.js").read_text("utf-8")
    form = card.partition("getConfigForm")[2].partition("computeLabel")[0]
    told = [code(row[0])[0] for row in rows(section(README, "The card"), "setting")]
    assert told == re.findall(r'name: "(\w+)"', form)


# --- examples ---


def automations() -> dict[str, dict[str, Any]]:
    """The examples that are automations, by the words above them."""
    return {
        it.words: it.yaml
        for it in examples(README)
        if isinstance(it.yaml, dict) and {"triggers", "actions"} <= it.yaml.keys()
    }


def here(config: Any) -> Any:
    """An example for the satellite that is here."""
    match config:
        case dict():
            return {key: here(value) for key, value in config.items()}
        case list():
            return [here(value) for value in config]
        case str():
            return re.sub(
                rf"\b(event|sensor|binary_sensor)\.{ROOM}_", r"\1.kitchen_", config
            )
    return config


async def automate(hass: HomeAssistant, config: dict[str, Any]) -> None:
    """Set an example up as it stands."""
    automation = {"alias": "Example"} | here(config)
    assert await async_setup_component(hass, AUTOMATION, {AUTOMATION: [automation]})
    await hass.async_block_till_done()
    (state,) = hass.states.async_all(AUTOMATION)
    assert state.state == "on"


async def tell(residence: Residence, event: TurnEvent, **data: Any) -> None:
    """Let something happen in a turn."""
    residence.satellite.teller.tell(event, Turn(id="turn", began=0), **data)
    await residence.hass.async_block_till_done()


async def dims(residence: Residence, calls: list[ServiceCall]) -> None:
    await tell(residence, TurnEvent.RECORDING_STARTED)
    assert calls[0].data == {"entity_id": ["light.living_room"], "brightness_pct": 30}


async def sends(residence: Residence, calls: list[ServiceCall]) -> None:
    residence.elevenlabs.script(
        path="/v1/text-to-speech/*", fault=Fault(kind=FaultKind.STATUS, status=401)
    )
    await residence.call("ask", text="How are you?")
    await residence.until_idle()
    assert calls[0].data["message"] == residence.satellite.memory.turns[-1].reply
    await tell(residence, TurnEvent.TURN_FAILED, failure="openai.unreachable")
    assert len(calls) == 1


async def looks(residence: Residence, calls: list[ServiceCall]) -> None:
    residence.hass.states.async_set("binary_sensor.doorbell", "off")
    residence.hass.states.async_set("binary_sensor.doorbell", "on")
    await residence.until(lambda: bool(calls))
    await residence.until_idle()
    assert "one picture" in calls[0].data["message"]


async def greets(residence: Residence, calls: list[ServiceCall]) -> None:
    morning = dt_util.now().replace(hour=7, minute=30, second=0) + dt.timedelta(days=1)
    async_fire_time_changed(residence.hass, morning)
    await residence.hass.async_block_till_done()
    assert calls[0].data["message"]


async def keeps(residence: Residence, calls: list[ServiceCall]) -> None:
    await tell(residence, TurnEvent.TRANSCRIBED, transcript="What time is it?")
    assert not calls
    await tell(residence, TurnEvent.TRANSCRIBED, transcript="Note: water the palm.")
    assert calls[0].data["message"] == "Note: water the palm."


type Shown = Callable[[Residence, list[ServiceCall]], Awaitable[None]]

SHOWN: dict[str, tuple[str, Shown]] = {
    "Dim the lights while you dictate:": ("light.turn_on", dims),
    "Send the answer to a phone when it could not be spoken:": (
        "notify.mobile_app_phone",
        sends,
    ),
    "Look who is at the door, and send it to a phone:": (
        "notify.mobile_app_phone",
        looks,
    ),
    "Say something in the morning, but not into a conversation:": (
        f"{DOMAIN}.say",
        greets,
    ),
    "Keep every dictation that begins with “note”:": (
        "notify.persistent_notification",
        keeps,
    ),
}


def test_no_example_is_left_out() -> None:
    assert list(automations()) == list(SHOWN)


@pytest.mark.parametrize("name", SHOWN)
async def test_an_example_does_what_it_says(
    make_residence: MakeResidence, name: str
) -> None:
    residence = await make_residence({CONF_LOOK_TOOL: False})
    action, shows = SHOWN[name]
    calls = async_mock_service(residence.hass, *action.split("."))
    await automate(residence.hass, automations()[name])
    await shows(residence, calls)
    await residence.hass.services.async_call(
        AUTOMATION, "turn_off", {"entity_id": "all"}, blocking=True
    )


async def test_the_actions_take_what_their_examples_give(residence: Residence) -> None:
    (example,) = [it.yaml for it in examples(README) if isinstance(it.yaml, list)]
    shown = [step["action"].removeprefix(f"{DOMAIN}.") for step in example]
    assert shown == list(read_yaml("services.yaml"))
    actions = residence.hass.services.async_services()[DOMAIN]
    for name, step in zip(shown, example, strict=True):
        schema = actions[name].schema
        assert schema is not None
        schema(step.get("data", {}))


async def test_the_recorder_can_be_kept_from_words(residence: Residence) -> None:
    (example,) = [
        it.yaml
        for it in examples(README)
        if isinstance(it.yaml, dict) and "recorder" in it.yaml
    ]
    recorder = RECORDER_SCHEMA(example)["recorder"]
    keeps = convert_include_exclude_filter(recorder)
    said = "Where is the blue notebook?"
    answer = await residence.call("ask", answers=True, text=said, speak=False)
    await residence.hass.async_block_till_done()
    words = {said, answer["reply"]}
    tell_them = {
        it.entity_id for it in residence.hass.states.async_all() if it.state in words
    }
    assert len(tell_them) == len(words)
    assert not any(keeps(entity_id) for entity_id in tell_them)
    assert keeps("sensor.kitchen_conversation")
    assert recorder["exclude"]["event_types"] == [EVENT_TURN]


@pytest.mark.parametrize("name", ["trigger", "condition"])
async def test_a_trigger_and_a_condition_are_shown_whole(
    residence: Residence, name: str
) -> None:
    (example,) = [
        it.yaml
        for it in examples(README)
        if isinstance(it.yaml, dict) and list(it.yaml) == [f"{name}s"]
    ]
    usual = {
        "triggers": [{"trigger": "event", "event_type": "go"}],
        "actions": [{"event": "done"}],
    }
    await automate(residence.hass, usual | example)


async def test_the_card_is_shown_as_it_is_called(residence: Residence) -> None:
    (card,) = [
        it.yaml
        for it in examples(README)
        if isinstance(it.yaml, dict) and "type" in it.yaml
    ]
    source = (INTEGRATION / "frontend" / "reply-satellite-card.js").read_text("utf-8")
    element = card["type"].removeprefix("custom:")
    assert f'customElements.define("{element}"' in source
    registry = er.async_get(residence.hass)
    entry = registry.async_get(here(card["entity"]))
    assert entry is not None
    assert entry.translation_key == "conversation"
