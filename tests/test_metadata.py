"""Tests of the data files: what Home Assistant, the Marketplace and HACS read."""

import ast
import json
import re
from importlib.metadata import version
from pathlib import Path

import probatio
import pytest
from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from packaging.requirements import Requirement
from packaging.version import Version
from PIL import Image

from custom_components.reply_satellite import failures, services
from custom_components.reply_satellite.condition import CONDITIONS
from custom_components.reply_satellite.const import DOMAIN, PLATFORMS, TurnEvent
from custom_components.reply_satellite.trigger import TRIGGERS
from custom_components.reply_satellite.voice import errors
from custom_components.reply_satellite.voice.hearing.microphone import Fault
from custom_components.reply_satellite.voice.hearing.porcupine_errors import Unfit
from custom_components.reply_satellite.voice.turn import Outcome

from .metadata import INTEGRATION, ROOT, read_json, read_yaml, sources, words
from .residence import Residence

VERSIONS = (
    AwesomeVersionStrategy.CALVER,
    AwesomeVersionStrategy.SEMVER,
    AwesomeVersionStrategy.PEP440,
)

READ_BY_THEIR_OWNERS = {"diagnostics", "logbook", "repairs", "system_health"}
"""Components that look for a module of ours, and need nothing else of us."""
ALWAYS_THERE = {"homeassistant"}

# The rules in the order of their tiers: developers.home-assistant.io, tiers.json.
RULES = """
    action-setup appropriate-polling brands common-modules config-flow-test-coverage
    config-flow dependency-transparency docs-actions docs-conditions
    docs-high-level-description docs-installation-instructions
    docs-removal-instructions docs-triggers entity-event-setup entity-unique-id
    has-entity-name runtime-data test-before-configure test-before-setup
    unique-config-entry
    action-exceptions config-entry-unloading docs-configuration-parameters
    docs-installation-parameters entity-unavailable integration-owner
    log-when-unavailable parallel-updates reauthentication-flow test-coverage
    devices diagnostics discovery-update-info discovery docs-data-update
    docs-examples docs-known-limitations docs-supported-devices
    docs-supported-functions docs-troubleshooting docs-use-cases dynamic-devices
    entity-category entity-device-class entity-disabled-by-default
    entity-translations exception-translations icon-translations
    reconfiguration-flow repair-issues stale-devices
    async-dependency inject-websession strict-typing
""".split()  # noqa: SIM905

MANIFEST = read_json("manifest.json")
ICONS = read_json("icons.json")


def test_the_manifest_is_in_order() -> None:
    keys = list(MANIFEST)
    assert keys == ["domain", "name", *sorted(keys[2:])]
    assert MANIFEST["domain"] == DOMAIN == INTEGRATION.name
    for key in ("after_dependencies", "dependencies", "loggers", "requirements"):
        assert MANIFEST[key] == sorted(MANIFEST[key])


def test_the_manifest_says_what_this_is() -> None:
    assert MANIFEST["integration_type"] == "service"
    assert MANIFEST["iot_class"] == "cloud_push"
    assert MANIFEST["config_flow"] is True
    assert MANIFEST["single_config_entry"] is True
    assert MANIFEST["codeowners"] == ["@reply-satellite"]
    project = "https://github.com/reply-satellite/reply-satellite"
    assert MANIFEST["documentation"] == project
    assert MANIFEST["issue_tracker"] == f"{project}/issues"
    assert "quality_scale" not in MANIFEST
    version = AwesomeVersion(MANIFEST["version"])
    assert version.strategy in VERSIONS


@pytest.mark.parametrize("kind", ["categories", "connectivity"])
def test_the_marketplace_knows_where_to_show_it(kind: str) -> None:
    expected = {
        "categories": ["ai_voice.voice_assistants"],
        "connectivity": ["cloud", "host"],
    }
    assert MANIFEST[kind] == expected[kind]
    name = {"categories": "integration_categories"}.get(kind, f"integration_{kind}")
    for path in (ROOT / ".local").glob(
        f"*/lib/python*/site-packages/homeassistant/generated/{name}.json"
    ):
        offered = json.dumps(json.loads(path.read_text("utf-8")))
        for value in MANIFEST[kind]:
            assert f'"{value.rpartition(".")[2]}"' in offered


