"""Transcribing with a speech-to-text entity of Home Assistant's, without a key."""

import asyncio
import logging
import math
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from pathlib import Path
from typing import Final, Self, override

import numpy as np
from homeassistant.components import stt
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import language as language_util

from .voice.errors import (
    BrokenAnswerError,
    RefusedError,
    Service,
    TooSlowError,
    UnknownNameError,
    UnreachableError,
)
from .voice.hearing.silence import Voice, best_voice
from .voice.transcribing.feed import Feed
from .voice.transcribing.part import BYTES_PER_SECOND, Part
from .voice.transcribing.seams import join
from .voice.transcribing.transcriber import LiveTranscription, Transcriber, Transcript

_LOGGER = logging.getLogger(__name__)

_PATIENCE: Final = 30.0
"""Seconds an engine may take beyond the length of what it heard; one that runs on
this host needs about that length."""

_PIECE: Final = 4096
"""Bytes; what Home Assistant itself hands to these entities at a time."""


class SttTranscriber(Transcriber):
    """A speech-to-text entity; it hears the recording while it is spoken.

    It gives no word times, and not soon enough to confirm a keyword.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entity_id: str | None,
        language: str | None = None,
    ) -> None:
        """Use an entity; where none was chosen, every use says so.

        `language` is Home Assistant's own where None.
        """
        self.confirms = False
        self.longest = math.inf
        self._hass = hass
        self._entity_id = entity_id
        self._language = language

    @override
    async def check(self) -> None:
        """Prove that the entity is there and takes our sound. Raises VoiceError."""
        self._engine()

    @override
    async def warm(self) -> None:
        """Do nothing: it is Home Assistant's to keep its entities ready."""

    @override
    def open(self, vocabulary: Sequence[str] = ()) -> LiveTranscription:
        """Begin a recording; these entities take no vocabulary."""
        return _Listening(self._hass, self)

    @override
    async def transcribe(
        self,
        recording: Path,
        vocabulary: Sequence[str] = (),
        start: float = 0.0,
        end: float | None = None,
    ) -> Transcript:
        """Transcribe a kept recording, or a part of it."""
        part = await asyncio.to_thread(Part.of, recording, start, end)
        pieces = _Pieces(part)
        try:
            async with asyncio.timeout(_PATIENCE + part.seconds):
                return await self.hear(pieces)
        except TimeoutError as error:
            raise TooSlowError(Service.STT) from error
        finally:
            await pieces.close()

    @override
    async def close(self) -> None:
        """Do nothing: there is no connection of ours."""

    async def hear(self, pieces: AsyncIterator[bytes]) -> Transcript:
        """Give sound to the entity, as it comes.

        An entity that finds the end of speech by itself may answer before the end of
        the recording: it is given the rest too. It may cancel its reading to do so,
        which `pieces` must survive. And it may have no answer to the silence after
        that, which takes nothing from what was said. Raises VoiceError.
        """
        engine, metadata = self._engine()
        said: list[Transcript] = []
        voice: Voice | None = None
        while (piece := await anext(pieces, None)) is not None:
            if said and voice is None:
                voice = await asyncio.to_thread(best_voice)
            sound = _Sound(piece, pieces, voice)
            try:
                said.append(await self._ask(engine, metadata, sound))
            except BrokenAnswerError as error:
                if sound.spoken or not sound.taken:
                    raise
                _LOGGER.debug("Nobody spoke any more: %s", error)
            if not sound.taken:
                raise BrokenAnswerError(Service.STT, "it did not listen")
        return join(said)

    async def _ask(
        self,
        engine: stt.SpeechToTextEntity,
        metadata: stt.SpeechMetadata,
        sound: AsyncIterable[bytes],
    ) -> Transcript:
        """Have the entity transcribe once."""
        try:
            result = await engine.internal_async_process_audio_stream(metadata, sound)
        except HomeAssistantError as error:
            raise UnreachableError(Service.STT, type(error).__name__) from error
        except Exception as error:
            # Any integration may stand behind the entity, and raise what it likes.
            _LOGGER.exception("%s failed", self._entity_id)
            raise UnreachableError(Service.STT, type(error).__name__) from error
        if result.result is not stt.SpeechResultState.SUCCESS:
            raise BrokenAnswerError(
                Service.STT, f"{self._entity_id} gave no transcript"
            )
        return Transcript((result.text or "").strip())

    def _engine(self) -> tuple[stt.SpeechToTextEntity, stt.SpeechMetadata]:
        """Find the entity, and how it takes our sound. Raises VoiceError."""
        if self._entity_id is None or self._hass.states.get(self._entity_id) is None:
            raise UnknownNameError(Service.STT, self._entity_id or "none was chosen")
        engine = stt.async_get_speech_to_text_entity(self._hass, self._entity_id)
        if engine is None or not engine.available:
            raise UnreachableError(Service.STT, f"{self._entity_id} is unavailable")
        config = self._hass.config
        languages = language_util.matches(
            self._language or config.language,
            engine.supported_languages,
            config.country,
        )
        metadata = stt.SpeechMetadata(
            language=languages[0] if languages else "",
            format=stt.AudioFormats.WAV,
            codec=stt.AudioCodecs.PCM,
            bit_rate=stt.AudioBitRates.BITRATE_16,
            sample_rate=stt.AudioSampleRates.SAMPLERATE_16000,
            channel=stt.AudioChannels.CHANNEL_MONO,
        )
        if not engine.check_metadata(metadata):
            raise RefusedError(
                Service.STT, f"{self._entity_id} takes neither this language nor sound"
            )
        return engine, metadata


