"""Tests of the account's voice as Home Assistant's other parts use it."""

from collections.abc import AsyncGenerator

import pytest
from homeassistant.components import tts
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.components.tts.helper import get_engine_instance
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er

from custom_components.reply_satellite import const
from custom_components.reply_satellite.tts import ReplySatelliteVoice
from custom_components.reply_satellite.voice.errors import (
    NoFundsError,
    UnknownNameError,
    VoiceError,
)
from custom_components.reply_satellite.voice.speaking.length import is_mp3
from custom_components.reply_satellite.voice.turn import Outcome

from .engines import Engine
from .residence import PLAYER, VOICE, MakeResidence, Residence
from .standins.exchange import Record
from .test_failures import issues

ENGINE = "tts.reply_satellite"
SPEECH = "/v1/text-to-speech/*"


def engine(hass: HomeAssistant) -> ReplySatelliteVoice:
    """Our tts entity."""
    found = get_engine_instance(hass, ENGINE)
    assert isinstance(found, ReplySatelliteVoice)
    return found


def spoken(residence: Residence) -> list[Record]:
    """The requests for speech."""
    return [one for one in residence.elevenlabs.requests if "text-to" in one.path]


async def say(hass: HomeAssistant, text: str, **options: object) -> bytes:
    """Speak a text as `tts.speak` does. Raises HomeAssistantError."""
    stream = tts.async_create_stream(hass, ENGINE, "en", dict(options))
    stream.async_set_message(text)
    return b"".join([chunk async for chunk in stream.async_stream_result()])


async def test_what_it_offers(residence: Residence) -> None:
    voice = engine(residence.hass)
    assert voice.async_supports_streaming_input()
    assert voice.default_language in voice.supported_languages
    assert {"voice", "model", "speed", "pronunciation_dictionaries"} <= set(
        voice.supported_options or ()
    )
    assert voice.default_options == {"model": const.DEFAULT_VOICE_MODEL}
    offered = voice.async_get_supported_voices("en")
    assert offered is not None
    assert (VOICE, "Rachel") in [(one.voice_id, one.name) for one in offered]


@pytest.mark.parametrize(
    ("home", "code"), [("de", "de"), ("pt-BR", "pt"), ("nb", "no"), ("ca", "en")]
)
async def test_without_a_choice_it_speaks_the_homes_language(
    residence: Residence, home: str, code: str
) -> None:
    residence.hass.config.language = home
    await residence.hass.services.async_call(
        "tts",
        "speak",
        {
            "entity_id": ENGINE,
            "media_player_entity_id": PLAYER,
            "message": "Guten Morgen zusammen",
            "cache": False,
        },
        blocking=True,
    )
    await residence.until(lambda: bool(spoken(residence)))
    assert [one.body["language_code"] for one in spoken(residence)] == [code]


async def test_without_an_account_there_is_no_voice(
    make_residence: MakeResidence,
) -> None:
    residence = await make_residence({}, elevenlabs_api_key=None)
    assert get_engine_instance(residence.hass, ENGINE) is None


async def test_a_voice_goes_with_its_account_and_comes_back_with_it(
    residence: Residence,
) -> None:
    hass, entry, before = residence.hass, residence.entry, dict(residence.entry.data)
    without = {key: before[key] for key in before if key != "elevenlabs_api_key"}
    hass.config_entries.async_update_entry(entry, data=without)
    await hass.async_block_till_done()
    assert hass.states.get(ENGINE) is None
    assert not residence.satellite.mouth.can_speak
    assert issues(hass) == {"no_voice"}
    assert await asked(residence) is Outcome.ANSWERED

    hass.config_entries.async_update_entry(entry, data=before)
    await hass.async_block_till_done()
    assert issues(hass) == set()
    assert await asked(residence) is Outcome.SPOKEN


