"""Keywords in a stream of samples: the protocol, and the built-in spotter."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from .features import HOP, SAMPLE_RATE, WINDOW, LogMel
from .network import FRAMES_PER_BLOCK, WORDS, KeywordNetwork, Model, load_model
from .stillness import Stillness


class Keyword(StrEnum):
    """The words a satellite listens for."""

    COMPUTER = "computer"
    REPLY = "reply"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True)
class Detection:
    """A keyword was heard.

    `end` is where the word ends, estimated, in seconds since the stream's first sample.
    `score` is 0..1 and means the same for every word: see BuiltinSpotter.
    """

    keyword: Keyword
    end: float
    score: float


class Spotter(Protocol):
    """Finds keywords in a stream of sound. Lives on one thread, its owner's."""

    sensitivities: Mapping[Keyword, float]
    """Which words to look for, each with 0 (strict) to 1 (generous).

    The owner may put another mapping here between two calls.
    """

    def process(self, samples: NDArray[np.int16]) -> list[Detection]:
        """Hear the next samples: shape (n,), any n, int16, 16 kHz, mono.

        Raises VoiceError if it can't go on.
        """

    def reset(self) -> None:
        """Forget what was heard: the next sample is the first of a new stream."""

    def close(self) -> None:
        """Give everything back."""


SURE: Final = 0.84
"""A score that counts without the transcript's word for it: at the calibration (0.2 of
score = a tenth of the false alarms) this is a fiftieth of what reaches 0.5."""

DEFAULT_SENSITIVITY: Final = 0.5

# What score 0.5 means: so many false alarms per hour of speech.
DESIGN_PER_HOUR: Final[Mapping[Keyword, float]] = {
    Keyword.COMPUTER: 0.25,
    Keyword.REPLY: 12.0,
    Keyword.SNAPSHOT: 12.0,
}
_SCORE_PER_DECADE: Final = 0.2

_BLOCK: Final = FRAMES_PER_BLOCK * HOP
_BLOCK_SAMPLES: Final = WINDOW + (FRAMES_PER_BLOCK - 1) * HOP
_SMOOTHED: Final = 2
_LOGIT_LIMIT: Final = 12.0
_REFRACTORY_SECONDS: Final = 1.0
_SETTLE_SECONDS: Final = 0.16

REMEMBERED: Final = 20
"""Blocks: no answer of the network, and no mean of the last ones, goes further back."""


class _Ear:
    """Follows one word's score: one detection per word, at its best moment."""

    def __init__(self, keyword: Keyword, model: Model) -> None:
        """Read the word's calibration."""
        raw, per_hour = model.calibration[keyword]
        design = np.log10(DESIGN_PER_HOUR[keyword])
        self._raw: Final = raw
        self._scores: Final = np.clip(
            0.5 + _SCORE_PER_DECADE * (design - per_hour), 0.0, 1.0
        )
        self._keyword: Final = keyword
        self.reset()

    def reset(self) -> None:
        """Begin a stream."""
        self._first: Detection | None = None
        self._deaf_until = 0.0

    def hear(
        self, logit: float, now: float, age: float, threshold: float
    ) -> Detection | None:
        """Take the word's smoothed logit at `now`; return a detection once it is sure.

        That is a block after the score was enough: the better of both moments counts.
        """
        # Below the lowest raw score that was counted there is no word at all.
        score = float(np.interp(logit, self._raw, self._scores, left=0.0))
        detection = Detection(self._keyword, max(0.0, now - age), score)
        if (first := self._first) is not None:
            self._first = None
            self._deaf_until = now + _REFRACTORY_SECONDS
            return max(first, detection, key=lambda one: one.score)
        if score >= threshold and score > 0.0:
            if now < self._deaf_until:
                # A sound that goes on scoring is one sound.
                self._deaf_until = max(self._deaf_until, now + _SETTLE_SECONDS)
            else:
                self._first = detection
        return None

    def forget(self) -> None:
        """Drop a word that was not told yet: nobody listens for it any more."""
        self._first = None


