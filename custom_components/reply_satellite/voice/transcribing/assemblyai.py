"""Transcribing with AssemblyAI: live while it is spoken, or the whole recording."""

import asyncio
import logging
import math
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final, cast, override

import assemblyai
import pydantic

from ..errors import BrokenAnswerError, PassingError, Service, VoiceError
from ..hearing.microphone import SAMPLE_RATE
from .assemblyai_errors import (
    is_nothing_to_hear,
    is_too_short,
    job_error,
    voice_errors,
)
from .assemblyai_upload import Upload, to_transcript, whole
from .bounded import bound
from .part import Part
from .transcriber import LiveTranscription, Transcriber, Transcript

_LOGGER = logging.getLogger(__name__)

_LONGEST: Final = 115.0
"""Seconds. The Sync API takes 120; the rest is for clocks that disagree."""

_MODELS: Final = ["universal-3-5-pro", "universal-2"]
"""For whole recordings; the second takes the languages the first does not know."""

_LANGUAGES: Final = frozenset(
    {
        *("en", "es", "de", "fr", "it", "pt", "tr", "nl", "sv", "no"),
        *("da", "fi", "hi", "vi", "ar", "he", "ja", "ur", "zh"),
    }
)
"""What the Sync API takes as a language; anything else is left for it to find out."""

_KEPT_OPEN: Final = 120.0
"""Seconds an idle connection is kept: warmed at "computer", it may wait that long."""

_MOST_TERMS: Final = 100
_LONGEST_TERMS: Final = 8_000
"""Words and characters of vocabulary a request may carry."""

_MOST_FAILED_POLLS: Final = 2
"""In a row, until a transcription that is under way is given up."""


class Region(StrEnum):
    """Where AssemblyAI keeps and works on what it is sent."""

    US = "us"
    EU = "eu"


_API_URLS: Final = {
    Region.US: "https://api.assemblyai.com",
    Region.EU: "https://api.eu.assemblyai.com",
}
_SYNC_URLS: Final = {
    Region.US: "https://sync.assemblyai.com",
    Region.EU: "https://sync.eu.assemblyai.com",
}


