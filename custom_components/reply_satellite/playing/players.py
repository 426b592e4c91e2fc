"""The media players of a satellite, taken together, as they were and as they are."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import starmap
from typing import Any, Final

from homeassistant.components.media_player.const import (
    ATTR_MEDIA_ANNOUNCE,
    ATTR_MEDIA_CONTENT_ID,
    ATTR_MEDIA_CONTENT_TYPE,
    ATTR_MEDIA_POSITION,
    ATTR_MEDIA_POSITION_UPDATED_AT,
    ATTR_MEDIA_SEEK_POSITION,
    ATTR_MEDIA_VOLUME_LEVEL,
    DATA_COMPONENT,
    DOMAIN,
    SERVICE_PLAY_MEDIA,
    MediaPlayerState,
    MediaType,
)
from homeassistant.components.media_player.const import (
    MediaPlayerEntityFeature as Feature,
)
from homeassistant.const import (
    ATTR_ENTITY_ID,
    ATTR_SUPPORTED_FEATURES,
    SERVICE_MEDIA_PAUSE,
    SERVICE_MEDIA_PLAY,
    SERVICE_MEDIA_SEEK,
    SERVICE_MEDIA_STOP,
    SERVICE_TURN_ON,
    SERVICE_VOLUME_SET,
)
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_component import async_update_entity
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util

_LOGGER = logging.getLogger(__name__)

SOUNDING: Final = (MediaPlayerState.PLAYING, MediaPlayerState.BUFFERING)
OWN_AUDIO: Final = (
    "/api/tts_proxy/",
    "media-source://tts/",
    "/reply_satellite_sounds/",
)
"""In the addresses of speech and chimes, which are never put back."""
SAME_VOLUME: Final = 0.011
"""Players round to a hundredth."""


@dataclass(slots=True)
class Before:
    """How a player was before speech."""

    state: State
    seen: datetime
    volumes: dict[str, float] = field(default_factory=dict)
    """What to put back: the player's volume, or those of a group's members."""
    spoken: dict[str, float] = field(default_factory=dict)
    """The volume for speech as they tell it: many have but few steps."""
    silenced: bool = False
    """Whether it was stopped, with all that it played."""


@dataclass(slots=True)
class Players:
    """One or more media players that speak together."""

    hass: HomeAssistant
    entity_ids: Sequence[str]
    volume: float | None = None
    """The volume for speech, 0 to 1; None leaves it."""
    _before: dict[str, Before] = field(default_factory=dict)

    @callback
    def async_watch(self, changed: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `changed` whenever a player reports something."""

        @callback
        def report(_: Event[EventStateChangedData]) -> None:
            for before in self._before.values():
                self._note_volumes(before)
            changed()

        return async_track_state_change_event(self.hass, list(self.entity_ids), report)

    @property
    def sounding(self) -> bool:
        """Whether a player reports that it plays what it was given last."""
        return any(self._sounds(entity_id) for entity_id in self.entity_ids)

    @property
    def free(self) -> list[str]:
        """The players that can play something without giving up what they play."""
        return [
            entity_id
            for entity_id in self.entity_ids
            if self._supports(entity_id, Feature.MEDIA_ANNOUNCE)
            or ((state := self._state(entity_id)) and not _is_busy(state))
        ]

    async def play(self, media_id: str, *, wake: bool = False) -> bool:
        """Have all players play; whether one of them took it.

        `wake` turns on first what is off.
        """
        for entity_id in self.entity_ids:
            if entity_id not in self._before and (state := self._state(entity_id)):
                self._before[entity_id] = Before(state, dt_util.utcnow())
        took = await asyncio.gather(
            *(
                self._play(entity_id, media_id, wake=wake)
                for entity_id in self.entity_ids
            )
        )
        return any(took)

    async def silence(self) -> None:
        """Stop the players, each as it can."""
        await asyncio.gather(*starmap(self._silence, self._before.items()))

    async def put_back(self) -> None:
        """Give the players back the volume and the media they had."""
        await asyncio.gather(*starmap(self._put_back, self._before.items()))
        # Not before: who is cut short here leaves it to the next.
        self._before = {}

    async def poll(self) -> None:
        """Ask those players for their state that only tell when asked."""
        await asyncio.gather(
            *(
                self._guard(async_update_entity(self.hass, entity_id))
                for entity_id in self.entity_ids
                if (entity := self.hass.data[DATA_COMPONENT].get_entity(entity_id))
                and entity.should_poll
            )
        )

    def _state(self, entity_id: str) -> State | None:
        return self.hass.states.get(entity_id)

    def _supports(self, entity_id: str, feature: Feature) -> bool:
        if (state := self._state(entity_id)) is None:
            return False
        return bool(state.attributes.get(ATTR_SUPPORTED_FEATURES, 0) & feature)

    def _sounds(self, entity_id: str) -> bool:
        now, was = self._state(entity_id), self._before.get(entity_id)
        if now is None or now.state not in SOUNDING:
            return False
        if was is None or was.state.state not in SOUNDING:
            return True
        before = was.state.attributes.get(ATTR_MEDIA_CONTENT_ID)
        return now.attributes.get(ATTR_MEDIA_CONTENT_ID) != before

    async def _play(self, entity_id: str, media_id: str, *, wake: bool) -> bool:
        off = (state := self._state(entity_id)) and state.state == MediaPlayerState.OFF
        if wake and off and self._supports(entity_id, Feature.TURN_ON):
            await self._call(entity_id, SERVICE_TURN_ON)
        data: dict[str, Any] = {
            ATTR_MEDIA_CONTENT_ID: media_id,
            ATTR_MEDIA_CONTENT_TYPE: MediaType.MUSIC,
        }
        if self._supports(entity_id, Feature.MEDIA_ANNOUNCE):
            data[ATTR_MEDIA_ANNOUNCE] = True
        _, took = await asyncio.gather(
            self._set_volume(entity_id),
            self._call(entity_id, SERVICE_PLAY_MEDIA, data),
        )
        return took

    async def _set_volume(self, entity_id: str) -> None:
        """Set the volume for speech, and note the one before it."""
        before = self._before.get(entity_id)
        if self.volume is None or before is None or before.volumes:
            return
        if not self._supports(entity_id, Feature.VOLUME_SET):
            return
        # A group has no volume of its own.
        for member in before.state.attributes.get(ATTR_ENTITY_ID, [entity_id]):
            if (volume := self._volume(member)) is not None:
                before.volumes[member] = volume
        await self._call(
            entity_id, SERVICE_VOLUME_SET, {ATTR_MEDIA_VOLUME_LEVEL: self.volume}
        )
        self._note_volumes(before)

    def _volume(self, entity_id: str) -> float | None:
        """The volume of a player: one that is off does not show it, but has one."""
        entity = self.hass.data[DATA_COMPONENT].get_entity(entity_id)
        return None if entity is None else entity.volume_level

    def _note_volumes(self, before: Before) -> None:
        """Note what became of the volume for speech: the first that is told."""
        for member, volume in before.volumes.items():
            if (now := self._volume(member)) not in (None, volume):
                before.spoken.setdefault(member, now)

    def _is_ours(self, entity_id: str, was: Before) -> bool:
        """Whether the volume is still the one for speech: nobody else changed it."""
        state = self._state(entity_id)
        now = state.attributes.get(ATTR_MEDIA_VOLUME_LEVEL) if state else None
        spoken = was.spoken.get(entity_id)
        return now is None or spoken is None or abs(float(now) - spoken) < SAME_VOLUME

    async def _silence(self, entity_id: str, was: Before) -> None:
        was.silenced = True
        if self._supports(entity_id, Feature.STOP):
            await self._call(entity_id, SERVICE_MEDIA_STOP)
        elif self._supports(entity_id, Feature.PAUSE):
            await self._call(entity_id, SERVICE_MEDIA_PAUSE)

    async def _put_back(self, entity_id: str, was: Before) -> None:
        for member, volume in was.volumes.items():
            if self._is_ours(member, was):
                level = {ATTR_MEDIA_VOLUME_LEVEL: volume}
                await self._call(member, SERVICE_VOLUME_SET, level)
        announces = self._supports(entity_id, Feature.MEDIA_ANNOUNCE)
        # What was announced over was stopped too, and goes on only if told.
        media = str(was.state.attributes.get(ATTR_MEDIA_CONTENT_ID) or "")
        # Unless that was one of our own sounds.
        stopped = was.silenced and was.state.state in SOUNDING and not is_own(media)
        if announces and stopped and self._supports(entity_id, Feature.PLAY):
            await self._call(entity_id, SERVICE_MEDIA_PLAY)
        elif stopped or not announces:
            await self._resume(entity_id, was.state, was.seen)

    async def _resume(self, entity_id: str, was: State, seen: datetime) -> None:
        """Play again what a player that cannot announce was playing."""
        media = was.attributes.get(ATTR_MEDIA_CONTENT_ID)
        paused = was.state == MediaPlayerState.PAUSED
        if not (was.state in SOUNDING or paused) or not media:
            return
        if is_own(media) or self._has_other_media(entity_id):
            return
        kind = was.attributes.get(ATTR_MEDIA_CONTENT_TYPE, MediaType.MUSIC)
        await self._call(
            entity_id,
            SERVICE_PLAY_MEDIA,
            {ATTR_MEDIA_CONTENT_ID: media, ATTR_MEDIA_CONTENT_TYPE: kind},
        )
        position = was.attributes.get(ATTR_MEDIA_POSITION)
        if position and self._supports(entity_id, Feature.SEEK):
            since = was.attributes.get(ATTR_MEDIA_POSITION_UPDATED_AT)
            if since is not None and not paused:
                position += (seen - since).total_seconds()
            await self._call(
                entity_id, SERVICE_MEDIA_SEEK, {ATTR_MEDIA_SEEK_POSITION: position}
            )
        if paused and self._supports(entity_id, Feature.PAUSE):
            await self._call(entity_id, SERVICE_MEDIA_PAUSE)

    def _has_other_media(self, entity_id: str) -> bool:
        """Whether somebody has the player play something since."""
        state = self._state(entity_id)
        if state is None or state.state not in SOUNDING:
            return False
        media = state.attributes.get(ATTR_MEDIA_CONTENT_ID)
        return media is not None and not is_own(media)

    async def _call(
        self, entity_id: str, service: str, data: Mapping[str, Any] | None = None
    ) -> bool:
        """Call one player's service; whether it worked."""
        return await self._guard(
            self.hass.services.async_call(
                DOMAIN,
                service,
                {ATTR_ENTITY_ID: entity_id, **(data or {})},
                blocking=True,
            )
        )

    async def _guard(self, call: Coroutine[Any, Any, object]) -> bool:
        """Await a call into somebody else's player, which may fail in any way."""
        try:
            await call
        except HomeAssistantError as error:
            _LOGGER.warning("A player refused: %s", error)
            return False
        except Exception:
            _LOGGER.exception("A player failed")
            return False
        return True


def _is_busy(player: State) -> bool:
    """Whether a player plays what is not one of our own sounds."""
    media = player.attributes.get(ATTR_MEDIA_CONTENT_ID)
    return player.state in SOUNDING and not is_own(str(media or ""))


def is_own(media: str) -> bool:
    """Whether an address is one of speech, or of a chime."""
    return any(own in media for own in OWN_AUDIO)
