"""One segment's request to AssemblyAI's Sync API, and what its answer says."""

import asyncio
from collections.abc import Iterable
from typing import Final, override

import assemblyai

from ..errors import BrokenAnswerError, Service
from .assemblyai_errors import is_too_short, voice_errors
from .feed import Feed
from .part import BYTES_PER_SECOND
from .transcriber import LiveTranscription, Transcript, Word

_UNHEARD: Final = 1.0
"""Seconds that may be missing from what the service says it heard. It can answer
before the audio has ended; nothing in HTTP tells the sender."""


def whole(
    answer: assemblyai.types.SyncTranscriptResponse, seconds: float
) -> Transcript:
    """Return the transcript of so many seconds.

    Raises BrokenAnswerError if the service did not hear them all.
    """
    if seconds - answer.audio_duration_ms / 1000 > _UNHEARD:
        raise BrokenAnswerError(Service.ASSEMBLYAI, "it did not hear everything")
    return to_transcript(answer.text, answer.words)


class Upload(LiveTranscription):
    """One request to the Sync API, its audio fed as it is spoken.

    The SDK's own `open_live()` keeps audio for a request that has failed already, and
    waits for the answer when it is told to drop a finished upload; so the SDK's
    `transcribe_live()` is fed here by a task of our own.
    """

    def __init__(
        self,
        transcriber: assemblyai.AsyncSyncTranscriber,
        config: assemblyai.SyncTranscriptionConfig,
        limit: float,
    ) -> None:
        """Send the request; `limit` is in seconds, from `finish` to the transcript."""
        self._feed = Feed()
        self._limit = limit
        self._written = 0
        self._task = asyncio.create_task(
            transcriber.transcribe_live(self._feed, config),
            name="reply_satellite live upload",
        )

    @property
    @override
    def broken(self) -> bool:
        """Whether the request is over, though it was not ended."""
        return self._task.done() and not self._feed.ended

    @override
    def write(self, samples: bytes) -> None:
        """Queue samples; those for a request that is over are dropped."""
        self._written += len(samples)
        if not self._feed.ended and not self._task.done():
            self._feed.write(samples)

    @override
    async def finish(self) -> Transcript:
        """End the audio and wait for the transcript. Raises VoiceError."""
        self._feed.end()
        with voice_errors():
            async with asyncio.timeout(self._limit):
                try:
                    answer = await self._task
                except assemblyai.types.SyncTranscriptError as error:
                    if is_too_short(error):
                        return Transcript("")
                    raise
        return whole(answer, self._written / BYTES_PER_SECOND)

    @override
    async def abort(self) -> None:
        """Drop the request."""
        self._feed.end()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def to_transcript(
    text: str,
    words: Iterable[assemblyai.types.SyncWord | assemblyai.types.Word],
) -> Transcript:
    """Take over an answer; its times are in milliseconds, and may be missing."""
    timed = [
        Word(word.text, word.start / 1000, word.end / 1000)
        for word in words
        if word.start is not None and word.end is not None
    ]
    return Transcript(text.strip(), tuple(timed))
