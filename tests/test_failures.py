"""Tests of what Home Assistant does about failures, and what one click repairs."""

from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.requirements import RequirementsNotFound
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.reply_satellite import failures, packages
from custom_components.reply_satellite.const import CONF_REASONING, DOMAIN
from custom_components.reply_satellite.satellite import recovery
from custom_components.reply_satellite.satellite.memory import Memory
from custom_components.reply_satellite.voice.errors import (
    NoFundsError,
    RefusedError,
    Service,
    UnknownNameError,
    UnreachableError,
    WrongKeyError,
)
from custom_components.reply_satellite.voice.hearing.microphone import (
    DeviceError,
    Fault,
)
from custom_components.reply_satellite.voice.turn import Outcome, Turn

from .residence import MakeResidence, Residence


def issues(hass: HomeAssistant) -> set[str]:
    """The keys of our open issues."""
    return {
        str(issue.translation_key)
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.active
    }


def reauths(hass: HomeAssistant) -> list[Any]:
    """The dialogs that ask for a key."""
    return [
        flow
        for flow in hass.config_entries.flow.async_progress()
        if flow["context"]["source"] == SOURCE_REAUTH
    ]


async def test_an_error_speaks_the_users_language(residence: Residence) -> None:
    error = failures.translated(UnreachableError(Service.OPENAI, "refused"))
    assert isinstance(error, HomeAssistantError)
    assert str(error) == "OpenAI can't be reached"
    stt = failures.translated(RefusedError(Service.STT))
    assert str(stt) == "Speech-to-text refused the request"


async def test_who_thinks_too_long_is_not_asked_again(
    make_residence: MakeResidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "EVERY", 0.0)
    residence = await make_residence({CONF_REASONING: "xhigh"})
    thought = {"incomplete": "max_output_tokens", "sentences": 1}
    residence.openai.script("/v1/responses", times=1, reply=thought)
    with pytest.raises(HomeAssistantError, match="choose less reasoning"):
        await residence.call("ask", text="What is the meaning of life?", speak=False)
    await residence.hass.async_block_till_done(wait_background_tasks=True)
    turn = residence.satellite.turn
    assert turn is not None
    assert (turn.outcome, turn.remarks) == (Outcome.FAILED, [])


async def test_a_refused_key_is_asked_for_once(residence: Residence) -> None:
    for _ in range(2):
        failures.report(residence.satellite, WrongKeyError(Service.ELEVENLABS))
        await residence.hass.async_block_till_done()
    assert len(reauths(residence.hass)) == 1


async def test_what_passes_by_itself_bothers_nobody(residence: Residence) -> None:
    failures.report(residence.satellite, UnreachableError(Service.OPENAI))
    failures.report(residence.satellite, WrongKeyError(Service.TTS))
    await residence.hass.async_block_till_done()
    assert issues(residence.hass) == set()
    assert not reauths(residence.hass)


@pytest.mark.parametrize("kind", [NoFundsError, UnknownNameError])
async def test_an_issue_goes_when_the_service_works(
    residence: Residence, kind: type[NoFundsError | UnknownNameError]
) -> None:
    hass, satellite = residence.hass, residence.satellite
    failures.report(satellite, kind(Service.OPENAI, "gpt"))
    failures.report(satellite, kind(Service.ELEVENLABS, "voice"))
    assert issues(hass) == {kind.key}
    ids = set(ir.async_get(hass).issues)
    await residence.call("ask", text="How are you?", speak=False)
    # The voice was not asked: nothing is known of it.
    await residence.until(lambda: len(ids) - len(ir.async_get(hass).issues) == 1)
    assert issues(hass) == {kind.key}
    await residence.call("ask", text="How are you?")
    await residence.until(lambda: issues(hass) == set())


def test_who_has_proved_to_be_well(residence: Residence) -> None:
    turn = Turn(id="turn", began=0, outcome=Outcome.SPOKEN, recorded=2.0)
    ours = failures._that_worked(residence.satellite, turn)
    assert ours == [
        Service.OPENAI,
        Service.ASSEMBLYAI,
        Service.ELEVENLABS,
        Service.TTS,
    ]
    turn.remarks.append(failures.SECOND_VOICE)
    ours = failures._that_worked(residence.satellite, turn)
    assert ours == [Service.OPENAI, Service.ASSEMBLYAI]


@pytest.mark.parametrize("fault", Fault)
async def test_a_deaf_microphone_is_told_after_a_while(
    residence: Residence, fault: Fault
) -> None:
    residence.microphone.fault = DeviceError(fault)
    await residence.until(lambda: residence.satellite.ears.problem == fault)
    assert issues(residence.hass) == set()
    later = dt_util.utcnow() + timedelta(seconds=61)
    async_fire_time_changed(residence.hass, later)
    assert issues(residence.hass) == {f"microphone_{fault}"}
    residence.microphone.fault = None
    await residence.until(lambda: residence.satellite.ears.problem is None)
    assert issues(residence.hass) == set()


