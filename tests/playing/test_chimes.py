"""Tests of the satellite's own sounds."""

from http import HTTPStatus
from pathlib import Path

import pytest
from homeassistant.components.media_player.const import MediaPlayerState

from custom_components.reply_satellite.playing.chimes import FOLDER, async_play_chime
from custom_components.reply_satellite.voice.machine import Chime
from custom_components.reply_satellite.voice.speaking.length import Mp3Length

from ..residence import PLAYER, Residence


@pytest.mark.parametrize("chime", Chime)
def test_every_sound_is_there_and_short(chime: Chime) -> None:
    length = Mp3Length()
    length.feed(Path(FOLDER, f"{chime}.mp3").read_bytes())
    assert 0.1 < length.seconds < 0.8


@pytest.mark.parametrize("chime", Chime)
async def test_a_player_can_fetch_it(residence: Residence, chime: Chime) -> None:
    await async_play_chime(residence.hass, chime, [PLAYER])
    (asked,) = residence.player.asked
    assert f"/{chime}.mp3" in asked.data["id"]
    assert asked.data["announce"] is True
    await residence.until(lambda: any(one.complete for one in residence.player.fetched))
    (fetch,) = residence.player.fetched
    assert fetch.status == HTTPStatus.OK
    assert fetch.content_type == "audio/mpeg"


async def test_music_is_not_given_up_for_it(residence: Residence) -> None:
    player = residence.player
    player.become(MediaPlayerState.PLAYING, media_content_id="radio")
    await async_play_chime(residence.hass, Chime.GOT_IT, [PLAYER])
    assert player.calls == ["play_media"]
    player._attr_supported_features &= ~player.supported_features.MEDIA_ANNOUNCE
    player.become(MediaPlayerState.PLAYING, media_content_id="radio")
    await async_play_chime(residence.hass, Chime.GOT_IT, [PLAYER])
    assert player.calls == ["play_media"]
    # Its own speech is over, though the player may not have told so yet.
    player.become(MediaPlayerState.PLAYING, media_content_id="/api/tts_proxy/a.mp3")
    await async_play_chime(residence.hass, Chime.GOT_IT, [PLAYER])
    assert player.calls == ["play_media"] * 2