def test_requirements_leave_home_assistant_its_pins() -> None:
    for text in MANIFEST["requirements"]:
        requirement = Requirement(text)
        operators = {specifier.operator for specifier in requirement.specifier}
        assert "==" not in operators, text
        assert requirement.name not in {"voluptuous", "probatio", "PyAudio"}


def test_requirements_are_bounded_by_what_was_tested() -> None:
    """From the version that these tests run on, up to the next that may break."""
    for text in MANIFEST["requirements"]:
        requirement = Requirement(text)
        least, below = sorted(requirement.specifier, key=lambda it: it.operator)[::-1]
        assert (least.operator, below.operator) == (">=", "<"), text
        tested = Version(version(requirement.name)).release
        lowest = Version(least.version).release
        assert tested[: len(lowest)] == lowest, text
        assert Version(below.version).release == (tested[0] + 1,), text


def test_every_component_in_use_is_a_dependency() -> None:
    used = set()
    for path, module in sources():
        for node in ast.walk(module):
            if not isinstance(node, ast.ImportFrom) or not node.module:
                continue
            parts = node.module.split(".")
            if parts[:2] != ["homeassistant", "components"]:
                continue
            names = parts[2:3] or [alias.name for alias in node.names]
            used |= {name for name in names if name != path.stem}
    named = {*MANIFEST["dependencies"], *MANIFEST["after_dependencies"]}
    assert used - named - set(PLATFORMS) - READ_BY_THEIR_OWNERS == ALWAYS_THERE


def test_hacs_and_the_marketplace_find_the_package() -> None:
    hacs = json.loads((ROOT / "hacs.json").read_text("utf-8"))
    assert hacs == {
        "name": MANIFEST["name"],
        "homeassistant": "2026.10.0",
        "zip_release": True,
        "filename": f"{DOMAIN}.zip",
        "hide_default_branch": True,
    }
    folders = [path.name for path in (ROOT / "custom_components").iterdir()]
    assert [name for name in folders if not name.startswith("_")] == [DOMAIN]
    assert (ROOT / "LICENSE").read_text("utf-8").split()[:2] == ["Apache", "License"]


@pytest.mark.parametrize("look", ["", "dark_"])
@pytest.mark.parametrize(("suffix", "scale"), [("", 1), ("@2x", 2)])
def test_the_brand_is_drawn(look: str, suffix: str, scale: int) -> None:
    with Image.open(INTEGRATION / "brand" / f"{look}icon{suffix}.png") as icon:
        assert (icon.format, icon.mode) == ("PNG", "RGBA")
        assert icon.size == (256 * scale, 256 * scale)
    with Image.open(INTEGRATION / "brand" / f"{look}logo{suffix}.png") as logo:
        assert (logo.format, logo.mode) == ("PNG", "RGBA")
        assert logo.height == 128 * scale
        assert logo.width > logo.height


def test_every_rule_of_the_quality_scale_is_answered() -> None:
    rules = read_yaml("quality_scale.yaml")["rules"]
    assert list(rules) == RULES
    for rule, answer in rules.items():
        if answer != "done":
            assert answer["status"] in {"done", "exempt", "todo"}, rule
            assert answer["comment"], rule


# --- actions, triggers, conditions ---


async def test_every_action_is_described(hass: HomeAssistant) -> None:
    services.async_setup_services(hass)
    actions = hass.services.async_services_for_domain(DOMAIN)
    described = read_yaml("services.yaml")
    assert described.keys() == actions.keys()
    assert words()["services"].keys() == actions.keys()
    assert ICONS["services"].keys() == actions.keys()
    for name, action in actions.items():
        assert isinstance(action.schema, probatio.Schema)
        fields = {str(field) for field in action.schema.schema}
        assert described[name]["fields"].keys() == fields, name
        assert words()["services"][name]["fields"].keys() == fields, name
        for field in action.schema.schema:
            required = described[name]["fields"][str(field)].get("required", False)
            assert required is (type(field).__name__ == "Required"), (name, field)


