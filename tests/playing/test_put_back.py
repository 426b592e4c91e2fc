"""Tests of what players were doing before: it is put back."""

import asyncio
from datetime import timedelta
from unittest.mock import AsyncMock

import pytest
from homeassistant.components.media_player.const import (
    MediaPlayerEntityFeature,
    MediaPlayerState,
)
from homeassistant.util import dt as dt_util

from ..players import FEATURES
from .playing import MakePlayer, Speak

NO_PLAY = FEATURES & ~MediaPlayerEntityFeature.PLAY


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


@pytest.mark.parametrize(
    ("features", "after"), [(FEATURES, "media_play"), (NO_PLAY, "play_media")]
)
async def test_music_under_an_announcement_that_is_stopped_goes_on(
    make_player: MakePlayer,
    speak: Speak,
    features: MediaPlayerEntityFeature,
    after: str,
) -> None:
    player = await make_player(features=features)
    player.become(MediaPlayerState.PLAYING, media_content_id="http://radio.example/a")
    playback = speak()
    await playback.wait_playing()
    await playback.stop()
    assert player.calls == ["play_media", "media_stop", after]


async def test_a_sound_of_ours_under_an_announcement_is_not_begun_again(
    make_player: MakePlayer, speak: Speak
) -> None:
    player = await make_player()
    chime = "http://home.test:8123/reply_satellite_sounds/got_it.mp3"
    player.become(MediaPlayerState.PLAYING, media_content_id=chime)
    playback = speak()
    await playback.wait_playing()
    await playback.stop()
    assert player.calls == ["play_media", "media_stop"]


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


async def test_a_volume_of_few_steps_is_put_back(
    make_player: MakePlayer, speak: Speak
) -> None:
    player = await make_player(volume_steps=15)
    await speak(volume=0.3).wait_finished()
    assert player.calls == ["volume_set", "play_media", "volume_set"]
    assert player.asked[-1].data == {"volume": 0.8}


async def test_a_volume_that_is_told_late_is_put_back(
    make_player: MakePlayer, speak: Speak, monkeypatch: pytest.MonkeyPatch
) -> None:
    player = await make_player()
    set_volume = player.async_set_volume_level
    monkeypatch.setattr(player, "async_set_volume_level", AsyncMock())
    playback = speak(volume=0.3)
    await playback.wait_playing()
    monkeypatch.setattr(player, "async_set_volume_level", set_volume)
    player.become(MediaPlayerState.PLAYING, volume_level=4 / 15)
    await playback.wait_finished()
    assert player.asked[-1].data == {"volume": 0.8}


async def test_a_player_without_volume(make_player: MakePlayer, speak: Speak) -> None:
    player = await make_player(features=MediaPlayerEntityFeature.PLAY_MEDIA)
    await speak(volume=0.3).wait_finished()
    assert player.calls == ["play_media"]


async def test_what_is_put_back_is_not_left_half_way(
    make_player: MakePlayer, speak: Speak, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody interrupts while a slow player gets its volume back."""
    player = await make_player()
    set_volume, asked = player.async_set_volume_level, asyncio.Event()

    async def slow(volume: float) -> None:
        if volume == 0.8 and not asked.is_set():
            asked.set()
            await asyncio.sleep(60)
        await set_volume(volume)

    monkeypatch.setattr(player, "async_set_volume_level", slow)
    playback = speak(volume=0.3)
    await asked.wait()
    await playback.stop()
    assert player.volume_level == 0.8
    assert "media_stop" not in player.calls


async def test_a_player_is_silenced_though_nobody_follows_it_any_more(
    make_player: MakePlayer, speak: Speak
) -> None:
    """Home Assistant cancels background tasks first when it stops."""
    player = await make_player(plays=60.0)
    playback = speak()
    await playback.wait_playing()
    assert playback._task is not None
    playback._task.cancel()
    await asyncio.wait([playback._task])
    await playback.stop()
    assert player.calls[-1] == "media_stop"
