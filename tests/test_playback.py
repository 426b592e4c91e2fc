"""Tests of speech on players that behave, and on those that do not."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from elevenlabs.client import AsyncElevenLabs
from homeassistant.components.media_player.const import DATA_COMPONENT as PLAYERS
from homeassistant.components.media_player.const import (
    MediaPlayerEntityFeature,
    MediaPlayerState,
)
from homeassistant.components.tts.const import DATA_COMPONENT as ENGINES
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.reply_satellite import playback as module
from custom_components.reply_satellite.playback import Playback
from custom_components.reply_satellite.tts import ReplySatelliteVoice
from custom_components.reply_satellite.voice.errors import (
    NoFundsError,
    PlaybackError,
    Service,
    TooSlowError,
    UnknownNameError,
    VoiceError,
)
from custom_components.reply_satellite.voice.speaking.elevenlabs import ElevenLabsVoice

from .engines import Engine
from .players import FEATURES, Manners, Player
from .standins.elevenlabs import ElevenLabsStandin
from .standins.exchange import Outcome
from .standins.script import Latency

VOICE = "21m00Tcm4TlvDq8ikWAM"
SPEECH = "/v1/text-to-speech/*"
TEXT = "This is one sentence."
SECONDS = 0.4
"""How long the stand-in hums for each request."""

type MakePlayer = Callable[..., Awaitable[Player]]
type Speak = Callable[..., Playback]


@pytest.fixture
async def house(
    hass: HomeAssistant, tmp_path: Path, elevenlabs_standin: ElevenLabsStandin
) -> str:
    """Home Assistant with our voice in it; its entity id."""
    hass.config.config_dir = str(tmp_path)
    for component in ("http", "media_source", "media_player", "tts"):
        assert await async_setup_component(hass, component, {})
    elevenlabs_standin.script(SPEECH, reply={"silence": SECONDS})
    url, key = elevenlabs_standin.url, elevenlabs_standin.key
    voice = await hass.async_add_executor_job(
        lambda: ElevenLabsVoice(AsyncElevenLabs(api_key=key, base_url=url))
    )
    entity = ReplySatelliteVoice("entry", voice)
    await hass.data[ENGINES].async_add_entities([entity])
    await hass.async_block_till_done()
    return entity.entity_id


@pytest.fixture
async def make_player(
    hass: HomeAssistant, house: str, hass_client_no_auth: ClientSessionGenerator
) -> MakePlayer:
    """Make players, which fetch from Home Assistant as it is reached from outside."""
    client = await hass_client_no_auth()

    async def make(name: str = "speaker", **manners: Any) -> Player:
        player = Player(
            name, lambda path: str(client.make_url(path)), Manners(**manners)
        )
        await hass.data[PLAYERS].async_add_entities([player])
        await hass.async_block_till_done()
        return player

    return make


@pytest.fixture
async def begin(hass: HomeAssistant, house: str) -> AsyncGenerator[Speak]:
    """Make playbacks and hand them over; stopped at the end."""
    made: list[Playback] = []

    def make(**options: Any) -> Playback:
        settings = {"players": ["media_player.speaker"], "engine": house} | options
        if settings["engine"] == house:
            settings["options"] = {"voice": VOICE} | options.get("options", {})
        playback = Playback(hass, **{"language": "en-GB"} | settings)
        made.append(playback)
        playback.hand_over()
        return playback

    yield make
    for playback in made:
        await playback.stop()


@pytest.fixture
def speak(begin: Speak) -> Speak:
    """Make playbacks with a text that is all written."""

    def make(text: str = TEXT, **options: Any) -> Playback:
        playback = begin(**options)
        playback.write(text)
        playback.end()
        return playback

    return make


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock of waiting for players run faster."""
    for name, seconds in {
        "PROVED_WITHIN": 0.5,
        "FETCHED_WITHIN": 0.1,
        "POLLED_EVERY": 0.1,
        "LOOKED_EVERY": 0.02,
        "SETTLED_AFTER": 0.1,
        "LATE": 0.3,
        "LATE_UNTOLD": 0.2,
    }.items():
        monkeypatch.setattr(module, name, seconds)


async def ended(playback: Playback) -> VoiceError | None:
    """How a playback ends."""
    try:
        await playback.wait_finished()
    except VoiceError as error:
        return error
    return None


