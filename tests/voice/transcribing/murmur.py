"""Speech whose words a server can tell exactly: each is a level of its own.

For tests of what is sent, not of how it sounds: every sample of a word has the same
magnitude, which numbers the word. Part of a word is heard as another word.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, override

import numpy as np
from numpy.typing import NDArray

from custom_components.reply_satellite.voice.hearing.microphone import SAMPLE_RATE
from tests.standins.recognise import Heard, Hearing, Recogniser

_LOWEST: Final = 1_000
_STEP: Final = 8
_LEAST: Final = SAMPLE_RATE // 20
"""Samples of a word below which nothing of it is heard."""


@dataclass(frozen=True, slots=True)
class Murmur:
    """Words, each `word` seconds long with `gap` seconds of quiet after it."""

    words: Sequence[str]
    word: float = 0.32
    gap: float = 0.08
    pauses: Sequence[int] = ()
    """Indexes of words after which the speaker pauses for a second."""

    def samples(self) -> bytes:
        """Speak: int16 LE, mono, 16 kHz."""
        dice = np.random.default_rng(3)
        said: list[NDArray[np.int16]] = []
        pauses = set(self.pauses)
        for index in range(len(self.words)):
            level = _LOWEST + _STEP * index
            tone = np.full(round(self.word * SAMPLE_RATE), level, "<i2")
            tone[::2] *= -1
            quiet = 1.0 if index in pauses else self.gap
            noise = dice.integers(-9, 10, round(quiet * SAMPLE_RATE)).astype("<i2")
            said += [tone, noise]
        return np.concatenate(said).tobytes()


class MurmurRecogniser(Recogniser):
    """Hears what was murmured, in place of a server's recogniser."""

    def __init__(self, murmur: Murmur) -> None:
        """Know the words that may come."""
        super().__init__()
        self._murmur = murmur

    @override
    async def open(self, rate: int = SAMPLE_RATE, channels: int = 1) -> _Hearing:
        """Begin to hear a recording."""
        assert (rate, channels) == (SAMPLE_RATE, 1)
        return _Hearing(self, self._murmur)


class _Hearing(Hearing):
    """One recording being heard."""

    def __init__(self, recogniser: Recogniser, murmur: Murmur) -> None:
        super().__init__(recogniser, 0, SAMPLE_RATE, 1)
        self._murmur = murmur
        self._heard = bytearray()

    @override
    def feed(self, audio: bytes) -> None:
        """Take more of it."""
        self._heard += audio

    @override
    async def finish(self) -> Heard:
        """Tell the words."""
        await asyncio.sleep(0)
        samples = np.abs(np.frombuffer(bytes(self._heard), "<i2").astype(np.int32))
        edges = np.flatnonzero(np.diff(samples >= _LOWEST // 2, prepend=0, append=0))
        changes = np.flatnonzero(np.diff(samples)) + 1
        bounds = np.unique(np.concatenate([edges, changes, [0, samples.size]]))
        return Heard(list(self._words(samples, bounds)), [])

    @override
    def drop(self) -> None:
        """Forget it."""
        self._heard.clear()

    def _words(
        self, samples: NDArray[np.int32], bounds: NDArray[np.int64]
    ) -> Iterator[dict[str, object]]:
        whole = round(self._murmur.word * SAMPLE_RATE)
        for start, end in pairwise(bounds):
            if end - start < _LEAST or samples[start] < _LOWEST:
                continue
            word = self._murmur.words[(int(samples[start]) - _LOWEST) // _STEP]
            yield {
                "text": word if end - start == whole else word[: len(word) // 2],
                "start": int(start) * 1000 // SAMPLE_RATE,
                "end": int(end) * 1000 // SAMPLE_RATE,
                "confidence": 1.0,
            }
