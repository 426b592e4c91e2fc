"""Speech between its text and its players: a stream of Home Assistant's, watched."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from time import monotonic
from typing import Any, Final

from homeassistant.components import tts
from homeassistant.components.tts.helper import get_engine_instance
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import language as language_util

from ..tts import ATTR_DETECT_LANGUAGE, ReplySatelliteVoice
from ..voice.errors import BrokenAnswerError, Service, UnknownNameError, VoiceError
from ..voice.speaking.heard import Said, estimated, heard, sentences_of
from ..voice.speaking.length import Length, length_of
from ..voice.speaking.relay import Passage
from ..voice.speaking.speakable import Speakable

_LOGGER = logging.getLogger(__name__)

SLOW_SPEECH: Final = 6.0
"""Characters a second: the bound for audio whose length cannot be told."""
SAME_ARRIVAL: Final = 0.05
"""Seconds within which pieces of audio count as one."""


class _Stopped:
    """Put among the text: speech is not wanted any more."""


class SpeechStream:
    """Takes text, has an engine speak it, and knows what became of it.

    Players fetch the audio at `media_source_id` while it is being made. Times are of
    time.monotonic().
    """

    def __init__(self, hass: HomeAssistant, changed: Callable[[], None]) -> None:
        """Call `changed` whenever there is something to know."""
        self.first_audio: float | None = None
        """When the first byte of audio could be fetched."""
        self.fetched: float | None = None
        """When a player fetched it."""
        self.seconds = 0.0
        """Length of the audio so far."""
        self.complete = False
        """No more audio will come: all is there, or the voice failed."""
        self.failure: VoiceError | None = None
        self.media_source_id = ""
        self._hass = hass
        self._changed = changed
        self._text: list[str] = []
        self._written: asyncio.Queue[str | _Stopped | None] = asyncio.Queue()
        self._message = self._read()
        self._engine: tts.TextToSpeechEntity | tts.Provider | None = None
        self._passages: list[Passage] = []
        self._ended: float | None = None
        self._last_sign = 0.0
        self._wordless = False
        """Whether the engine was given nothing to say."""
        self._length: Length | None = None
        self._arrivals: list[tuple[float, float]] = []
        self._listener: asyncio.Task[None] | None = None

    def begin(
        self, engine: str, language: str | None, options: Mapping[str, Any]
    ) -> None:
        """Have the tts entity `engine` speak, from the first sentence on.

        Failures are told by `failure`.
        """
        self._engine = get_engine_instance(self._hass, engine)
        offered = self._offered_language(language)
        options = dict(options)
        if isinstance(self._engine, ReplySatelliteVoice):
            self._passages = self._engine.async_passages(self._message)
            if offered is None:
                options[ATTR_DETECT_LANGUAGE] = True
        try:
            stream = tts.async_create_stream(
                self._hass, engine, language=offered, options=options
            )
            stream.async_set_message_stream(self._message)
        except HomeAssistantError as error:
            self._end(UnknownNameError(Service.TTS, str(error)))
            return
        self.media_source_id = stream.media_source_id
        self._length = length_of(stream.extension)
        self._listener = self._hass.async_create_background_task(
            self._listen(stream.async_stream_result()), "listen to the speech"
        )
        # The one place where every player gets its audio, by whatever way it comes.
        stream.async_stream_result = self._watched(  # type: ignore[method-assign]
            stream.async_stream_result
        )

    def write(self, delta: str) -> None:
        """Add text."""
        self._text.append(delta)
        self._written.put_nowait(delta)

    def end(self) -> None:
        """No text will follow."""
        if self._ended is None:
            self._ended = monotonic()
            self._written.put_nowait(None)

    async def stop(self) -> None:
        """End the synthesis. Never raises."""
        while not self._written.empty():
            self._written.get_nowait()
        self._written.put_nowait(_Stopped())
        if isinstance(self._engine, ReplySatelliteVoice):
            self._engine.async_hush(self._message)
        if self._listener is not None and not self._listener.done():
            self._listener.cancel()
            await asyncio.wait([self._listener])

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to hear, and never will be."""
        return self.complete and self.first_audio is None

    @property
    def silent_for(self) -> float:
        """Seconds since the engine should have given audio, and gave none."""
        if self._ended is None or self.complete:
            return 0.0
        return monotonic() - max(self._ended, self._last_sign)

    @property
    def text(self) -> str:
        """All that was written."""
        return "".join(self._text)

    @property
    def unspoken(self) -> str:
        """After a failure: the text that was not spoken, what came since included."""
        left = [self.failure.unspoken] if self.failure is not None else []
        while not self._written.empty():
            if isinstance(item := self._written.get_nowait(), str):
                left.append(item)
        if self.failure is not None:
            self.failure.unspoken = "".join(left)
        return "".join(left)

    def heard(self, seconds: float) -> str:
        """The sentences that had sounded to their end after so many seconds."""
        if self._passages:
            return heard((passage.said for passage in self._passages), seconds)
        # Of other engines only the whole is known, once it is there.
        sentences = sentences_of(self.text)
        length = self.seconds if self.complete else estimated(sentences)
        return heard([Said(sentences, length)], seconds)

    def sounds_until(self, playing: float) -> float:
        """When a player that began at `playing` is through, if it keeps up."""
        if self._length is None:
            return playing + len(self.text) / SLOW_SPEECH
        end = playing
        for arrival, seconds in self._arrivals:
            end = max(end, arrival) + seconds
        return end

    def _offered_language(self, language: str | None) -> str | None:
        """The engine's own name for a language; None leaves it to the engine."""
        if self._engine is None or language is None:
            return None
        offered = self._engine.supported_languages or []
        return next(iter(language_util.matches(language, offered)), None)

    async def _read(self) -> AsyncGenerator[str]:
        """Give the text as it comes; our own voice knows what to say of it."""
        ours = isinstance(self._engine, ReplySatelliteVoice)
        speakable = None if ours else Speakable()
        words = ours
        while (item := await self._written.get()) is not None:
            if isinstance(item, _Stopped):
                # Cancels the task in which Home Assistant loads the audio, which an
                # error would end with a line in the log.
                raise asyncio.CancelledError
            if said := item if speakable is None else speakable.feed(item):
                words = True
                yield said
        if speakable is not None and (rest := speakable.finish()):
            words = True
            yield rest
        self._wordless = not words

    async def _listen(self, audio: AsyncGenerator[bytes]) -> None:
        """Note what comes from the engine, and how that ends."""
        failure: VoiceError | None = None
        try:
            async for chunk in audio:
                self._note(chunk)
        except HomeAssistantError as error:
            failure = BrokenAnswerError(Service.TTS, str(error))
            if isinstance(error.__cause__, VoiceError):
                failure = error.__cause__
        except Exception as error:
            _LOGGER.exception("A voice failed")
            failure = BrokenAnswerError(Service.TTS, type(error).__name__)
        # An engine may well call it an error if there is nothing to say.
        self._end(None if self._wordless else failure)

    def _end(self, failure: VoiceError | None) -> None:
        self.failure = failure
        self.complete = True
        self._changed()

    def _note(self, chunk: bytes) -> None:
        now = self._last_sign = monotonic()
        if self.first_audio is None:
            self.first_audio = now
            self._changed()
        if self._length is None:
            return
        self._length.feed(chunk)
        added, self.seconds = self._length.seconds - self.seconds, self._length.seconds
        if self._arrivals and now - self._arrivals[-1][0] < SAME_ARRIVAL:
            arrival, before = self._arrivals[-1]
            self._arrivals[-1] = arrival, before + added
        else:
            self._arrivals.append((now, added))

    def _watched(
        self, fetch: Callable[[], AsyncGenerator[bytes]]
    ) -> Callable[[], AsyncGenerator[bytes]]:
        async def watched() -> AsyncGenerator[bytes]:
            async for chunk in fetch():
                if self.fetched is None:
                    self.fetched = monotonic()
                    self._changed()
                yield chunk

        return watched
