"""Media players as they are met in homes: hardware, so these are played by a script.

They are real entities that really fetch what they are given, over HTTP.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, override

import aiohttp
from homeassistant.components import media_source
from homeassistant.components.media_player import (
    MediaPlayerEntity,
    MediaPlayerEntityFeature,
    MediaPlayerState,
    MediaType,
)
from homeassistant.exceptions import HomeAssistantError
from yarl import URL

from custom_components.reply_satellite.voice.speaking.length import length_of

FEATURES = (
    MediaPlayerEntityFeature.PLAY_MEDIA
    | MediaPlayerEntityFeature.STOP
    | MediaPlayerEntityFeature.PAUSE
    | MediaPlayerEntityFeature.PLAY
    | MediaPlayerEntityFeature.SEEK
    | MediaPlayerEntityFeature.VOLUME_SET
)


@dataclass(kw_only=True)
class Manners:
    """How a player behaves; as it stands, well."""

    announces: bool = True
    features: MediaPlayerEntityFeature = FEATURES
    tells_playing: bool = True
    tells_end: bool = True
    polled: bool = False
    fetches: int = 1
    fetches_after: float = 0.0
    """Seconds."""
    ignores: int = 0
    """How many of the first requests to play it does nothing about."""
    refuses: bool = False
    breaks: bool = False
    """It fails as nobody should."""
    answers_at_the_end: bool = False
    volume_steps: int | None = None
    """How many steps its volume has; None for as many as one likes."""
    plays: float | None = None
    """Seconds it plays, whatever it got; None for as long as the audio is."""


@dataclass(kw_only=True)
class Fetch:
    """What a player got with one request."""

    status: int = 0
    content_type: str = ""
    audio: bytes = b""
    complete: bool = False
    chunked: bool = False


@dataclass
class Asked:
    """One service call that came to a player."""

    service: str
    data: dict[str, Any] = field(default_factory=dict)


class Player(MediaPlayerEntity):
    """A loudspeaker."""

    def __init__(self, name: str, url: Callable[[str], str], manners: Manners) -> None:
        """Fetch from Home Assistant at `url`."""
        self.entity_id = f"media_player.{name}"
        self._attr_unique_id = name
        self._attr_name = name
        self._attr_should_poll = manners.polled
        self._attr_state = MediaPlayerState.IDLE
        self._attr_volume_level = 0.8
        self._attr_supported_features = manners.features
        if manners.announces:
            self._attr_supported_features |= MediaPlayerEntityFeature.MEDIA_ANNOUNCE
        self.manners = manners
        self.asked: list[Asked] = []
        self.fetched: list[Fetch] = []
        self._url = url
        self._task: asyncio.Task[None] | None = None
        self._real_state = MediaPlayerState.IDLE

    @property
    def calls(self) -> list[str]:
        """The services it was asked for, in order."""
        return [one.service for one in self.asked]

    def become(self, state: MediaPlayerState, **attributes: Any) -> None:
        """Be found in some state."""
        self._attr_state = self._real_state = state
        for name, value in attributes.items():
            setattr(self, f"_attr_{name}", value)
        self.async_write_ha_state()

    async def async_update(self) -> None:
        """Tell the state, for those that only do when asked."""
        self._attr_state = self._real_state

    @override
    async def async_play_media(
        self, media_type: MediaType | str, media_id: str, **kwargs: Any
    ) -> None:
        self.asked.append(Asked("play_media", {"id": media_id, **kwargs}))
        if self.manners.refuses:
            raise HomeAssistantError("no")
        if self.manners.breaks:
            raise ZeroDivisionError
        if self.manners.ignores:
            self.manners.ignores -= 1
            return
        self._cancel()
        self._attr_media_content_id = media_id
        self._task = self.hass.async_create_background_task(
            self._play(media_id), "a player plays"
        )
        if self.manners.answers_at_the_end:
            await asyncio.wait([self._task])

    @override
    async def async_media_stop(self) -> None:
        self.asked.append(Asked("media_stop"))
        self._cancel()
        self._tell(MediaPlayerState.IDLE)

    @override
    async def async_media_play(self) -> None:
        self.asked.append(Asked("media_play"))
        self._tell(MediaPlayerState.PLAYING)

    @override
    async def async_media_pause(self) -> None:
        self.asked.append(Asked("media_pause"))
        self._cancel()
        self._tell(MediaPlayerState.PAUSED)

    @override
    async def async_media_seek(self, position: float) -> None:
        self.asked.append(Asked("media_seek", {"position": position}))

    @override
    async def async_turn_on(self) -> None:
        self.asked.append(Asked("turn_on"))
        self._tell(MediaPlayerState.IDLE)

    @override
    async def async_set_volume_level(self, volume: float) -> None:
        self.asked.append(Asked("volume_set", {"volume": volume}))
        if (steps := self.manners.volume_steps) is not None:
            volume = int(volume * steps) / steps
        self._attr_volume_level = volume

    @override
    async def async_will_remove_from_hass(self) -> None:
        self._cancel()

    async def _play(self, media_id: str) -> None:
        await asyncio.sleep(self.manners.fetches_after)
        loop = asyncio.get_running_loop()
        began, seconds = loop.time(), 0.0
        if media_source.is_media_source_id(media_id):
            item = await media_source.async_resolve_media(
                self.hass, media_id, self.entity_id
            )
            media_id = item.url
        if "://" in media_id:
            media_id = URL(media_id).path_qs
        if self.manners.fetches and media_id.startswith("/"):
            if not self.manners.tells_playing:
                began, seconds = await self._fetch(media_id)
            else:
                self._tell(MediaPlayerState.PLAYING)
                began, seconds = await self._fetch(media_id)
        elif self.manners.tells_playing:
            self._tell(MediaPlayerState.PLAYING)
        if self.manners.plays is not None:
            seconds = self.manners.plays
        await asyncio.sleep(max(0.0, began + seconds - loop.time()))
        if self.manners.tells_end:
            self._tell(MediaPlayerState.IDLE)

    async def _fetch(self, path: str) -> tuple[float, float]:
        """Fetch as often as this player does; when it began, and the seconds got."""
        began, seconds = 0.0, 0.0
        for _ in range(self.manners.fetches):
            fetch = Fetch()
            self.fetched.append(fetch)
            length = length_of(path.rpartition(".")[2])
            async with (
                aiohttp.ClientSession() as session,
                session.get(self._url(path)) as response,
            ):
                fetch.status = response.status
                fetch.content_type = response.content_type
                fetch.chunked = response.headers.get("Transfer-Encoding") == "chunked"
                async for chunk in response.content.iter_any():
                    began = began or asyncio.get_running_loop().time()
                    fetch.audio += chunk
                fetch.complete = True
            if length is not None:
                length.feed(fetch.audio)
                seconds = length.seconds
        return began or asyncio.get_running_loop().time(), seconds

    def _tell(self, state: MediaPlayerState) -> None:
        if state is MediaPlayerState.PLAYING and not self.manners.tells_playing:
            return
        self._real_state = state
        if not self.manners.polled:
            self._attr_state = state
            self.async_write_ha_state()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
