"""Tests of choosing a satellite: in the first set-up, and later as a subentry."""

from http import HTTPStatus
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from homeassistant.components.tts import TextToSpeechEntity
from homeassistant.components.tts.const import DATA_COMPONENT as ENGINES
from homeassistant.config_entries import ConfigEntryState, SubentryFlowResult
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.reply_satellite.const import (
    DEFAULT_MODEL,
    HOT_WINDOW_KEEP,
    NEVER,
)
from custom_components.reply_satellite.flows import microphone_test
from custom_components.reply_satellite.voice.hearing.microphone import (
    DeviceError,
    Fault,
)

from ..residence import MakeResidence, PlayedMicrophone, Residence
from ..standins.elevenlabs import ElevenLabsStandin
from ..standins.openai import OpenAIStandin
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


def tone(amplitude: float) -> bytes:
    """Six seconds of a tone, int16 LE mono at 16 kHz; louder than 1 is cut off."""
    wave = amplitude * np.sin(np.arange(6 * 16_000) * 2 * np.pi * 440 / 16_000)
    return (32_767 * wave.clip(-1, 1)).astype(np.int16).tobytes()


async def to_voice(
    hass: HomeAssistant, accounts: dict[str, str], **hearing: Any
) -> Any:
    """Come to the last step."""
    result = await to_satellite(hass, accounts)
    result = await go_on(hass, result, **hearing)
    result = await go_on(hass, result)
    result = await go_on(hass, result)
    assert result["step_id"] == "voice"
    return result


async def after(hass: HomeAssistant, result: Any) -> Any:
    """Wait until a dialog is done with what it shows the progress of, if it is not."""
    if result["type"] is FlowResultType.SHOW_PROGRESS:
        await hass.async_block_till_done()
        flow_id = result["flow_id"]
        result = await hass.config_entries.flow.async_configure(flow_id)
    assert result["type"] is FlowResultType.MENU
    return result


def field_of(result: Any, name: str) -> Any:
    """A field of a form."""
    (field,) = [key for key in result["data_schema"].schema if key == name]
    return field


def suggested(result: Any, name: str) -> Any:
    """What a form suggests for a field."""
    return field_of(result, name).description["suggested_value"]


def chosen(result: Any) -> dict[str, Any]:
    """The satellite's data, when the flow is over."""
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = result["result"].subentries.values()
    return dict(subentry.data)


# --- hearing ---


async def test_hearing(flows: HomeAssistant, accounts: dict[str, str]) -> None:
    result = await to_voice(
        flows,
        accounts,
        name="Kitchen",
        microphone="pulse:room",
        language="de",
        stt_entity="stt.cloud",
        chimes=False,
        precision={
            "sensitivity_reply": 0.7,
            "silence_end": 2,
            "transcribe_live": False,
        },
    )
    result = await go_on(flows, result)
    data = chosen(result)
    (subentry,) = result["result"].subentries.values()
    assert subentry.title == "Kitchen"
    assert data["microphone"] == "pulse:room"
    assert data["language"] == "de"
    assert data["stt_entity"] == "stt.cloud"
    assert data["chimes"] is False
    assert data["sensitivity_reply"] == 0.7
    assert data["sensitivity_computer"] == 0.5
    assert data["silence_end"] == 2
    assert data["transcribe_live"] is False


@pytest.mark.parametrize(
    ("sound", "verdict", "level"),
    [
        (tone(0.2), "good", "-17"),
        (tone(0.003), "quiet", "-54"),
        (tone(3), "clipped", "-1"),
        (bytes(6 * 32_000), "silent", "-90"),
        (DeviceError(Fault.BUSY), "failed", "-65"),
    ],
    ids=["good", "quiet", "clipped", "silent", "failed"],
)
async def test_the_microphone_can_be_tried(
    flows: HomeAssistant,
    accounts: dict[str, str],
    microphone: PlayedMicrophone,
    sound: bytes | DeviceError,
    verdict: str,
    level: str,
) -> None:
    if isinstance(sound, bytes):
        microphone.play(sound)
    else:
        microphone.fault = sound
    result = await to_satellite(flows, accounts)
    result = await after(flows, await go_on(flows, result, test_microphone=True))
    assert result["step_id"] == f"microphone_{verdict}"
    assert result["description_placeholders"] == {"level": level}


