"""Tests of engines that speak, fail and hang."""

import pytest
from homeassistant.components.tts.const import DATA_COMPONENT as ENGINES
from homeassistant.core import HomeAssistant

from custom_components.reply_satellite.playing import playback as module
from custom_components.reply_satellite.voice.errors import (
    NoFundsError,
    Service,
    TooSlowError,
    UnknownNameError,
)
from tests.engines import Engine
from tests.standins.elevenlabs import ElevenLabsStandin

from .playing import SECONDS, SPEECH, TEXT, MakePlayer, Speak, ended


async def test_nothing_to_say(make_player: MakePlayer, speak: Speak) -> None:
    await make_player()
    playback = speak("🎉")
    await playback.wait_playing()
    await playback.wait_finished()
    assert playback.first_audio is None
    assert playback.playing is None


async def test_a_voice_that_fails_at_once(
    make_player: MakePlayer, speak: Speak, elevenlabs_standin: ElevenLabsStandin
) -> None:
    await make_player()
    elevenlabs_standin.script(SPEECH, fault=elevenlabs_standin.error("quota_exceeded"))
    playback = speak()
    with pytest.raises(NoFundsError):
        await playback.wait_playing()
    assert isinstance(await ended(playback), NoFundsError)
    assert playback.unspoken == TEXT


async def test_a_voice_that_fails_midway_is_played_to_there(
    make_player: MakePlayer, begin: Speak, elevenlabs_standin: ElevenLabsStandin
) -> None:
    player = await make_player()
    elevenlabs_standin.script(
        SPEECH, nth=2, fault=elevenlabs_standin.error("quota_exceeded")
    )
    playback = begin()
    playback.write("This is the first sentence. This is the second one. ")
    await playback.wait_playing()
    playback.write("This is the third one.")
    playback.end()
    assert isinstance(await ended(playback), NoFundsError)
    assert player.fetched[0].complete
    assert playback.heard_seconds == pytest.approx(SECONDS, abs=0.3)
    assert playback.unspoken.split() == (
        ["This", "is", "the", "second", "one.", "This", "is", "the", "third", "one."]
    )
    assert playback.unspoken == playback.unspoken


async def test_an_engine_that_is_not_there(
    make_player: MakePlayer, speak: Speak
) -> None:
    await make_player()
    playback = speak(engine="tts.nobody")
    error = await ended(playback)
    assert isinstance(error, UnknownNameError)
    assert error.service is Service.TTS
    assert playback.unspoken == TEXT
    await playback.stop()


@pytest.mark.parametrize("fault", [ZeroDivisionError, None])
async def test_any_other_engine(
    hass: HomeAssistant,
    make_player: MakePlayer,
    speak: Speak,
    fault: type[Exception] | None,
) -> None:
    player = await make_player()
    engine = Engine(fault=fault)
    await hass.data[ENGINES].async_add_entities([engine])
    error = await ended(speak(engine=engine.entity_id))
    assert engine.spoken == [(TEXT, "en")]
    if fault is None:
        assert error is None
        assert player.fetched[0].complete
    else:
        assert error is not None
        assert error.service is Service.TTS
        assert error.passing


async def test_any_other_engine_is_given_what_can_be_said(
    hass: HomeAssistant, make_player: MakePlayer, begin: Speak
) -> None:
    await make_player()
    engine = Engine()
    await hass.data[ENGINES].async_add_entities([engine])
    playback = begin(engine=engine.entity_id)
    for piece in (
        "**Rain",
        ":** see [the map](https://rain.",
        "example/a) 🌧️\n\n- Bring `a",
    ):
        playback.write(piece)
    playback.write(" coat`")
    playback.end()
    assert await ended(playback) is None
    ((said, _),) = engine.spoken
    assert said.split() == ["Rain:", "see", "the", "map", "Bring", "a", "coat."]


async def test_any_other_engine_may_refuse_to_say_nothing(
    hass: HomeAssistant, make_player: MakePlayer, speak: Speak
) -> None:
    await make_player()
    engine = Engine(fault=ZeroDivisionError)
    await hass.data[ENGINES].async_add_entities([engine])
    assert await ended(speak("```\nx = 1\n```", engine=engine.entity_id)) is None
    assert [said for said, _ in engine.spoken] == [""]


@pytest.mark.parametrize(
    ("language", "sent"), [("en-GB", "en"), (None, None), ("tlh", None)]
)
async def test_the_text_tells_the_language_where_nobody_did(
    make_player: MakePlayer,
    speak: Speak,
    elevenlabs_standin: ElevenLabsStandin,
    language: str | None,
    sent: str | None,
) -> None:
    await make_player()
    await speak(language=language).wait_finished()
    (request,) = elevenlabs_standin.requests
    assert request.body.get("language_code") == sent


async def test_an_engine_that_does_not_know_the_language(
    hass: HomeAssistant, make_player: MakePlayer, speak: Speak
) -> None:
    await make_player()
    engine = Engine(languages=["fr"])
    await hass.data[ENGINES].async_add_entities([engine])
    assert await ended(speak(engine=engine.entity_id)) is None
    assert engine.spoken == [(TEXT, "fr")]


async def test_an_engine_that_hangs(
    hass: HomeAssistant,
    make_player: MakePlayer,
    speak: Speak,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SILENT_FOR", 0.2)
    await make_player()
    engine = Engine(hangs=True)
    await hass.data[ENGINES].async_add_entities([engine])
    assert isinstance(await ended(speak(engine=engine.entity_id)), TooSlowError)
    engine.released.set()