async def test_a_satellite_that_goes_leaves_nothing(residence: Residence) -> None:
    hass, satellite = residence.hass, residence.satellite
    failures.can_not_hear(satellite, Fault.GONE)
    failures.report(satellite, UnknownNameError(Service.OPENAI, "gpt"))
    satellite.spool.begin("turn")
    turn = Turn(id="turn", began=0, outcome=Outcome.FAILED)
    satellite.memory.keep(turn)
    await satellite.memory.save_now()
    failures.turn_over(satellite, turn)
    assert len(issues(hass)) == 3
    assert satellite.spool.turns()

    hass.config_entries.async_remove_subentry(residence.entry, satellite.id)
    await hass.async_block_till_done()
    assert not residence.entry.runtime_data.satellites
    assert issues(hass) == set()
    assert not await hass.async_add_executor_job(satellite.spool.turns)
    memory = Memory(hass, satellite.id)
    await memory.load()
    assert memory.turns == []


async def test_a_service_that_is_left_out_leaves_nothing(residence: Residence) -> None:
    hass, entry = residence.hass, residence.entry
    failures.report(residence.satellite, NoFundsError(Service.ASSEMBLYAI))
    failures.report(residence.satellite, NoFundsError(Service.OPENAI))
    failures.report(residence.satellite, UnknownNameError(Service.ELEVENLABS, "it"))
    await hass.config_entries.async_reload(entry.entry_id)
    assert len(ir.async_get(hass).issues) == 3
    left_out = ("assemblyai_api_key", "elevenlabs_api_key")
    rest = {key: entry.data[key] for key in entry.data if key not in left_out}
    hass.config_entries.async_update_entry(entry, data=rest)
    await hass.async_block_till_done()
    # One that is true of OpenAI, and one of what is left.
    assert issues(hass) == {"no_funds", "no_voice"}
    assert len(ir.async_get(hass).issues) == 2
    await hass.config_entries.async_remove(entry.entry_id)
    assert not ir.async_get(hass).issues


# --- before a set-up ---


@pytest.mark.parametrize("name", ["openai", "assemblyai", "elevenlabs"])
async def test_a_refused_key_stops_the_set_up(residence: Residence, name: str) -> None:
    getattr(residence, name).key = "new"
    await residence.hass.config_entries.async_reload(residence.entry.entry_id)
    await residence.hass.async_block_till_done()
    assert residence.entry.state is ConfigEntryState.SETUP_ERROR
    assert len(reauths(residence.hass)) == 1


async def test_without_openai_the_set_up_waits(residence: Residence) -> None:
    async with residence.openai.refusing():
        await residence.hass.config_entries.async_reload(residence.entry.entry_id)
    assert residence.entry.state is ConfigEntryState.SETUP_RETRY
    assert residence.entry.reason == "OpenAI can't be reached"


async def test_without_the_others_it_still_listens(
    residence: Residence, caplog: pytest.LogCaptureFixture
) -> None:
    async with residence.assemblyai.refusing(), residence.elevenlabs.refusing():
        await residence.hass.config_entries.async_reload(residence.entry.entry_id)
    assert residence.entry.state is ConfigEntryState.LOADED
    assert "Set up although assemblyai" in caplog.text
    assert "Set up although elevenlabs" in caplog.text
    for service in (residence.openai, residence.assemblyai, residence.elevenlabs):
        assert service.key not in caplog.text


# --- one click ---


async def fix(client: Any, issue_id: str) -> tuple[dict[str, Any], Any]:
    """Open the repair of an issue, as the browser does; returns form and answer."""
    body = {"handler": DOMAIN, "issue_id": issue_id}
    answer = await client.post("/api/repairs/issues/fix", json=body)
    assert answer.status == HTTPStatus.OK
    form = await answer.json()
    answer = await client.post(f"/api/repairs/issues/fix/{form['flow_id']}", json={})
    return form, await answer.json()


async def test_a_failed_question_is_answered_by_a_click(
    repairs: None, residence: Residence, hass_client: ClientSessionGenerator
) -> None:
    del repairs
    hass = residence.hass
    away = residence.openai.error("server_error")
    residence.openai.script("/v1/responses", fault=away)
    with pytest.raises(HomeAssistantError):
        await residence.call("ask", text="How are you?")
    await residence.until(lambda: issues(hass) == {"turn_failed"})
    residence.openai.clear_script()

    form, done = await fix(await hass_client(), f"turn_failed_{residence.satellite.id}")
    assert form["step_id"] == "confirm"
    assert form["description_placeholders"]["satellite"] == "Kitchen"
    assert done["type"] == "create_entry"
    await residence.until(
        lambda: residence.told[-1] in ("reply_received", "reply_spoken")
    )
    await residence.until_idle()
    assert issues(hass) == set()
    assert residence.satellite.memory.turns[-1].reply