async def test_the_microphone_can_be_changed_after_its_test(
    flows: HomeAssistant, accounts: dict[str, str], microphone: PlayedMicrophone
) -> None:
    result = await to_satellite(flows, accounts)
    with patch.object(microphone_test, "SECONDS", 0.2):
        result = await go_on(flows, result, test_microphone=True, name="Kitchen")
        for choice in ("microphone", "hearing"):
            result = await after(flows, result)
            result = await go_on(flows, result, next_step_id=choice)
    assert result["step_id"] == "hearing"
    assert microphone.opened == 2
    assert field_of(result, "name").default() == "Kitchen"
    result = await go_on(flows, result)
    assert result["step_id"] == "room"


async def test_going_on_after_the_microphones_test(
    flows: HomeAssistant, accounts: dict[str, str]
) -> None:
    result = await to_satellite(flows, accounts)
    with patch.object(microphone_test, "SECONDS", 0.2):
        result = await go_on(flows, result, test_microphone=True)
        assert result["type"] is FlowResultType.SHOW_PROGRESS
        assert result["progress_action"] == "microphone"
        result = await after(flows, result)
    result = await go_on(flows, result, next_step_id="keywords")
    assert result["step_id"] == "room"


# --- with fewer services ---


async def test_without_keys_entities_of_home_assistant_are_needed(
    flows: HomeAssistant, openai_standin: OpenAIStandin
) -> None:
    accounts = {
        "openai_api_key": openai_standin.key,
        "openai_url": openai_standin.base_url,
    }
    result = await to_satellite(flows, accounts)
    assert suggested(result, "stt_entity") == "stt.cloud"
    result = await go_on(flows, result, stt_entity="stt.cloud")
    result = await go_on(flows, result)
    result = await go_on(flows, result)
    assert suggested(result, "tts_entity") == "tts.cloud"
    result = await go_on(flows, result, tts_entity="tts.cloud")
    data = chosen(result)
    assert data["stt_entity"] == "stt.cloud"
    assert data["tts_entity"] == "tts.cloud"
    assert "voice" not in data


async def test_nothing_is_suggested_where_there_is_nothing(
    flows: HomeAssistant, openai_standin: OpenAIStandin
) -> None:
    for entity_id in flows.states.async_entity_ids():
        flows.states.async_remove(entity_id)
    accounts = {
        "openai_api_key": openai_standin.key,
        "openai_url": openai_standin.base_url,
    }
    result = await go_on(flows, await begin(flows), **form_of(accounts))
    assert result["errors"] == {"assemblyai_api_key": "key_or_entity_needed"}
    flows.states.async_set("stt.cloud", "unknown")
    result = await go_on(flows, result, servers=form_of(accounts)["servers"])
    result = await go_on(flows, result, stt_entity="stt.cloud")
    result = await go_on(flows, result)
    result = await go_on(flows, result)
    assert suggested(result, "tts_entity") is None
    result = await go_on(flows, result)
    assert result["type"] is FlowResultType.CREATE_ENTRY


# --- assistant ---


async def to_assistant(hass: HomeAssistant, accounts: dict[str, str]) -> Any:
    """Come to the assistant's step."""
    result = await go_on(hass, await to_satellite(hass, accounts))
    return await go_on(hass, result, volume=40, cameras=["camera.door"])


async def test_what_never_ends(flows: HomeAssistant, accounts: dict[str, str]) -> None:
    result = await to_assistant(flows, accounts)
    result = await go_on(
        flows,
        result,
        model="my-own",
        thread={"keep_thread": True},
        privacy={"keep_forever": True, "local_threads": True},
    )
    data = chosen(await go_on(flows, result))
    assert data["volume"] == 0.4
    assert data["cameras"] == ["camera.door"]
    assert data["model"] == "my-own"
    assert data["hot_window"] == HOT_WINDOW_KEEP
    assert data["thread_retention_days"] == NEVER
    assert data["local_threads"] is True
    assert not {"keep_thread", "keep_forever"} & data.keys()