async def test_a_good_player(make_player: MakePlayer, speak: Speak) -> None:
    player = await make_player()
    playback = speak()
    await playback.wait_playing()
    await playback.wait_finished()
    (fetch,) = player.fetched
    assert fetch.complete
    assert fetch.content_type == "audio/mpeg"
    assert playback.seconds == pytest.approx(SECONDS, abs=0.2)
    assert playback.first_audio is not None
    assert playback.fetched is not None
    assert playback.playing is not None
    assert playback.finished is not None
    assert playback.first_audio <= playback.fetched <= playback.playing
    assert playback.finished >= playback.playing + SECONDS
    assert playback.heard_seconds == pytest.approx(playback.seconds, abs=0.2)
    assert player.calls == ["play_media"]
    assert player.asked[0].data["announce"] is True


async def test_it_is_fetched_while_it_is_written(
    make_player: MakePlayer, begin: Speak
) -> None:
    player = await make_player()
    playback = begin()
    playback.write("This is the first sentence. ")
    await playback.wait_playing()
    async with asyncio.timeout(5):
        while not player.fetched[0].audio:
            await asyncio.sleep(0.01)
    assert not player.fetched[0].complete
    playback.write("This is the second.")
    playback.end()
    await playback.wait_finished()
    assert playback.seconds == pytest.approx(2 * SECONDS, abs=0.3)


@pytest.mark.parametrize(
    "manners",
    [
        pytest.param({"announces": False}, id="no announce"),
        pytest.param({"tells_playing": False}, id="never playing"),
        pytest.param({"tells_end": False}, id="never the end"),
        pytest.param({"tells_playing": False, "tells_end": False}, id="mute"),
        pytest.param({"polled": True}, id="only tells when asked"),
        pytest.param({"polled": True, "tells_end": False}, id="asked, never the end"),
        pytest.param({"fetches": 2}, id="fetches twice"),
        pytest.param({"fetches_after": 0.3}, id="fetches late"),
        pytest.param({"fetches_after": 0.9}, id="fetches very late"),
        pytest.param({"ignores": 1}, id="comes the second time"),
        pytest.param({"answers_at_the_end": True}, id="answers at the end"),
        pytest.param({"fetches": 0, "plays": 2.5}, id="fetches by another way"),
    ],
)
async def test_players_that_are_heard(
    make_player: MakePlayer, speak: Speak, manners: dict[str, Any]
) -> None:
    player = await make_player(**manners)
    playback = speak()
    await playback.wait_playing()
    assert playback.playing is not None
    await playback.wait_finished()
    assert playback.finished is not None
    # Neither cut off, nor hanging.
    heard = playback.finished - playback.playing
    assert playback.seconds - 0.1 <= heard <= playback.seconds + 2.0
    assert player.calls.count("play_media") <= 2


@pytest.mark.parametrize(
    "manners",
    [
        pytest.param({"ignores": 2}, id="does nothing"),
        pytest.param({"refuses": True}, id="refuses"),
        pytest.param({"breaks": True}, id="breaks"),
        pytest.param({"fetches": 0, "tells_playing": False}, id="never fetches"),
    ],
)
async def test_players_that_are_never_heard(
    make_player: MakePlayer, speak: Speak, manners: dict[str, Any]
) -> None:
    player = await make_player(**manners)
    playback = speak()
    with pytest.raises(PlaybackError) as raised:
        await playback.wait_playing()
    assert raised.value.service is Service.PLAYER
    assert await ended(playback) is raised.value
    assert playback.playing is None
    assert playback.heard_seconds is None
    assert playback.unspoken == TEXT
    assert player.calls.count("play_media") == 2


@pytest.mark.parametrize("state", ["unavailable", "missing"])
async def test_no_player(
    hass: HomeAssistant, make_player: MakePlayer, speak: Speak, state: str
) -> None:
    if state == "unavailable":
        player = await make_player()
        player.become(MediaPlayerState.IDLE, available=False)
    assert isinstance(await ended(speak()), PlaybackError)


