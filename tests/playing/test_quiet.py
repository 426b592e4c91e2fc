"""Tests of being quiet when told."""

import asyncio

import pytest
from homeassistant.components.media_player.const import (
    MediaPlayerEntityFeature,
    MediaPlayerState,
)
from homeassistant.core import HomeAssistant

from custom_components.reply_satellite.playing.playback import Playback
from tests.standins.elevenlabs import ElevenLabsStandin
from tests.standins.exchange import Outcome
from tests.standins.script import Latency

from .playing import SPEECH, MakePlayer, Speak


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
    assert playback.heard_text == ""
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
