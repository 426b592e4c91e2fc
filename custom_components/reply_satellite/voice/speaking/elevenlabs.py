"""ElevenLabs: a voice for what is still being written."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from functools import partial
from typing import Any, Final

from elevenlabs import PronunciationDictionaryVersionLocator, VoiceSettings
from elevenlabs.client import AsyncElevenLabs

from ..errors import BrokenAnswerError, BusyError, Service, TooSlowError, VoiceError
from .elevenlabs_errors import mapped
from .length import is_mp3
from .relay import BYTES_PER_SECOND, Passage, Relay
from .sentences import Script
from .voice import Choice, Manner

OUTPUT_FORMAT: Final = "mp3_44100_128"

ENFORCES_LANGUAGE: Final = ("eleven_flash_v2_5", "eleven_turbo_v2_5")
"""Models that heed a language code; others ignore it."""
NO_CONTEXT: Final = ("eleven_v3", "eleven_v4")
"""Models, by their beginnings, that do not take what was said before."""
WEBSOCKET_ONLY: Final = ("eleven_v4",)
"""Models that only speak in dialogues."""
# fmt: off
LANGUAGES: Final = (
    "ar", "bg", "cs", "da", "de", "el", "en", "es", "fi", "fil", "fr", "hi", "hr", "hu",
    "id", "it", "ja", "ko", "ms", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sv", "ta",
    "tr", "uk", "vi", "zh",
)
# fmt: on
"""What Flash v2.5 speaks (elevenlabs.io, models)."""

FIRST_BYTE_WITHIN: Final = 10.0
"""Seconds."""
NEXT_BYTE_WITHIN: Final = 5.0
"""Seconds of silence on the wire after which a stream is taken for dead."""
WAITS: Final = (0.3, 0.9)
"""Seconds between the tries of a request that failed for a passing reason."""
LONGEST_WAIT: Final = 2.0
"""Seconds the service may ask to wait; longer is not a pause but a failure."""
MOST_LISTED: Final = 100
"""Dictionaries that the service lists at once."""
MOST_SECONDS: Final = (20.0, 0.5)
"""Audio that a text can be: so much, and so much more a character."""


class ElevenLabsVoice:
    """ElevenLabs as a Voice."""

    def __init__(self, client: AsyncElevenLabs) -> None:
        """Speak through `client`. Blocks (imports): not in the event loop."""
        # The SDK imports each part at its first use.
        self._speech = client.text_to_speech.with_raw_response
        self._voices = client.voices
        self._models = client.models
        self._settings = client.voices.settings
        self._dictionaries = client.pronunciation_dictionaries

    async def check(self) -> None:
        """Prove that the key works. Raises VoiceError."""
        await self.models()

    async def voices(self) -> list[Choice]:
        """The voices of the account, by name. Raises VoiceError."""
        with mapped():
            found = await self._voices.get_all()
        named = [Choice(one.voice_id, one.name) for one in found.voices if one.name]
        return sorted(named, key=lambda choice: choice.name)

    async def models(self) -> list[Choice]:
        """The models that speak. Raises VoiceError."""
        with mapped():
            found = await self._models.list()
        return [
            Choice(one.model_id, one.name or one.model_id)
            for one in found
            if one.can_do_text_to_speech is not False
            and not one.model_id.startswith(WEBSOCKET_ONLY)
        ]

    async def dictionaries(self) -> list[Choice]:
        """The pronunciation dictionaries of the account. Raises VoiceError."""
        with mapped():
            found = await self._dictionaries.list(page_size=MOST_LISTED)
        return [Choice(one.id, one.name) for one in found.pronunciation_dictionaries]

    async def warm(self) -> None:
        """Open the connection ahead of its use. Never raises."""
        try:
            with mapped():
                # The SDK takes 10 ms to read a list of models, in the event loop.
                await self._settings.get_default()
        except VoiceError:
            # What is wrong is told by the request that needs an answer.
            return

    async def speak(
        self,
        text: AsyncIterable[str],
        manner: Manner,
        passages: list[Passage] | None = None,
    ) -> AsyncGenerator[bytes]:
        """Speak text while it is being written; yields MP3, 44.1 kHz, 128 kbit/s.

        Raises VoiceError, and what `text` raised.
        """
        passages = [] if passages is None else passages
        fetch = partial(self._fetch, manner=manner)
        async with (
            Script(text) as script,
            aclosing(Relay(script, fetch, passages).audio()) as audio,
        ):
            async for chunk in audio:
                yield chunk

    async def _fetch(self, passage: Passage, manner: Manner) -> None:
        """Fill a passage; what may pass is tried three times."""
        for wait in WAITS:
            try:
                return await self._request(passage, manner)
            except VoiceError as error:
                if not error.passing or isinstance(error, TooSlowError):
                    raise
                asked = error.retry_after or 0 if isinstance(error, BusyError) else 0
                if asked > LONGEST_WAIT:
                    raise
            await asyncio.sleep(max(wait, asked))
        return await self._request(passage, manner)

    async def _request(self, passage: Passage, manner: Manner) -> None:
        """Fetch a passage; of one that was cut off, what is missing."""
        clock = asyncio.get_running_loop().time
        fixed, each = MOST_SECONDS
        most = (fixed + each * len(passage.text)) * BYTES_PER_SECOND
        had, got = passage.size, 0
        with mapped():
            async with (
                asyncio.timeout(FIRST_BYTE_WITHIN) as limit,
                self._speech.stream(**parameters(passage, manner)) as response,
            ):
                async for chunk in response.data:
                    limit.reschedule(clock() + NEXT_BYTE_WITHIN)
                    if not got and not is_mp3(chunk):
                        raise BrokenAnswerError(Service.ELEVENLABS, "not audio")
                    got += len(chunk)
                    if got > most:
                        raise BrokenAnswerError(Service.ELEVENLABS, "endless audio")
                    if got > had:
                        # The bit rate is constant: the same place in the speech.
                        passage.take(chunk[-(got - had) :])
                        had = got
                if not got:
                    raise BrokenAnswerError(Service.ELEVENLABS, "no audio")
                passage.complete(response.headers.get("request-id", ""))


def parameters(passage: Passage, manner: Manner) -> dict[str, Any]:
    """Put a request together."""
    wanted: dict[str, Any] = {
        "voice_id": manner.voice,
        "model_id": manner.model,
        "text": passage.text,
        "output_format": OUTPUT_FORMAT,
    }
    if manner.settings:
        wanted["voice_settings"] = VoiceSettings(**manner.settings)
    if manner.dictionaries:
        wanted["pronunciation_dictionary_locators"] = [
            PronunciationDictionaryVersionLocator(pronunciation_dictionary_id=name)
            for name in manner.dictionaries
        ]
    language = (manner.language or "").partition("-")[0].lower()
    if manner.model in ENFORCES_LANGUAGE and language in LANGUAGES:
        wanted["language_code"] = language
    if passage.before is not None and not manner.model.startswith(NO_CONTEXT):
        # A request can be named once it is complete; until then its text can.
        if passage.before.earlier:
            wanted["previous_request_ids"] = list(passage.before.earlier)
        else:
            wanted["previous_text"] = passage.before.text
    return wanted