async def test_a_player_that_comes_back_in_time(
    make_player: MakePlayer, speak: Speak
) -> None:
    player = await make_player()
    player.become(MediaPlayerState.IDLE, available=False)
    playback = speak()
    await asyncio.sleep(0.2)
    player.become(MediaPlayerState.IDLE, available=True)
    assert await ended(playback) is None
    assert player.fetched


async def test_a_player_that_is_off_is_turned_on_the_second_time(
    make_player: MakePlayer, speak: Speak
) -> None:
    features = FEATURES | MediaPlayerEntityFeature.TURN_ON
    player = await make_player(features=features, ignores=1)
    player.become(MediaPlayerState.OFF)
    assert await ended(speak()) is None
    assert player.calls == ["play_media", "turn_on", "play_media"]


async def test_an_announcement_over_music_ends_by_its_length(
    make_player: MakePlayer, speak: Speak
) -> None:
    player = await make_player(tells_playing=False, tells_end=False)
    player.become(MediaPlayerState.PLAYING, media_content_id="radio")
    playback = speak()
    await playback.wait_finished()
    assert playback.finished is not None
    assert playback.playing is not None
    assert playback.finished - playback.playing >= playback.seconds
    assert player.calls == ["play_media"]


async def test_music_is_put_back_with_its_place_and_volume(
    make_player: MakePlayer, speak: Speak
) -> None:
    player = await make_player(announces=False)
    player.become(
        MediaPlayerState.PLAYING,
        media_content_id="http://radio.example/song",
        media_content_type="music",
        media_position=42.0,
    )
    await speak(volume=0.3).wait_finished()
    assert player.asked[0].service == "volume_set"
    assert player.asked[0].data == {"volume": 0.3}
    assert "announce" not in player.asked[1].data
    back, again, place = player.asked[2:]
    assert (back.service, back.data) == ("volume_set", {"volume": 0.8})
    assert again.data["id"] == "http://radio.example/song"
    assert place.data == {"position": 42.0}


async def test_music_that_went_on_until_the_speech_is_put_back_there(
    make_player: MakePlayer, speak: Speak
) -> None:
    player = await make_player(announces=False)
    player.become(
        MediaPlayerState.PLAYING,
        media_content_id="http://radio.example/song",
        media_position=42.0,
        media_position_updated_at=dt_util.utcnow() - timedelta(seconds=10),
    )
    await speak().wait_finished()
    assert player.calls == ["play_media", "play_media", "media_seek"]
    assert player.asked[-1].data["position"] == pytest.approx(52.0, abs=5.0)


async def test_what_was_paused_is_paused_again(
    make_player: MakePlayer, speak: Speak
) -> None:
    player = await make_player(announces=False)
    player.become(MediaPlayerState.PAUSED, media_content_id="http://radio.example/song")
    await speak().wait_finished()
    assert player.calls == ["play_media", "play_media", "media_pause"]


async def test_speech_is_not_put_back(make_player: MakePlayer, speak: Speak) -> None:
    player = await make_player(announces=False)
    player.become(MediaPlayerState.PLAYING, media_content_id="/api/tts_proxy/old.mp3")
    await speak().wait_finished()
    assert player.calls == ["play_media"]


async def test_what_somebody_played_since_is_left(
    make_player: MakePlayer, speak: Speak
) -> None:
    player = await make_player(announces=False, tells_end=False)
    player.become(MediaPlayerState.PLAYING, media_content_id="http://radio.example/a")
    playback = speak()
    await playback.wait_playing()
    player.become(MediaPlayerState.PLAYING, media_content_id="http://radio.example/b")
    await playback.wait_finished()
    assert player.calls == ["play_media"]


async def test_a_volume_that_somebody_changed_since_is_left(
    make_player: MakePlayer, speak: Speak
) -> None:
    player = await make_player()
    playback = speak(volume=0.3)
    await playback.wait_playing()
    player.become(MediaPlayerState.PLAYING, volume_level=0.5)
    await playback.wait_finished()
    assert player.calls == ["volume_set", "play_media"]


async def test_a_player_without_volume(make_player: MakePlayer, speak: Speak) -> None:
    player = await make_player(features=MediaPlayerEntityFeature.PLAY_MEDIA)
    await speak(volume=0.3).wait_finished()
    assert player.calls == ["play_media"]