class _Listening(LiveTranscription):
    """A recording that an entity hears while it is spoken."""

    def __init__(self, hass: HomeAssistant, transcriber: SttTranscriber) -> None:
        """Let the entity listen."""
        self._feed = Feed()
        self._seconds = 0.0
        self._task = hass.async_create_background_task(
            transcriber.hear(self._feed), "reply_satellite speech-to-text"
        )

    @property
    @override
    def broken(self) -> bool:
        """Whether the entity stopped listening."""
        return self._task.done()

    @override
    def write(self, samples: bytes) -> None:
        """Pass samples on; those for an entity that gave up are dropped."""
        if not self._feed.ended and not self._task.done():
            self._seconds += len(samples) / BYTES_PER_SECOND
            self._feed.write(samples)

    @override
    async def finish(self) -> Transcript:
        """End the sound and wait for the transcript. Raises VoiceError."""
        self._feed.end()
        try:
            async with asyncio.timeout(_PATIENCE + self._seconds):
                return await self._task
        except TimeoutError as error:
            raise TooSlowError(Service.STT) from error

    @override
    async def abort(self) -> None:
        """Stop listening."""
        self._feed.end()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


class _Sound:
    """What an entity hears at one request: the sound from a first piece on."""

    def __init__(
        self, first: bytes, rest: AsyncIterator[bytes], voice: Voice | None
    ) -> None:
        """Give the first piece, then the rest.

        Without a `voice` to tell, somebody speaks in it.
        """
        self.taken = False
        self.spoken = voice is None
        self._first = first
        self._rest = rest
        self._voice = voice

    def __aiter__(self) -> Self:
        """Give the sound."""
        return self

    async def __anext__(self) -> bytes:
        """Give the next piece."""
        piece = await anext(self._rest) if self.taken else self._first
        self.taken = True
        if self._voice is not None and self._voice.hear(np.frombuffer(piece, "<i2")):
            self.spoken = True
        return piece


class _Pieces:
    """A kept recording, piece by piece."""

    def __init__(self, part: Part) -> None:
        """Take over a part of it."""
        self._part = part
        self._reading: asyncio.Task[bytes] | None = None

    def __aiter__(self) -> Self:
        """Give the pieces."""
        return self

    async def __anext__(self) -> bytes:
        """Read the next piece.

        A thread that reads cannot be cancelled: what it reads for one who gave up is
        kept for the next.
        """
        if self._reading is None:
            reading = asyncio.to_thread(self._part.read, _PIECE)
            self._reading = asyncio.create_task(reading, name="reply_satellite read")
        await asyncio.wait({self._reading})
        piece = self._reading.result()
        self._reading = None
        if not piece:
            raise StopAsyncIteration
        return piece

    async def close(self) -> None:
        """Close the recording, when nothing reads it any more."""
        if self._reading is not None:
            await asyncio.wait({self._reading})
        await asyncio.to_thread(self._part.close)