async def test_thinking_ahead_needs_threads_that_are_kept_here(
    flows: HomeAssistant, accounts: dict[str, str]
) -> None:
    result = await to_assistant(flows, accounts)
    wish = {"thread": {"thinking_ahead": 8}}
    result = await go_on(flows, result, **wish)
    assert result["step_id"] == "assistant"
    assert result["errors"] == {"base": "ahead_needs_local_threads"}
    result = await go_on(flows, result, **wish, privacy={"local_threads": True})
    data = chosen(await go_on(flows, result))
    assert data["thinking_ahead"] == 8
    assert data["local_threads"] is True


def model_of(result: Any) -> tuple[str, list[str]]:
    """The model a form begins with, and those it offers."""
    for key, selector in result["data_schema"].schema.items():
        if key == "model":
            return key.default(), [o["value"] for o in selector.config["options"]]
    raise KeyError


async def test_the_models_are_the_accounts(
    flows: HomeAssistant, accounts: dict[str, str]
) -> None:
    model, offered = model_of(await to_assistant(flows, accounts))
    assert model == DEFAULT_MODEL
    assert model in offered
    assert not [name for name in offered if "embedding" in name or "tts" in name]


async def test_a_server_without_the_usual_model(
    flows: HomeAssistant, accounts: dict[str, str]
) -> None:
    with patch("tests.standins.openai.MODELS", ["llama"]):
        assert model_of(await to_assistant(flows, accounts)) == ("llama", ["llama"])


async def test_the_models_can_be_typed_where_there_is_no_list(
    flows: HomeAssistant, accounts: dict[str, str], openai_standin: OpenAIStandin
) -> None:
    result = await to_satellite(flows, accounts)
    result = await go_on(flows, result)
    async with openai_standin.refusing():
        result = await go_on(flows, result)
    assert result["errors"] == {"model": "unreachable"}
    assert model_of(result) == (DEFAULT_MODEL, [])
    result = await go_on(flows, result)
    assert result["step_id"] == "voice"


# --- voice ---


async def test_a_voice_in_a_manner_of_its_own(
    flows: HomeAssistant, accounts: dict[str, str]
) -> None:
    result = await to_voice(flows, accounts)
    result = await go_on(
        flows,
        result,
        voice="my-voice",
        second_tts_entity="tts.cloud",
        manner={"speed": 1.1},
    )
    data = chosen(result)
    assert data["voice"] == "my-voice"
    assert data["second_tts_entity"] == "tts.cloud"
    assert data["voice_settings"] == {
        "stability": 0.5,
        "similarity_boost": 0.75,
        "style": 0.0,
        "speed": 1.1,
        "use_speaker_boost": True,
    }


async def test_words_pronounced_as_the_account_says(
    flows: HomeAssistant, accounts: dict[str, str]
) -> None:
    result = await to_voice(flows, accounts)
    four = ["dict-house", "dict-names", "dict-three", "dict-four"]
    result = await go_on(flows, result, pronunciation_dictionaries=four)
    assert result["errors"] == {"pronunciation_dictionaries": "too_many_dictionaries"}
    result = await go_on(flows, result, pronunciation_dictionaries=four[:3])
    assert chosen(result)["pronunciation_dictionaries"] == four[:3]


async def test_a_key_that_may_not_see_dictionaries(
    flows: HomeAssistant,
    accounts: dict[str, str],
    elevenlabs_standin: ElevenLabsStandin,
) -> None:
    missing = elevenlabs_standin.error("missing_permissions")
    elevenlabs_standin.script("/v1/pronunciation-dictionaries", fault=missing)
    result = await to_voice(flows, accounts)
    assert not result["errors"]
    assert "pronunciation_dictionaries" not in result["data_schema"].schema
    assert "pronunciation_dictionaries" not in chosen(await go_on(flows, result))


async def test_the_voice_can_be_typed_where_there_is_no_list(
    flows: HomeAssistant,
    accounts: dict[str, str],
    elevenlabs_standin: ElevenLabsStandin,
) -> None:
    result = await go_on(flows, await to_satellite(flows, accounts))
    result = await go_on(flows, result)
    async with elevenlabs_standin.refusing():
        result = await go_on(flows, result)
    assert result["errors"] == {"voice": "unreachable"}
    data = chosen(await go_on(flows, result, voice="typed"))
    assert data["voice"] == "typed"