def test_every_trigger_is_described() -> None:
    events = [str(event) for event in TurnEvent]
    assert list(TRIGGERS) == events
    assert list(read_yaml("triggers.yaml")) == events
    assert list(words()["triggers"]) == events
    assert list(ICONS["triggers"]) == events
    event = words()["entity"]["event"]["turn"]["state_attributes"]["event_type"]
    assert list(event["state"]) == events
    assert list(words()["selector"]["logbook"]["options"]) == events


def test_every_condition_is_described() -> None:
    described = read_yaml("conditions.yaml")
    assert described.keys() == CONDITIONS.keys()
    assert words()["conditions"].keys() == CONDITIONS.keys()
    assert ICONS["conditions"].keys() == CONDITIONS.keys()
    for name, description in described.items():
        fields = words()["conditions"][name]["fields"]
        assert fields.keys() == description["fields"].keys()


# --- words for what the code names ---


async def test_every_entity_has_a_name_and_an_icon(residence: Residence) -> None:
    entities = er.async_entries_for_config_entry(
        er.async_get(residence.hass), residence.entry.entry_id
    )
    named = {(it.domain, it.translation_key) for it in entities if it.translation_key}
    for section in (words()["entity"], ICONS["entity"]):
        assert named == {
            (platform, key) for platform, keys in section.items() for key in keys
        }
    for entity in entities:
        assert entity.has_entity_name


def keys_in_code() -> set[str]:
    """The keys of errors that are raised with words for the user."""
    found = set()
    for path, module in sources():
        if path.name == "failures.py":
            continue
        for node in ast.walk(module):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called == "_invalid":
                    found |= set(re.findall(r"'(\w+)'", ast.unparse(node.args[0])))
                found |= {
                    keyword.value.value
                    for keyword in node.keywords
                    if keyword.arg == "translation_key"
                    and called.endswith("Error")
                    and isinstance(keyword.value, ast.Constant)
                }
    return found


def voice_errors(kind: type[errors.VoiceError] = errors.VoiceError) -> set[str]:
    """The keys of the house's errors."""
    return {kind.key}.union(*(voice_errors(sub) for sub in kind.__subclasses__()))


def test_every_error_has_words() -> None:
    outcomes = (Outcome.CANCELLED, Outcome.NOTHING_SAID)
    turns = {f"turn_{outcome}" for outcome in outcomes}
    expected = voice_errors() | keys_in_code() | turns
    assert words()["exceptions"].keys() == expected


def test_every_error_of_a_dialog_has_words() -> None:
    of_a_satellite = voice_errors() | set(Unfit)
    of_a_satellite |= {
        "too_many_dictionaries",
        "ahead_needs_local_threads",
        "no_player",
    }
    assert words()["config_subentries"]["satellite"]["error"].keys() == of_a_satellite
    assert words()["config"]["error"].keys() == of_a_satellite | {
        "key_needed",
        "key_or_entity_needed",
        "invalid_url",
    }


def test_every_repair_issue_has_words() -> None:
    problems = {f"microphone_{fault}" for fault in Fault} | {"microphone_silent"}
    # What Porcupine may raise, and how long it may take.
    kinds = voice_errors()
    kinds -= {"broken_answer", "microphone", "playback", "unknown_name"}
    kinds -= {"thought_too_long"}
    problems |= {f"porcupine_{key}" for key in kinds | set(Unfit)}
    assert words()["issues"].keys() == problems | {
        "no_funds",
        "unknown_name",
        "turn_failed",
        "no_voice",
        "not_installed_pyaudio",
        "not_installed_pvporcupine",
        "not_installed_pymicro_vad",
        "spotter_failed",
    }
    assert set(failures.BILLING) == set(failures.NAMES)


def test_no_path_of_a_machine_is_named() -> None:
    for path in INTEGRATION.rglob("*.json"):
        text = Path(path).read_text("utf-8")
        assert "/home/" not in text
        assert "/tmp/" not in text  # noqa: S108
