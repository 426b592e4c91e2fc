"""A satellite's mouth: who speaks, on which players, and how to hush it."""

import asyncio
from collections.abc import Callable
from typing import Any

from homeassistant.components.tts import ATTR_PREFERRED_FORMAT
from homeassistant.core import HomeAssistant

from ..const import CONF_DICTIONARIES
from ..playing.chimes import async_play_chime
from ..playing.playback import Playback
from ..voice.errors import Service, UnknownNameError
from ..voice.machine import Chime
from .settings import Settings


class Mouth:
    """Makes a satellite's playbacks; what it says by itself can be hushed."""

    def __init__(
        self, hass: HomeAssistant, settings: Settings, tts: Callable[[], str | None]
    ) -> None:
        """Speak with the tts entity that `tts` names, if there is one."""
        self._hass = hass
        self._settings = settings
        self._tts = tts
        self.alone = asyncio.Lock()
        """Held by who says something by itself: one after the other."""
        self._saying: Playback | None = None
        self._silent = asyncio.Event()
        """Set unless something is being said by itself."""
        self._silent.set()

    @property
    def can_speak(self) -> bool:
        """Whether there is a voice and somewhere to play it."""
        voice = self._tts() or self._settings.second_tts
        return voice is not None and bool(self._settings.players)

    def playback(self) -> Playback:
        """A playback by the chosen voice, or the second where that is gone.

        Raises VoiceError where there is none.
        """
        if (engine := self._tts()) is not None:
            return self._playback(engine, self._options())
        if (second := self.second_playback()) is not None:
            return second
        raise UnknownNameError(Service.TTS, "there is no voice")

    def second_playback(self) -> Playback | None:
        """A playback by the voice for when the first one fails."""
        second = self._settings.second_tts
        return None if second is None else self._playback(second, {})

    async def say(self, text: str) -> None:
        """Speak a text to its end. Raises VoiceError."""
        playback = self._saying = self.playback()
        self._silent.clear()
        try:
            playback.hand_over()
            playback.write(text)
            playback.end()
            await playback.wait_finished()
        finally:
            self._saying = None
            await playback.stop()
            self._silent.set()

    async def stop(self) -> None:
        """Stop saying."""
        if self._saying is not None:
            await self._saying.stop()

    async def chime(self, chime: Chime) -> None:
        """Play one of the satellite's own sounds, unless the user wants none.

        What is being hushed comes to its end first: it would hush this too.
        """
        await self._silent.wait()
        if self._settings.chimes and self._settings.players:
            await async_play_chime(self._hass, chime, self._settings.players)

    def _options(self) -> dict[str, Any]:
        settings = self._settings
        options: dict[str, Any] = {}
        if settings.tts is None:
            options = {
                "model": settings.voice_model,
                CONF_DICTIONARIES: settings.dictionaries,
                **settings.voice_settings,
            }
            if settings.voice is not None:
                options["voice"] = settings.voice
        return options

    def _playback(self, engine: str, options: dict[str, Any]) -> Playback:
        return Playback(
            self._hass,
            players=self._settings.players,
            engine=engine,
            language=self._settings.language,
            options={ATTR_PREFERRED_FORMAT: self._settings.audio_format, **options},
            volume=self._settings.volume,
            whole_file=self._settings.whole_file,
        )