@pytest.mark.parametrize("unloaded", [True, False])
async def test_a_question_that_is_gone_can_not_be_repaired(
    repairs: None,
    residence: Residence,
    hass_client: ClientSessionGenerator,
    unloaded: bool,
) -> None:
    del repairs
    satellite = residence.satellite
    failures.turn_over(satellite, Turn(id="turn", began=0, outcome=Outcome.FAILED))
    if unloaded:
        await residence.hass.config_entries.async_unload(residence.entry.entry_id)
    form, done = await fix(await hass_client(), f"turn_failed_{satellite.id}")
    expected = "-" if unloaded else "Kitchen"
    assert form["description_placeholders"]["satellite"] == expected
    assert done["reason"] == "gone"
    # One that does not run may still have it, and tells at its next start.
    assert issues(residence.hass) == ({"turn_failed"} if unloaded else set())


@pytest.fixture
async def repairs(hass: HomeAssistant) -> None:
    """Home Assistant's page of repairs; before anything is served."""
    assert await async_setup_component(hass, "repairs", {})


# --- packages ---


def installing(*, works: bool) -> Any:
    """Pip, which reaches what is not this machine."""
    failure = None if works else RequirementsNotFound(DOMAIN, ["it"])
    return patch.object(packages, "async_process_requirements", side_effect=failure)


async def test_what_can_not_be_installed_is_told_and_replaced(
    make_residence: MakeResidence,
) -> None:
    with (
        patch.object(packages, "has_pyaudio", return_value=False),
        patch.object(packages, "has_porcupine", return_value=False),
        patch.object(packages, "has_micro_vad", return_value=False),
        patch(
            "custom_components.reply_satellite.satellite.spotting.has_porcupine",
            lambda: False,
        ),
        installing(works=False),
    ):
        residence = await make_residence(
            {
                "microphone": "pyaudio:Mic",
                "spotter": "porcupine",
                "silence_end": 2.0,
            },
            porcupine_access_key="key",
        )
        assert packages.usable_microphone("pyaudio:Mic") == "default"
        assert packages.usable_microphone("pulse:mic") == "pulse:mic"
    assert issues(residence.hass) == {
        "not_installed_pyaudio",
        "not_installed_pvporcupine",
        "not_installed_pymicro_vad",
    }
    # The test's own environment has all.
    await residence.hass.config_entries.async_reload(residence.entry.entry_id)
    assert issues(residence.hass) == set()


async def test_what_is_not_needed_any_more_is_not_missed(
    make_residence: MakeResidence,
) -> None:
    with (
        patch.object(packages, "has_micro_vad", return_value=False),
        installing(works=False),
    ):
        residence = await make_residence({"silence_end": 2.0})
        assert issues(residence.hass) == {"not_installed_pymicro_vad"}
        (satellite,) = residence.entry.subentries.values()
        residence.hass.config_entries.async_update_subentry(
            residence.entry, satellite, data=satellite.data | {"silence_end": 0.0}
        )
        await residence.hass.async_block_till_done()
    assert issues(residence.hass) == set()


@pytest.mark.parametrize(
    ("compiler", "header", "tried"),
    [("/usr/bin/cc", True, True), (None, True, False), ("/usr/bin/cc", False, False)],
)
async def test_pyaudio_is_only_built_where_it_can_be(
    hass: HomeAssistant,
    tmp_path: Path,
    compiler: str | None,
    header: bool,
    tried: bool,
) -> None:
    portaudio = tmp_path / "portaudio.h"
    if header:
        portaudio.touch()
    with (
        patch.object(packages, "has_pyaudio", return_value=False),
        patch.object(packages, "PORTAUDIO_HEADERS", (portaudio,)),
        patch("shutil.which", return_value=compiler),
        installing(works=True) as pip,
    ):
        assert await packages.async_provide_pyaudio(hass) is tried
    assert pip.called is tried


@pytest.mark.parametrize(
    ("there", "compiler", "tried"),
    [(True, None, False), (False, None, False), (False, "/usr/bin/c++", True)],
)
async def test_microvad_is_only_built_where_it_is_missing_and_can_be(
    hass: HomeAssistant, there: bool, compiler: str | None, tried: bool
) -> None:
    with (
        patch.object(packages, "has_micro_vad", return_value=there),
        patch("shutil.which", return_value=compiler),
        installing(works=True) as pip,
    ):
        assert await packages.async_provide_micro_vad(hass) is (there or tried)
    assert pip.called is tried


@pytest.mark.parametrize(
    ("libc", "machine", "wanted"),
    [
        ("glibc", "x86_64", packages.PORCUPINE),
        ("", "aarch64", packages.PORCUPINE),
        ("", "x86_64", packages.PORCUPINE_ON_MUSL),
    ],
)
async def test_porcupine_comes_in_the_version_that_loads(
    hass: HomeAssistant, libc: str, machine: str, wanted: str
) -> None:
    with (
        patch.object(packages, "has_porcupine", return_value=False),
        patch("platform.libc_ver", return_value=(libc, "")),
        patch("platform.machine", return_value=machine),
        installing(works=True) as pip,
    ):
        assert await packages.async_provide_porcupine(hass)
    assert pip.call_args.args[2] == [wanted]
