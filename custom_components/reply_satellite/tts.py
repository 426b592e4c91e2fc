"""The account's voice, as Home Assistant speaks with it."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, override
from weakref import WeakKeyDictionary

from homeassistant.components.tts import (
    ATTR_VOICE,
    TextToSpeechEntity,
    TTSAudioResponse,
    TtsAudioType,
)
from homeassistant.components.tts import Voice as OfferedVoice
from homeassistant.components.tts.entity import TTSAudioRequest
from homeassistant.const import ATTR_MODEL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util.language import matches

from .const import CONF_DICTIONARIES, DEFAULT_VOICE_MODEL
from .failures import translated
from .voice.errors import Service, UnknownNameError, VoiceError
from .voice.speaking.elevenlabs import LANGUAGES
from .voice.speaking.relay import Passage
from .voice.speaking.voice import MOST_DICTIONARIES, Choice, Manner, Voice

if TYPE_CHECKING:
    from . import ReplySatelliteConfigEntry

_LOGGER = logging.getLogger(__name__)

PARALLEL_UPDATES = 0

ATTR_DETECT_LANGUAGE: Final = "detect_language"
"""True: the text tells the language. Home Assistant always names one, its default
where nobody chose, and an answer may be in another."""
SETTINGS: Final = (
    "stability",
    "similarity_boost",
    "style",
    "speed",
    "use_speaker_boost",
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ReplySatelliteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Offer the account's voice, if there is such an account."""
    if (voice := entry.runtime_data.voice) is None:
        return
    entity = ReplySatelliteVoice(entry.entry_id, voice)
    async_add_entities([entity])
    entry.async_create_background_task(
        hass, entity.async_learn_voices(), "learn the voices of the account"
    )


class ReplySatelliteVoice(TextToSpeechEntity):
    """Speaks text while it is being written."""

    _attr_has_entity_name = True
    _attr_name = "Reply Satellite"

    def __init__(self, entry_id: str, voice: Voice) -> None:
        """Speak with `voice`."""
        self._attr_unique_id = entry_id
        self._attr_supported_languages = list(LANGUAGES)
        self._attr_supported_options = [
            ATTR_VOICE,
            ATTR_MODEL,
            CONF_DICTIONARIES,
            ATTR_DETECT_LANGUAGE,
            *SETTINGS,
        ]
        self._attr_default_options = {ATTR_MODEL: DEFAULT_VOICE_MODEL}
        self._voice = voice
        self._voices: list[Choice] = []
        self._speaking: dict[AsyncIterable[str], asyncio.Task[Any]] = {}
        self._passages: WeakKeyDictionary[AsyncIterable[str], list[Passage]] = (
            WeakKeyDictionary()
        )

    @property
    @override
    def default_language(self) -> str:
        """The home's language, as far as it is spoken here; it may change."""
        config = self.hass.config
        spoken = matches(config.language, LANGUAGES, config.country)
        return next(iter(spoken), "en")

    async def async_learn_voices(self) -> None:
        """Ask the account for its voices; they are offered from then on."""
        try:
            self._voices = await self._voice.voices()
        except VoiceError as error:
            _LOGGER.debug("The voices of the account are not known: %s", error)

    @callback
    @override
    def async_get_supported_voices(self, language: str) -> list[OfferedVoice] | None:
        """Return the voices of the account: each speaks every language."""
        return [OfferedVoice(one.id, one.name) for one in self._voices] or None

    @override
    async def async_get_tts_audio(
        self, message: str, language: str, options: dict[str, Any]
    ) -> TtsAudioType:
        """Speak a whole text."""
        speech = self._speak(_one(message), language, options)
        return "mp3", b"".join([chunk async for chunk in speech])

    @override
    async def async_stream_tts_audio(
        self, request: TTSAudioRequest
    ) -> TTSAudioResponse:
        """Speak a text while it is being written."""
        speech = self._speak(request.message_gen, request.language, request.options)
        return TTSAudioResponse("mp3", speech)

    @callback
    def async_passages(self, text: AsyncIterable[str]) -> list[Passage]:
        """What of a text is spoken in one go: a list that grows while it is spoken."""
        return self._passages.setdefault(text, [])

    @callback
    def async_hush(self, text: AsyncIterable[str]) -> None:
        """Stop speaking a text, though all of it may have been written already."""
        if task := self._speaking.get(text):
            task.cancel()

    async def _speak(
        self, text: AsyncIterable[str], language: str, options: Mapping[str, Any]
    ) -> AsyncGenerator[bytes]:
        """Speak, and say in Home Assistant's terms what goes wrong.

        Raises HomeAssistantError, caused by the VoiceError.
        """
        if task := asyncio.current_task():
            self._speaking[text] = task
        try:
            manner = await self._manner(language, options)
            passages = self._passages.get(text)
            async with aclosing(self._voice.speak(text, manner, passages)) as speech:
                async for chunk in speech:
                    yield chunk
        except VoiceError as error:
            raise translated(error) from error
        finally:
            self._speaking.pop(text, None)

    async def _manner(self, language: str, options: Mapping[str, Any]) -> Manner:
        """Read the options; without a voice among them, take the account's first."""
        if not (name := options.get(ATTR_VOICE)):
            if not self._voices:
                self._voices = await self._voice.voices()
            if not self._voices:
                raise UnknownNameError(Service.ELEVENLABS, "no voice in the account")
            name = self._voices[0].id
        dictionaries: Iterable[str] = options.get(CONF_DICTIONARIES) or ()
        return Manner(
            voice=name,
            model=options.get(ATTR_MODEL) or DEFAULT_VOICE_MODEL,
            language=None if options.get(ATTR_DETECT_LANGUAGE) else language,
            settings={key: options[key] for key in SETTINGS if key in options} or None,
            dictionaries=tuple(dictionaries)[:MOST_DICTIONARIES],
        )


async def _one(message: str) -> AsyncGenerator[str]:
    yield message
