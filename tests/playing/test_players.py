"""Tests of speech on players that behave, and on those that do not."""

import asyncio
from typing import Any

import pytest
from homeassistant.components.media_player.const import (
    MediaPlayerEntityFeature,
    MediaPlayerState,
)
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.reply_satellite.voice.errors import (
    PlaybackError,
    Service,
)
from tests.players import FEATURES
from tests.standins.elevenlabs import ElevenLabsStandin
from tests.standins.exchange import Outcome
from tests.standins.script import Latency

from .playing import SECONDS, SPEECH, TEXT, MakePlayer, Speak, ended


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
        pytest.param({"fetches_after": 0.75}, id="fetches very late"),
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


async def test_several_players(make_player: MakePlayer, speak: Speak) -> None:
    good = await make_player("good")
    bad = await make_player("bad", refuses=True)
    slow = await make_player("slow", fetches_after=0.2)
    playback = speak(players=[one.entity_id for one in (bad, good, slow)])
    assert await ended(playback) is None
    assert good.fetched[0].complete
    assert slow.fetched[0].complete
    assert good.fetched[0].audio == slow.fetched[0].audio


async def test_a_group_of_players(
    hass: HomeAssistant, make_player: MakePlayer, speak: Speak
) -> None:
    players = [await make_player("left"), await make_player("right")]
    options = {
        "group_type": "media_player",
        "name": "Both",
        "entities": [player.entity_id for player in players],
        "hide_members": False,
    }
    group = MockConfigEntry(domain="group", title="Both", options=options)
    group.add_to_hass(hass)
    assert await hass.config_entries.async_setup(group.entry_id)
    await hass.async_block_till_done()
    playback = speak(players=["media_player.both"], volume=0.3)
    assert await ended(playback) is None
    for player in players:
        assert player.fetched[0].complete
        assert player.asked[0].data == {"volume": 0.3}
        assert player.volume_level == 0.8


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