class BuiltinSpotter:
    """The built-in network: no key, no compiler, numpy only.

    A word is heard when its score >= 1 - its sensitivity. Scores are calibrated on
    speech without the words, so that a sensitivity means the same for all three: 0.5 is
    each word's design point (DESIGN_PER_HOUR), every 0.2 more lets ten times as many
    false alarms through, every 0.2 less a tenth.

    The network sleeps while there is nothing to hear but the room. When something is,
    it is given what it slept through, as far as it remembers: it answers as if it had
    been awake.
    """

    def __init__(self, sensitivities: Mapping[Keyword, float] | None = None) -> None:
        """Load the model; raises BrokenModelError.

        `sensitivities` defaults to 0.5 for every word; a word that is not in it is not
        listened for.
        """
        model = load_model()
        self._ears: Final = {word: _Ear(word, model) for word in Keyword}
        self._features: Final = LogMel()
        self._stillness: Final = Stillness(FRAMES_PER_BLOCK)
        self._slept: Final[deque[NDArray[np.float32]]] = deque(maxlen=REMEMBERED)
        self._network: Final = KeywordNetwork(model)
        self._logits: Final = np.zeros((_SMOOTHED, WORDS))
        if sensitivities is None:
            sensitivities = dict.fromkeys(Keyword, DEFAULT_SENSITIVITY)
        self.sensitivities = sensitivities
        self.reset()

    @property
    def sensitivities(self) -> Mapping[Keyword, float]:
        """The words listened for, each with 0..1; may be set between any two calls."""
        return self._sensitivities

    @sensitivities.setter
    def sensitivities(self, sensitivities: Mapping[Keyword, float]) -> None:
        """Arm exactly these words; raises ValueError for a value not in 0..1."""
        for word, value in sensitivities.items():
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"sensitivity of {word} is {value}, not 0..1")
        self._sensitivities = dict(sensitivities)

    def reset(self) -> None:
        """Forget the past: the next sample is the first of a new stream."""
        # Silence ahead lets each block end with its 80 ms: not a sample is waited for.
        self._pending = np.zeros(_BLOCK_SAMPLES - _BLOCK, np.int16)
        self._blocks = 0
        self._still = 0
        self._stillness.reset()
        self._slept.clear()
        self._logits[:] = -_LOGIT_LIMIT
        self._network.reset()
        for ear in self._ears.values():
            ear.reset()

    def close(self) -> None:
        """Nothing is held; the spotter is not used again."""

    def process(self, samples: NDArray[np.int16]) -> list[Detection]:
        """Hear the next samples: shape (n,), any n, int16, 16 kHz, mono."""
        pending = np.concatenate([self._pending, samples])
        heard: list[Detection] = []
        start = 0
        while len(pending) - start >= _BLOCK_SAMPLES:
            heard += self._process_block(pending[start : start + _BLOCK_SAMPLES])
            start += _BLOCK
        self._pending = pending[start:].copy()
        return heard

    def _process_block(self, samples: NDArray[np.int16]) -> list[Detection]:
        """Take the samples of the next eight frames; return detections."""
        frames = self._features(samples)
        self._blocks += 1
        self._slept.append(frames)
        self._still = 0 if self._stillness.hears(frames) else self._still + 1
        if self._still > REMEMBERED:
            return []
        # No word has ended where it was still; the network only has to know of that.
        *_, answer = [self._ask(slept) for slept in self._slept]
        self._slept.clear()
        return self._heard(answer)

    def _ask(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give the network the next frames, and keep its logits."""
        answer = self._network(frames)
        self._logits[:-1] = self._logits[1:]
        self._logits[-1] = answer[:WORDS].clip(-_LOGIT_LIMIT, _LOGIT_LIMIT)
        return answer

    def _heard(self, answer: NDArray[np.float32]) -> list[Detection]:
        """Return what is detected by the last answer and those before it."""
        now = self._blocks * _BLOCK / SAMPLE_RATE
        smoothed = self._logits.mean(axis=0)
        heard = []
        for index, word in enumerate(Keyword):
            sensitivity = self._sensitivities.get(word)
            if sensitivity is None:
                self._ears[word].forget()
                continue
            detection = self._ears[word].hear(
                float(smoothed[index]),
                now,
                float(answer[WORDS + index]),
                1.0 - sensitivity,
            )
            if detection:
                heard.append(detection)
        return heard