async def test_a_voice_that_is_disabled_is_not_spoken_with(
    residence: Residence,
) -> None:
    registry = er.async_get(residence.hass)
    registry.async_update_entity(ENGINE, disabled_by=er.RegistryEntryDisabler.USER)
    assert await asked(residence) is Outcome.ANSWERED
    assert not residence.player.calls
    registry.async_update_entity(ENGINE, disabled_by=None)
    await residence.hass.async_block_till_done()
    await residence.hass.config_entries.async_reload(residence.entry.entry_id)
    assert await asked(residence) is Outcome.SPOKEN


async def test_the_second_voice_speaks_where_the_first_is_gone(
    make_residence: MakeResidence,
) -> None:
    second = Engine()
    residence = await make_residence(
        {const.CONF_SECOND_TTS: second.entity_id}, elevenlabs_api_key=None
    )
    await residence.hass.data[DATA_COMPONENT].async_add_entities([second])
    assert await asked(residence) is Outcome.SPOKEN
    assert second.spoken == [("You said How are you.", "en")]


async def asked(residence: Residence) -> Outcome | None:
    """Ask something; returns how that ended."""
    await residence.call("ask", text="How are you?")
    await residence.until_idle()
    return residence.satellite.memory.turns[-1].outcome


async def test_options_are_passed_on(residence: Residence) -> None:
    audio = await say(
        residence.hass,
        "HA is here.",
        voice=VOICE,
        model="eleven_turbo_v2_5",
        stability=0.3,
        speed=1.1,
        pronunciation_dictionaries=["dict-house"] * 4,
    )
    assert is_mp3(audio)
    (request,) = spoken(residence)
    assert request.path.split("/")[3] == VOICE
    assert request.body["model_id"] == "eleven_turbo_v2_5"
    assert request.body["voice_settings"] == {"stability": 0.3, "speed": 1.1}
    assert len(request.body["pronunciation_dictionary_locators"]) == 3
    assert request.body["language_code"] == "en"


async def test_without_a_choice_the_accounts_first_voice_speaks(
    residence: Residence,
) -> None:
    assert is_mp3(await say(residence.hass, "Hello."))
    first = engine(residence.hass).async_get_supported_voices("en")
    assert first is not None
    assert spoken(residence)[0].path.split("/")[3] == first[0].voice_id


async def test_voices_that_could_not_be_learnt_are_asked_for_again(
    make_residence: MakeResidence,
) -> None:
    residence = await make_residence()
    residence.elevenlabs.script(
        "/v1/voices", fault=residence.elevenlabs.error("unavailable")
    )
    assert await residence.hass.config_entries.async_reload(residence.entry.entry_id)
    await residence.hass.async_block_till_done(wait_background_tasks=True)
    assert engine(residence.hass).async_get_supported_voices("en") is None
    residence.elevenlabs.clear_script()
    assert is_mp3(await say(residence.hass, "Hello."))


async def test_an_account_without_voices(residence: Residence) -> None:
    voice = engine(residence.hass)
    voice._voices = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.standins.elevenlabs.show_voices", list)
        with pytest.raises(HomeAssistantError) as raised:
            await say(residence.hass, "Hello.")
    assert isinstance(raised.value.__cause__, UnknownNameError)


async def test_whole_texts_are_spoken_too(residence: Residence) -> None:
    kind, audio = await engine(residence.hass).async_get_tts_audio(
        "Hello there.", "en", {"voice": VOICE}
    )
    assert kind == "mp3"
    assert audio is not None
    assert is_mp3(audio)


async def test_a_failure_is_told_in_home_assistants_terms(
    residence: Residence,
) -> None:
    residence.elevenlabs.script(
        SPEECH, fault=residence.elevenlabs.error("quota_exceeded")
    )
    with pytest.raises(HomeAssistantError) as raised:
        await say(residence.hass, "Hello.", voice=VOICE)
    assert raised.value.translation_domain == const.DOMAIN
    assert raised.value.translation_key == NoFundsError.key
    assert isinstance(raised.value.__cause__, VoiceError)


async def test_hushing_a_text_that_is_not_spoken_is_fine(residence: Residence) -> None:
    async def text() -> AsyncGenerator[str]:
        yield "Nobody reads this."

    engine(residence.hass).async_hush(text())