class Announcer(TextToSpeechEntity):
    """A voice that Home Assistant has from elsewhere."""

    entity_id = "tts.hall"
    _attr_default_language = "en"
    _attr_supported_languages = ["en"]  # noqa: RUF012


type Played = list[dict[str, Any]]


@pytest.fixture
def played(flows: HomeAssistant) -> Played:
    """What the media players were given."""
    found: Played = []

    async def play(call: ServiceCall) -> None:
        found.append(dict(call.data))

    flows.services.async_register("media_player", "play_media", play)
    return found


async def test_the_voice_can_be_heard(
    flows: HomeAssistant,
    accounts: dict[str, str],
    played: Played,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    result = await to_voice(flows, accounts)
    result = await after(flows, await go_on(flows, result, sample="Good morning."))
    assert result["step_id"] == "sample_played"
    result = await go_on(flows, result, next_step_id="voice")
    result = await after(flows, await go_on(flows, result, sample="Good evening."))

    first, last = played
    assert first["entity_id"] == last["entity_id"] == [PLAYER]
    assert last["announce"] is True
    client = await hass_client_no_auth()
    base = flows.config.internal_url or ""
    answer = await client.get(last["media_content_id"].removeprefix(base))
    assert answer.status == HTTPStatus.OK
    assert len(await answer.read()) > 10_000
    # The one before is gone, and nobody gets in without the signature.
    answer = await client.get(first["media_content_id"].removeprefix(base))
    assert answer.status == HTTPStatus.NOT_FOUND
    bare = last["media_content_id"].partition("?")[0].removeprefix(base)
    assert (await client.get(bare)).status == HTTPStatus.UNAUTHORIZED

    result = await go_on(flows, result, next_step_id="finish")
    assert "sample" not in chosen(result)


async def test_another_voice_can_be_heard(
    flows: HomeAssistant, accounts: dict[str, str], played: Played
) -> None:
    result = await to_voice(flows, accounts)
    await flows.data[ENGINES].async_add_entities([Announcer()])
    result = await go_on(flows, result, tts_entity="tts.hall", sample="Good morning.")
    # Nothing has to be waited for: the player fetches what it is to play.
    assert result["step_id"] == "sample_played"
    (call,) = played
    assert call["media_content_id"].startswith("media-source://tts/tts.hall?")


async def test_a_sentence_without_a_voice(
    flows: HomeAssistant, accounts: dict[str, str], played: Played
) -> None:
    del accounts["elevenlabs_api_key"]
    flows.states.async_remove("tts.cloud")
    result = await to_voice(flows, accounts)
    result = await go_on(flows, result, sample="Good morning.")
    assert result["step_id"] == "sample_failed"
    assert not played
    result = await go_on(flows, result, next_step_id="finish")
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("language", "fails", "expected"),
    [
        ("en", "voice", "ElevenLabs does not know a name it was given"),
        ("de", "voice", "ElevenLabs kennt einen Namen nicht, der angegeben wurde"),
        ("en", "player", "Action media_player.play_media not found"),
        ("de", "player", "Aktion media_player.play_media nicht gefunden"),
    ],
)
async def test_why_nothing_was_heard(
    flows: HomeAssistant,
    accounts: dict[str, str],
    elevenlabs_standin: ElevenLabsStandin,
    language: str,
    fails: str,
    expected: str,
) -> None:
    flows.config.language = language
    result = await to_voice(flows, accounts)
    if fails == "voice":
        unknown = elevenlabs_standin.error("voice_not_found")
        elevenlabs_standin.script("/v1/text-to-speech/*", fault=unknown)
    # No media_player integration is there: the call itself fails.
    result = await after(flows, await go_on(flows, result, sample="Good morning."))
    assert result["step_id"] == "sample_failed"
    assert result["description_placeholders"]["error"] == expected


