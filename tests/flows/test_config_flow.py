"""Tests of setting up accounts and the first satellite, at the services' stand-ins."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.reply_satellite.const import DEFAULTS, DOMAIN

from ..residence import MakeResidence, PlayedMicrophone, Residence
from ..standins.assemblyai import AssemblyAIStandin
from ..standins.elevenlabs import ElevenLabsStandin
from ..standins.openai import OpenAIStandin
from ..standins.server import Standin
from ..voice.hearing.picovoice import FIT
from .walking import (
    PLAYER,
    accounts,
    begin,
    flows,
    form_of,
    go_on,
    microphone,
    to_satellite,
)

__all__ = ["accounts", "flows", "microphone"]

type Browser = TestClient[Request, Application]

FLOWS = "/api/config/config_entries/flow"

FIELDS = {
    "openai": "openai_api_key",
    "assemblyai": "assemblyai_api_key",
    "elevenlabs": "elevenlabs_api_key",
}


@pytest.fixture
def services(
    openai_standin: OpenAIStandin,
    assemblyai_standin: AssemblyAIStandin,
    elevenlabs_standin: ElevenLabsStandin,
) -> dict[str, Standin]:
    """The stand-ins by their names."""
    found: tuple[Standin, ...] = (
        openai_standin,
        assemblyai_standin,
        elevenlabs_standin,
    )
    return {service.name: service for service in found}


@pytest.fixture
async def browser(flows: HomeAssistant, hass_client: ClientSessionGenerator) -> Browser:
    """What walks through a flow as a browser does."""
    for component in ("config", DOMAIN):
        assert await async_setup_component(flows, component, {})
    client: Browser = await hass_client()
    return client


async def test_submitting_all_the_way(
    flows: HomeAssistant, accounts: dict[str, str]
) -> None:
    result = await to_satellite(flows, accounts)
    for step in ("room", "assistant", "voice"):
        result = await go_on(flows, result)
        assert result["type"] is FlowResultType.FORM
        assert result["step_id"] == step
        assert not result["errors"]
    result = await go_on(flows, result)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Reply Satellite"
    entry = result["result"]
    assert dict(entry.data) == accounts
    (subentry,) = entry.subentries.values()
    assert subentry.subentry_type == "satellite"
    assert subentry.title == "Satellite"
    chosen = dict(subentry.data)
    # A player that goes on with its music afterwards is suggested first.
    assert chosen.pop("media_players") == [PLAYER]
    assert chosen.pop("voice")
    assert chosen == {key: DEFAULTS[key] for key in chosen}
    assert {"microphone", "model", "instructions", "hot_window"} < chosen.keys()


async def test_every_form_reaches_the_browser(
    flows: HomeAssistant,
    accounts: dict[str, str],
    browser: Browser,
) -> None:
    answer = await browser.post(FLOWS, json={"handler": DOMAIN})
    entered: dict[str, Any] = form_of(accounts)
    for step in ("user", "hearing", "room", "assistant", "voice"):
        form = await answer.json()
        assert form["step_id"] == step
        fields = {field["name"]: field for field in form["data_schema"]}
        if step == "user":
            assert all(fields[key]["secret"] for key in FIELDS.values())
            assert fields["servers"]["expanded"] is False
        answer = await browser.post(f"{FLOWS}/{form['flow_id']}", json=entered)
        entered = {}
    assert (await answer.json())["type"] == "create_entry"


@pytest.mark.parametrize("name", FIELDS)
async def test_a_wrong_key_is_said_at_its_field(
    flows: HomeAssistant,
    accounts: dict[str, str],
    services: dict[str, Standin],
    name: str,
) -> None:
    wrong = accounts | {FIELDS[name]: "wrong"}
    result = await go_on(flows, await begin(flows), **form_of(wrong))
    assert result["step_id"] == "user"
    assert result["errors"] == {FIELDS[name]: "wrong_key"}
    assert services[name].requests
    result = await go_on(flows, result, **form_of(accounts))
    assert result["step_id"] == "hearing"


async def test_what_was_entered_stays_after_an_error(
    flows: HomeAssistant, accounts: dict[str, str]
) -> None:
    wrong = form_of(accounts | {"elevenlabs_api_key": "wrong"})
    result = await go_on(flows, await begin(flows), **wrong)
    assert result["errors"] == {"elevenlabs_api_key": "wrong_key"}
    result = await go_on(
        flows,
        result,
        elevenlabs_api_key=accounts["elevenlabs_api_key"],
        servers=wrong["servers"],
    )
    for step in ("hearing", "room", "assistant", "voice"):
        assert result["step_id"] == step
        result = await go_on(flows, result)
    assert dict(result["result"].data) == accounts


async def test_a_service_can_be_left_out_after_an_error(
    flows: HomeAssistant, accounts: dict[str, str]
) -> None:
    wrong = form_of(accounts | {"elevenlabs_api_key": "wrong"})
    result = await begin(flows)
    assert "forget" not in asked_for(result)
    result = await go_on(flows, result, **wrong)
    result = await go_on(flows, result, forget=["elevenlabs"], servers=wrong["servers"])
    assert result["step_id"] == "hearing"


@pytest.mark.parametrize("around", [" {}", "{}\n", "\u00a0{}\t"])
async def test_what_surrounds_a_key_is_none_of_it(
    flows: HomeAssistant, accounts: dict[str, str], around: str
) -> None:
    pasted = {
        key: around.format(value) if key.endswith(("_key", "_url")) else value
        for key, value in accounts.items()
    }
    result = await to_satellite(flows, pasted)
    for _ in ("hearing", "room", "assistant", "voice"):
        result = await go_on(flows, result)
    assert dict(result["result"].data) == accounts


@pytest.mark.parametrize("key", ["\u201ckey\u201d", "the\u00a0key", "the\nkey"])
@pytest.mark.parametrize("name", FIELDS)
async def test_what_no_key_can_be_is_a_wrong_one(
    flows: HomeAssistant, accounts: dict[str, str], name: str, key: str
) -> None:
    wrong = accounts | {FIELDS[name]: key}
    result = await go_on(flows, await begin(flows), **form_of(wrong))
    assert result["errors"] == {FIELDS[name]: "wrong_key"}


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("openai", "insufficient_quota"),
        ("assemblyai", "insufficient_funds"),
        ("elevenlabs", "quota_exceeded"),
    ],
)
async def test_an_empty_account_is_said_at_its_field(
    flows: HomeAssistant,
    accounts: dict[str, str],
    services: dict[str, Standin],
    name: str,
    error: str,
) -> None:
    service = services[name]
    service.script(fault=service.error(error))
    result = await go_on(flows, await begin(flows), **form_of(accounts))
    assert result["errors"] == {FIELDS[name]: "no_funds"}
    service.clear_script()
    result = await go_on(flows, result, **form_of(accounts))
    assert result["step_id"] == "hearing"


async def test_services_out_of_reach_are_said_all_at_once(
    flows: HomeAssistant, accounts: dict[str, str], services: dict[str, Standin]
) -> None:
    result = await begin(flows)
    async with AsyncExitStack() as stack:
        for service in services.values():
            await stack.enter_async_context(service.refusing())
        result = await go_on(flows, result, **form_of(accounts))
    assert result["errors"] == dict.fromkeys(FIELDS.values(), "unreachable")
    result = await go_on(flows, result, **form_of(accounts))
    assert result["step_id"] == "hearing"


async def test_only_a_server_of_ones_own_needs_no_key(
    flows: HomeAssistant, openai_standin: OpenAIStandin
) -> None:
    result = await go_on(flows, await begin(flows))
    assert result["errors"] == {"openai_api_key": "key_needed"}
    openai_standin.key = "none"
    servers = {"openai_url": openai_standin.base_url}
    result = await go_on(flows, result, servers=servers)
    assert result["step_id"] == "hearing"


@pytest.mark.parametrize("address", ["ftp://host/v1", "host", "http://[", "http://"])
async def test_an_address_must_be_one(
    flows: HomeAssistant, accounts: dict[str, str], address: str
) -> None:
    wrong = accounts | {"openai_url": address}
    result = await go_on(flows, await begin(flows), **form_of(wrong))
    # Where a browser shows it: an error of a field in a section is not seen.
    assert result["errors"] == {"servers": "invalid_url"}
    servers = {key: accounts[key] for key in accounts if not key.endswith("_key")}
    result = await go_on(flows, result, servers=servers)
    assert result["step_id"] == "hearing"


async def test_porcupines_key_is_tried_too(
    flows: HomeAssistant, accounts: dict[str, str]
) -> None:
    # Not of the form of a key: the engine knows without asking anybody.
    entered = form_of(accounts) | {"porcupine_access_key": "key"}
    result = await go_on(flows, await begin(flows), **entered)
    assert result["errors"] == {"porcupine_access_key": "wrong_key"}


async def test_there_is_one_entry(residence: Residence) -> None:
    result = await residence.hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "single_instance_allowed"


# --- later: other keys ---


def asked_for(result: Any) -> list[str]:
    """The fields of a form."""
    return [str(field) for field in result["data_schema"].schema]


async def test_reauthentication_asks_for_the_key_that_failed(
    residence: Residence,
) -> None:
    residence.elevenlabs.key = "new"
    residence.entry.async_start_reauth(residence.hass, data={"service": "elevenlabs"})
    await residence.hass.async_block_till_done()
    (flow,) = residence.hass.config_entries.flow.async_progress()
    result = await residence.hass.config_entries.flow.async_configure(flow["flow_id"])
    assert result["step_id"] == "reauth_confirm"
    assert asked_for(result) == ["elevenlabs_api_key"]

    result = await go_on(residence.hass, result, elevenlabs_api_key="wrong")
    assert result["errors"] == {"elevenlabs_api_key": "wrong_key"}
    result = await go_on(residence.hass, result, elevenlabs_api_key="new")
    assert result["reason"] == "reauth_successful"
    assert residence.entry.data["elevenlabs_api_key"] == "new"
    assert residence.entry.data["openai_api_key"] == residence.openai.key


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("openai", "openai_api_key"),
        ("assemblyai", "assemblyai_api_key"),
        # All are well by now: it was OpenAI's that set-up could not do without.
        (None, "openai_api_key"),
    ],
)
async def test_reauthentication_finds_the_key_that_failed(
    residence: Residence, services: dict[str, Standin], name: str | None, asked: str
) -> None:
    if name is not None:
        services[name].key = "new"
    result = await residence.entry.start_reauth_flow(residence.hass)
    assert asked_for(result) == [asked]


async def test_reconfiguring_keeps_what_is_left_empty(residence: Residence) -> None:
    hass, entry = residence.hass, residence.entry
    before = dict(entry.data)
    result = await entry.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    residence.openai.key = "new"
    servers = {key: before[key] for key in before if key.endswith("_url")}
    result = await go_on(hass, result, openai_api_key="wrong", servers=servers)
    assert result["errors"] == {"openai_api_key": "wrong_key"}
    result = await go_on(
        hass, result, openai_api_key="new", servers=servers, forget=["elevenlabs"]
    )
    assert result["reason"] == "reconfigure_successful"
    after = before | {"openai_api_key": "new", "assemblyai_region": "us"}
    del after["elevenlabs_api_key"]
    assert dict(entry.data) == after


async def test_reconfiguring_asks_only_what_was_changed(
    make_residence: MakeResidence,
) -> None:
    residence = await make_residence(assemblyai_region="us")
    hass, entry = residence.hass, residence.entry
    servers = {key: entry.data[key] for key in entry.data if key.endswith("_url")}
    residence.openai.key = "new"
    residence.elevenlabs.key = "newer"
    result = await entry.start_reconfigure_flow(hass)
    async with residence.assemblyai.refusing():
        result = await go_on(
            hass,
            result,
            openai_api_key="new",
            elevenlabs_api_key="wrong",
            servers=servers,
        )
        assert result["errors"] == {"elevenlabs_api_key": "wrong_key"}
        result = await go_on(hass, result, elevenlabs_api_key="newer", servers=servers)
        assert result["reason"] == "reconfigure_successful"
        await hass.async_block_till_done()
    assert entry.data["openai_api_key"] == "new"
    assert entry.data["elevenlabs_api_key"] == "newer"
    assert entry.state is ConfigEntryState.LOADED


async def test_moving_to_a_server_of_ones_own_forgets_openais_key(
    residence: Residence,
) -> None:
    hass, entry = residence.hass, residence.entry
    result = await entry.start_reconfigure_flow(hass)
    servers = {key: entry.data[key] for key in entry.data if key.endswith("_url")}
    del servers["openai_url"]
    result = await go_on(hass, result, forget=["openai"], servers=servers)
    assert result["errors"] == {"openai_api_key": "key_needed"}
    # What a server gets that is to be asked without a key.
    residence.openai.key = "none"
    servers |= {"openai_url": residence.openai.base_url}
    result = await go_on(hass, result, servers=servers)
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert "openai_api_key" not in entry.data
    answer = await residence.call("ask", answers=True, text="Hello", speak=False)
    assert answer["reply"]


async def test_leaving_porcupine(
    make_residence: MakeResidence, microphone: PlayedMicrophone
) -> None:
    del microphone
    models = {"reply_ppn": str(FIT), "snapshot_ppn": str(FIT)}
    residence = await make_residence(
        # Not of the form of a key: another is asked for, and Picovoice is not.
        {"spotter": "porcupine", **models},
        porcupine_access_key="x",
    )
    hass, entry = residence.hass, residence.entry
    await residence.until(lambda: bool(hass.config_entries.flow.async_progress()))
    result = await entry.start_reconfigure_flow(hass)
    servers = {key: entry.data[key] for key in entry.data if key.endswith("_url")}
    result = await go_on(hass, result, forget=["porcupine"], servers=servers)
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert hass.config_entries.flow.async_progress() == []
    assert not ir.async_get(hass).issues
    assert residence.satellite.settings.spotter == "builtin"


async def test_no_key_is_sent_back_after_an_error(
    flows: HomeAssistant,
    accounts: dict[str, str],
    browser: Browser,
) -> None:
    answer = await browser.post(FLOWS, json={"handler": DOMAIN})
    begun = await answer.json()
    wrong = form_of(accounts | {"openai_api_key": "mistyped"})
    answer = await browser.post(f"{FLOWS}/{begun['flow_id']}", json=wrong)
    assert (await answer.json())["errors"] == {"openai_api_key": "wrong_key"}
    words = await answer.text()
    assert not any(key in words for key in ("mistyped", accounts["openai_api_key"]))
    assert accounts["elevenlabs_api_key"] not in words


async def test_no_key_is_sent_back(
    flows: HomeAssistant,
    accounts: dict[str, str],
    browser: Browser,
) -> None:
    entry = MockConfigEntry(domain=DOMAIN, data=accounts)
    entry.add_to_hass(flows)
    wanted = {"handler": DOMAIN, "entry_id": entry.entry_id}
    answer = await browser.post(FLOWS, json=wanted)
    words = await answer.text()
    for key, value in accounts.items():
        assert (value in words) is not key.endswith("_key"), key


async def test_a_changed_account_is_used_where_set_up_failed(
    residence: Residence,
) -> None:
    hass, entry = residence.hass, residence.entry
    residence.openai.key = "new"
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reauth_confirm"
    result = await hass.config_entries.flow.async_configure(flow["flow_id"])
    result = await go_on(hass, result, openai_api_key="new")
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert residence.satellite.name == "Kitchen"


async def test_closing_the_dialog_ends_the_test(
    flows: HomeAssistant, accounts: dict[str, str], microphone: PlayedMicrophone
) -> None:
    result = await to_satellite(flows, accounts)
    result = await flows.config_entries.flow.async_configure(
        result["flow_id"], {"test_microphone": True}
    )
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    async with asyncio.timeout(20):
        while not microphone.opened:
            await asyncio.sleep(0.01)
    flows.config_entries.flow.async_abort(result["flow_id"])
    await flows.async_block_till_done(wait_background_tasks=True)
    assert microphone.opened == 1