class AssemblyAITranscriber(Transcriber):
    """AssemblyAI through its own SDK.

    Live segments go to the Sync API (one request, uploaded while spoken, 120 s at
    most); recordings that are longer, and those the Sync API failed on, go by upload
    and poll.
    """

    def __init__(
        self,
        key: str,
        *,
        region: Region = Region.US,
        api_url: str | None = None,
        sync_url: str | None = None,
        language: str | None = None,
        live: bool = True,
        patience: float = 10.0,
    ) -> None:
        """Build the client. Blocking: it reads the trusted certificates from disk.

        `language` is an ISO 639-1 or BCP 47 code, None lets the service find out.
        `live` off sends every recording whole, when it is finished. `patience` is how
        many seconds the service may leave the line silent.
        """
        self.confirms = live
        self.longest = _LONGEST if live else math.inf
        self._live = live
        self._language = _subtag(language)
        self._patience = patience
        self._forgetting: set[asyncio.Task[None]] = set()
        self._client = assemblyai.AsyncClient(
            settings=assemblyai.Settings(
                api_key=key,
                base_url=api_url or _API_URLS[region],
                sync_base_url=sync_url or _SYNC_URLS[region],
                http_timeout=patience,
                sync_http_timeout=patience,
                sync_live_http_timeout=patience,
                keepalive_expiry=_KEPT_OPEN,
                polling_interval=0.5,
            )
        )
        hooks = self._client.http_client.event_hooks
        hooks["response"].append(bound)
        self._client.http_client.event_hooks = hooks
        self._sync = assemblyai.AsyncSyncTranscriber(client=self._client)
        self._whole = assemblyai.AsyncTranscriber(client=self._client)

    @override
    async def check(self) -> None:
        """Prove that the key works. Raises VoiceError.

        The list of one past transcript is the cheapest request that needs the key:
        it costs nothing, and warming a connection is answered without one.
        """
        parameters = assemblyai.ListTranscriptParameters(limit=1)
        with voice_errors():
            async with asyncio.timeout(self._patience):
                try:
                    await self._whole.list_transcripts(parameters)
                except pydantic.ValidationError:
                    # The service let us in; what it lists does not matter.
                    return

    @override
    async def warm(self) -> None:
        """Open the connection ahead of its use. Never raises."""
        if self._live:
            await self._sync.warm()

    @override
    def open(self, vocabulary: Sequence[str] = ()) -> LiveTranscription | None:
        """Begin a segment, unless every recording is to be sent whole."""
        if not self._live:
            return None
        return Upload(self._sync, self._sync_config(vocabulary), 3 * self._patience)

    @override
    async def transcribe(
        self,
        recording: Path,
        vocabulary: Sequence[str] = (),
        start: float = 0.0,
        end: float | None = None,
    ) -> Transcript:
        """Transcribe a kept recording, or a part of it.

        What the Sync API takes goes there first, in one request; the rest, and what
        it failed on, goes by upload and poll.
        """
        part = await asyncio.to_thread(Part.of, recording, start, end)
        try:
            if self._live and part.seconds <= _LONGEST:
                try:
                    return await self._at_once(part, vocabulary)
                except PassingError:
                    # Another host, another queue: worth the one try it gets.
                    pass
        finally:
            await asyncio.to_thread(part.close)
        part = await asyncio.to_thread(Part.of, recording, start, end, wav=True)
        try:
            return await self._by_polling(part, vocabulary)
        finally:
            await asyncio.to_thread(part.close)

    @override
    async def close(self) -> None:
        """Close connections."""
        await asyncio.gather(*self._forgetting)
        await self._client.aclose()

    async def _at_once(self, part: Part, vocabulary: Sequence[str]) -> Transcript:
        """Send a part to the Sync API. Raises VoiceError."""
        with voice_errors():
            async with asyncio.timeout(3 * self._patience + part.seconds):
                try:
                    answer = await self._sync.transcribe_live(
                        cast("BinaryIO", part), self._sync_config(vocabulary)
                    )
                except assemblyai.types.SyncTranscriptError as error:
                    if is_too_short(error):
                        return Transcript("")
                    raise
        return whole(answer, part.seconds)

    async def _by_polling(self, part: Part, vocabulary: Sequence[str]) -> Transcript:
        """Upload a part, and ask for its transcript until it is there."""
        config = assemblyai.TranscriptionConfig(
            speech_models=_MODELS,
            language_code=self._language,
            language_detection=None if self._language else True,
            keyterms_prompt=_terms(vocabulary),
        )
        with voice_errors():
            async with asyncio.timeout(3 * self._patience + part.seconds):
                job = await self._whole.submit(cast("BinaryIO", part), config)
                try:
                    await self._wait(job)
                finally:
                    self._forget(job)
        if job.status is assemblyai.TranscriptStatus.error:
            if is_nothing_to_hear(job.error or ""):
                return Transcript("")
            raise job_error(job.error or "")
        if job.text is None:
            raise BrokenAnswerError(Service.ASSEMBLYAI, "no text")
        return to_transcript(job.text, job.words or ())

    async def _wait(self, job: assemblyai.AsyncTranscript) -> None:
        """Poll until a job is done; a poll that fails is not yet a failed job."""
        failed = 0
        while True:
            try:
                with voice_errors():
                    await job.wait_for_completion()
            except PassingError:
                failed += 1
                if failed > _MOST_FAILED_POLLS:
                    raise
                await asyncio.sleep(self._client.settings.polling_interval)
            else:
                return

    def _forget(self, job: assemblyai.AsyncTranscript) -> None:
        """Have the service delete what it would keep: text, words and audio.

        Nobody waits for it; it is bounded, and `close` lets it end.
        """

        async def delete() -> None:
            try:
                with voice_errors():
                    async with asyncio.timeout(self._patience):
                        await self._whole.delete_by_id(job.id or "")
            except VoiceError as error:
                _LOGGER.warning("AssemblyAI still has a transcript: %s", error)

        task = asyncio.create_task(delete(), name="reply_satellite delete transcript")
        self._forgetting.add(task)
        task.add_done_callback(self._forgetting.discard)

    def _sync_config(
        self, vocabulary: Sequence[str]
    ) -> assemblyai.SyncTranscriptionConfig:
        """Say what the Sync API is sent, and that the times of words are wanted."""
        known = self._language in _LANGUAGES
        return assemblyai.SyncTranscriptionConfig(
            sample_rate=SAMPLE_RATE,
            channels=1,
            timestamps=True,
            language_codes=[self._language] if self._language and known else None,
            keyterms_prompt=_terms(vocabulary),
        )


def _terms(vocabulary: Sequence[str]) -> list[str] | None:
    """Give as much of a vocabulary as a request may carry."""
    terms: list[str] = []
    room = _LONGEST_TERMS
    for term in dict.fromkeys(" ".join(name.split()) for name in vocabulary):
        room -= len(term)
        if room < 0 or len(terms) == _MOST_TERMS:
            break
        if term:
            terms.append(term)
    return terms or None


def _subtag(language: str | None) -> str | None:
    """Give the ISO 639-1 code of a language as Home Assistant names it (en-GB)."""
    if not language:
        return None
    subtag = language.replace("_", "-").split("-")[0].lower()
    return {"nb": "no", "nn": "no", "iw": "he"}.get(subtag, subtag)
