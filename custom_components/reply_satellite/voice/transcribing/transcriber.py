"""What the house asks of any speech-to-text service."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was heard; times in seconds on the clock of its transcript."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said. `words` is empty where the service gives no word times."""

    text: str
    words: tuple[Word, ...] = ()


class LiveTranscription(Protocol):
    """One segment, uploaded while it is still being spoken."""

    @property
    def broken(self) -> bool:
        """Whether the upload failed already: `finish` will raise."""

    def write(self, samples: bytes) -> None:
        """Take PCM, int16 little endian, mono, 16 kHz. Never blocks, never raises."""

    async def finish(self) -> Transcript:
        """End the upload and wait for the transcript; word times from its start.

        Raises VoiceError.
        """

    async def abort(self) -> None:
        """Drop the upload; nothing is transcribed. Never raises."""


class Transcriber(Protocol):
    """A speech-to-text service."""

    confirms: bool
    """Whether it transcribes segments fast enough to confirm a keyword."""

    longest: float
    """Seconds one segment may last; math.inf where there is no limit."""

    async def check(self) -> None:
        """Prove that the key works. Raises VoiceError."""

    async def warm(self) -> None:
        """Open the connection ahead of its use. Never raises."""

    def open(self, vocabulary: Sequence[str] = ()) -> LiveTranscription | None:
        """Begin a segment; `vocabulary` are names likely to be said.

        None where the service takes nothing but finished recordings.
        """

    async def transcribe(
        self,
        recording: Path,
        vocabulary: Sequence[str] = (),
        start: float = 0.0,
        end: float | None = None,
    ) -> Transcript:
        """Transcribe a kept recording (raw PCM, int16 LE, mono, 16 kHz) of any length.

        `start` and `end` (seconds; None is the end of the file) choose a part of it,
        and word times count from `start`. Raises VoiceError, and OSError when the
        recording cannot be read.
        """

    async def close(self) -> None:
        """Close connections."""
