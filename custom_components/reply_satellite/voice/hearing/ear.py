"""What the listener's thread does with each chunk of sound."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import Service, VoiceError
from .heard import (
    FellSilent,
    Heard,
    KeywordHeard,
    Lulled,
    QuietBegan,
    QuietEnded,
    SpotterFailed,
)
from .kept import Kept
from .level import LevelMeter
from .microphone import SAMPLE_RATE
from .quiet import Began, Ended, QuietDetector
from .silence import Silence, best_voice
from .spotter import Keyword, Spotter
from .take import Take

_LOGGER = logging.getLogger(__name__)


class Ear:
    """Keywords, recording, quiet and level of one stream of sound. No thread here.

    Everything is told through `post`; `clock` tells when a word ended.
    """

    def __init__(
        self, post: Callable[[Heard], None], clock: Callable[[], float]
    ) -> None:
        """Begin at position 0, with no spotter."""
        self._post = post
        self._clock = clock
        self._samples = 0
        self._kept = Kept()
        self._spotter: Spotter | None = None
        self._spotted = 0
        self._sensitivities: Mapping[Keyword, float] = {}
        self._take: Take | None = None
        self._quiet = QuietDetector()
        self._silence: Silence | None = None
        self._level: LevelMeter | None = None

    @property
    def position(self) -> float:
        """Seconds of sound heard so far."""
        return self._samples / SAMPLE_RATE

    def hear(self, chunk: bytes) -> None:
        """Take in the next chunk: int16 LE, mono, 16 kHz."""
        samples = np.frombuffer(chunk, "<i2")
        self._kept.add(chunk)
        before = self._samples
        self._samples += samples.size
        self._hear_quiet(samples)
        if self._take is not None:
            self._take.add(chunk, before)
        if self._silence is not None and self._silence.hear(samples):
            self._silence = None
            self._post(FellSilent())
        self._spot(samples, before)
        if self._level is not None and (level := self._level.hear(samples)):
            self._post(level)

    def _hear_quiet(self, samples: NDArray[np.int16]) -> None:
        """Follow the level always, so that the room is known; tell if recording."""
        for change in self._quiet.hear(samples):
            if self._take is None:
                continue
            match change:
                case Began(position):
                    self._post(QuietBegan(position))
                case Ended(position):
                    self._post(QuietEnded(position))
                case _:
                    self._post(Lulled(change.position))

    def _spot(self, samples: NDArray[np.int16], before: int) -> None:
        """Look for the armed words."""
        if self._spotter is None or not self._sensitivities:
            return
        # The spotter's clock begins anew at each reset.
        behind = (before - self._spotted) / SAMPLE_RATE
        self._spotted += samples.size
        with self._spotter_may_fail():
            for detection in self._spotter.process(samples):
                end = detection.end + behind
                ended = self._clock() - (self.position - end)
                self._post(KeywordHeard(detection.keyword, end, detection.score, ended))

    def use_spotter(self, make_spotter: Callable[[], Spotter]) -> None:
        """Listen with another spotter from now on; may block while it is made."""
        self._drop_spotter()
        with self._spotter_may_fail():
            self._spotter = make_spotter()
            self._spotted = 0
            self._spotter.sensitivities = self._sensitivities

    @contextmanager
    def _spotter_may_fail(self) -> Iterator[None]:
        """Tell of any failure: without a word spotted, sound is still heard."""
        try:
            yield
        except VoiceError as error:
            failure = error
        except Exception as error:
            _LOGGER.exception("A fault of the spotter's own")
            detail = f"spotter: {type(error).__name__}"
            failure = VoiceError(Service.MICROPHONE, detail)
        else:
            return
        self._drop_spotter()
        self._post(SpotterFailed(failure))

    def _drop_spotter(self) -> None:
        if self._spotter is not None:
            self._spotter.close()
            self._spotter = None

    def _reset_spotter(self) -> None:
        if self._spotter is not None:
            self._spotter.reset()
            self._spotted = 0

    def arm(self, sensitivities: Mapping[Keyword, float]) -> None:
        """Look for these words from now on, and no others."""
        if self._spotter is not None:
            if not self._sensitivities:
                self._reset_spotter()
            self._spotter.sensitivities = sensitivities
        self._sensitivities = sensitivities

    def begin_recording(self, path: Path, since: float, silence: float = 0.0) -> None:
        """Record from position `since` on, as far back as sound is kept.

        So many seconds of `silence` are told; none if 0.
        """
        self.end_recording()
        start = min(round(since * SAMPLE_RATE), self._samples)
        earlier = self._kept.since(self._samples - start)
        self._take = Take(path, self._samples - len(earlier) // 2, self._post)
        self._take.add(earlier, self._take.began)
        self._quiet.begin()
        self._silence = Silence(silence, best_voice()) if silence else None

    def end_recording(self) -> None:
        """End it now."""
        self._silence = None
        if self._take is not None:
            self._take.end(self._samples)
            self._take = None

    def measure_level(self, *, wanted: bool) -> None:
        """Tell the level, or stop telling it."""
        self._level = LevelMeter() if wanted else None

    def interrupt(self) -> None:
        """The device is lost: what comes next does not follow on what was heard."""
        self._reset_spotter()

    def close(self) -> None:
        """Stop listening: end the recording, forget the sound, drop the spotter."""
        self.end_recording()
        self._kept = Kept()
        self._quiet.begin()
        self._drop_spotter()