@pytest.mark.parametrize(
    "error",
    [
        HomeAssistantError("The plug is out"),
        HomeAssistantError(
            "The plug is out", translation_domain="plugs", translation_key="out"
        ),
    ],
    ids=["without words", "without translation"],
)
async def test_why_a_player_without_translations_did_not_play(
    flows: HomeAssistant, accounts: dict[str, str], error: HomeAssistantError
) -> None:
    async def play(_call: ServiceCall) -> None:
        raise error

    flows.services.async_register("media_player", "play_media", play)
    result = await to_voice(flows, accounts)
    result = await after(flows, await go_on(flows, result, sample="Good morning."))
    assert result["description_placeholders"]["error"] == "The plug is out"


async def test_without_a_player_nothing_is_tried(
    flows: HomeAssistant, accounts: dict[str, str], played: Played
) -> None:
    result = await go_on(flows, await to_satellite(flows, accounts))
    result = await go_on(flows, result, media_players=[])
    result = await go_on(flows, result)
    result = await go_on(flows, result, voice="my-voice", sample="Good morning.")
    assert result["step_id"] == "voice"
    assert result["errors"] == {"sample": "no_player"}
    assert field_of(result, "voice").default() == "my-voice"
    result = await go_on(flows, result)
    assert chosen(result)["media_players"] == []
    assert not played


# --- satellites of an entry that is there ---


async def test_adding_a_satellite(residence: Residence, sounds: None) -> None:
    del sounds
    hass, entry = residence.hass, residence.entry
    subentries = hass.config_entries.subentries
    result: SubentryFlowResult = await subentries.async_init(
        (entry.entry_id, "satellite"), context={"source": "user"}
    )
    result = await subentries.async_configure(result["flow_id"], {"name": "Bath"})
    for _ in range(3):
        result = await subentries.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    names = {it.name for it in entry.runtime_data.satellites.values()}
    assert names == {"Kitchen", "Bath"}


@pytest.fixture
def sounds(microphone: PlayedMicrophone) -> None:
    """Inputs to choose from, for a residence."""
    del microphone


async def reconfigure(hass: HomeAssistant, entry: MockConfigEntry, step: str) -> Any:
    """Open one step of the satellite that is there."""
    (subentry_id,) = entry.subentries
    result: Any = await entry.start_subentry_reconfigure_flow(hass, subentry_id)
    assert result["type"] is FlowResultType.MENU
    assert result["menu_options"] == ["hearing", "room", "assistant", "voice"]
    return await hass.config_entries.subentries.async_configure(
        result["flow_id"], {"next_step_id": step}
    )


@pytest.mark.parametrize(
    ("step", "entered", "kept"),
    [
        ("hearing", {"name": "Pantry"}, {"microphone": "default"}),
        ("room", {"volume": 50}, {"volume": 0.5}),
        (
            "room",
            {"player": {"audio_format": "flac", "whole_file": True}},
            {"audio_format": "flac", "whole_file": True},
        ),
        ("assistant", {"reasoning": "low"}, {"reasoning": "low"}),
        ("voice", {"voice_model": "eleven_v3"}, {"voice_model": "eleven_v3"}),
    ],
)
async def test_changing_one_thing_changes_it_at_once(
    make_residence: MakeResidence,
    sounds: None,
    step: str,
    entered: dict[str, Any],
    kept: dict[str, Any],
) -> None:
    del sounds
    residence = await make_residence({"hot_window": -1, "language": "en"})
    hass, entry = residence.hass, residence.entry
    before = residence.satellite
    result = await reconfigure(hass, entry, step)
    assert result["step_id"] == step
    result = await hass.config_entries.subentries.async_configure(
        result["flow_id"], entered
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    after = residence.satellite
    assert after is not before
    (subentry,) = entry.subentries.values()
    assert after.name == subentry.title == entered.get("name", "Kitchen")
    assert kept.items() <= subentry.data.items()
    assert subentry.data["hot_window"] == HOT_WINDOW_KEEP


async def test_a_satellite_can_be_changed_while_the_entry_is_down(
    make_residence: MakeResidence, sounds: None
) -> None:
    del sounds
    residence = await make_residence()
    hass, entry = residence.hass, residence.entry
    async with residence.openai.refusing():
        await hass.config_entries.async_reload(entry.entry_id)
    assert entry.reason
    result = await reconfigure(hass, entry, "room")
    result = await hass.config_entries.subentries.async_configure(
        result["flow_id"], {"volume": 30}
    )
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert residence.satellite.settings.volume == 0.3
