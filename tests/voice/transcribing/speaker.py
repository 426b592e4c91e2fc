"""Somebody who dictates, and what becomes of it."""

import asyncio
from itertools import pairwise
from pathlib import Path

from custom_components.reply_satellite.voice.transcribing.dictation import Dictation
from custom_components.reply_satellite.voice.transcribing.transcriber import (
    Transcript,
)
from tests.standins.assemblyai import AssemblyAIStandin
from tests.standins.exchange import Record

from .murmur import Murmur, MurmurRecogniser
from .requests import LIVE
from .spoken import plain

BEGAN = 1000.5
CHUNK = 8_192


def numbered(count: int) -> list[str]:
    """Words that differ."""
    return [f"no{number:04d}th" for number in range(count)]


class Speaker:
    """Somebody who dictates, faster than people do."""

    def __init__(self, standin: AssemblyAIStandin, recording: Path) -> None:
        """Have nothing to say yet."""
        self._standin = standin
        self.recording = recording
        self.words: list[str] = []
        self.samples = b""
        self._pauses: list[float] = []
        self._spoken = 0

    def prepare(self, murmur: Murmur) -> None:
        """Have something to say; the recording is on disk before it is heard."""
        self._standin.recogniser = MurmurRecogniser(murmur)
        self.words = list(murmur.words)
        self.samples = murmur.samples()
        self.recording.write_bytes(self.samples)
        each = murmur.word + murmur.gap
        self._pauses = [
            (index + 1) * each - murmur.gap + number * (1.0 - murmur.gap)
            for number, index in enumerate(sorted(murmur.pauses))
        ]

    @property
    def seconds(self) -> float:
        """How long it takes to say."""
        return len(self.samples) / 32_000

    async def speak(self, dictation: Dictation, until: float | None = None) -> None:
        """Say it, on from where it was left, up to a time."""
        end = len(self.samples) if until is None else round(until * 16_000) * 2
        while self._spoken < end:
            piece = self.samples[self._spoken : min(self._spoken + CHUNK, end)]
            dictation.write(BEGAN + self._spoken / 32_000, piece)
            self._spoken += len(piece)
            while self._pauses and self._spoken / 32_000 >= self._pauses[0] + 0.2:
                dictation.pause(BEGAN + self._pauses.pop(0))
            await asyncio.sleep(0)


def uploads_of(standin: AssemblyAIStandin, path: str = LIVE) -> list[Record]:
    """The requests for a path."""
    return [record for record in standin.requests if record.path == path]


def said(transcript: Transcript) -> list[str]:
    """The words of a transcript."""
    assert plain(" ".join(word.text for word in transcript.words)) == plain(
        transcript.text
    )
    return plain(transcript.text)


def is_ascending(transcript: Transcript) -> bool:
    """Whether its words follow each other."""
    words = transcript.words
    return all(
        before.start < before.end <= after.start + 0.002
        for before, after in pairwise(words)
    )