async def test_several_players(make_player: MakePlayer, speak: Speak) -> None:
    good = await make_player("good")
    bad = await make_player("bad", refuses=True)
    slow = await make_player("slow", fetches_after=0.2)
    playback = speak(players=[one.entity_id for one in (bad, good, slow)])
    assert await ended(playback) is None
    assert good.fetched[0].complete
    assert slow.fetched[0].complete
    assert good.fetched[0].audio == slow.fetched[0].audio


async def test_players_that_need_a_whole_file(
    make_player: MakePlayer, speak: Speak, elevenlabs_standin: ElevenLabsStandin
) -> None:
    elevenlabs_standin.script(SPEECH, latency=Latency(each=0.1))
    player = await make_player()
    playback = speak("One sentence is here. Another one is here.", whole_file=True)
    await playback.wait_playing()
    assert all(one.outcome is Outcome.SENT for one in elevenlabs_standin.requests)
    await playback.wait_finished()
    assert player.fetched[0].complete


@pytest.mark.parametrize(
    ("extension", "content_type", "start"),
    [
        ("mp3", "audio/mpeg", b"\xff\xfb"),
        ("wav", "audio/x-wav", b"RIFF"),
        ("flac", "audio/flac", b"fLaC"),
    ],
)
async def test_formats(
    make_player: MakePlayer,
    speak: Speak,
    extension: str,
    content_type: str,
    start: bytes,
) -> None:
    player = await make_player(plays=SECONDS)
    playback = speak(options={"preferred_format": extension})
    assert await ended(playback) is None
    (fetch,) = player.fetched
    assert fetch.audio.startswith(start)
    assert fetch.content_type == content_type


async def test_audio_whose_length_cannot_be_told_ends_all_the_same(
    make_player: MakePlayer, speak: Speak
) -> None:
    await make_player(tells_playing=False, tells_end=False)
    playback = speak("Hello.", options={"preferred_format": "flac"})
    assert await ended(playback) is None
    assert playback.seconds == 0.0


async def test_stop_silences_and_ends_all_requests(
    make_player: MakePlayer, speak: Speak, elevenlabs_standin: ElevenLabsStandin
) -> None:
    elevenlabs_standin.script(SPEECH, reply={"silence": 60.0})
    elevenlabs_standin.script(SPEECH, latency=Latency(each=0.2))
    player = await make_player()
    playback = speak(volume=0.3)
    await playback.wait_playing()
    await playback.stop()
    assert player.calls == ["volume_set", "play_media", "media_stop", "volume_set"]
    assert player.state == MediaPlayerState.IDLE
    heard = playback.heard_seconds
    assert heard is not None
    assert heard < 10
    await playback.wait_finished()
    await playback.wait_playing()
    async with asyncio.timeout(5):
        while any(one.outcome is Outcome.OPEN for one in elevenlabs_standin.requests):
            await asyncio.sleep(0.01)
    assert playback.heard_seconds == heard


async def test_stop_while_the_text_is_written(
    hass: HomeAssistant,
    make_player: MakePlayer,
    begin: Speak,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await make_player()
    playback = begin()
    playback.write("This is the first sentence. This is")
    await playback.wait_playing()
    await playback.stop()
    await hass.async_block_till_done()
    assert "Error getting audio" not in caplog.text


async def test_stop_without_a_stop_button(
    make_player: MakePlayer, speak: Speak
) -> None:
    features = MediaPlayerEntityFeature.PLAY_MEDIA | MediaPlayerEntityFeature.PAUSE
    player = await make_player(features=features)
    playback = speak()
    await playback.wait_playing()
    await playback.stop()
    assert player.calls == ["play_media", "media_pause"]


async def test_stop_before_anything_was_handed_over(
    hass: HomeAssistant, house: str, make_player: MakePlayer
) -> None:
    player = await make_player()
    playback = Playback(hass, players=[player.entity_id], engine=house)
    playback.begin()
    await playback.stop()
    await playback.wait_finished()
    assert not player.calls


async def test_stop_twice_and_after_the_end(
    make_player: MakePlayer, speak: Speak
) -> None:
    player = await make_player()
    playback = speak()
    await playback.wait_finished()
    finished = playback.finished
    await playback.stop()
    await playback.stop()
    assert playback.finished == finished
    assert player.calls == ["play_media"]


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
