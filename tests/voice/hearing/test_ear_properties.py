"""Whatever is asked in whatever order, recordings hold all that was heard."""

import tempfile
from pathlib import Path
from typing import override

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from custom_components.reply_satellite.voice.hearing.ear import Ear
from custom_components.reply_satellite.voice.hearing.heard import (
    Audio,
    KeywordHeard,
    Lulled,
    QuietBegan,
    QuietEnded,
    RecordingEnded,
    RecordingFailed,
)
from custom_components.reply_satellite.voice.hearing.kept import KEPT_SECONDS
from custom_components.reply_satellite.voice.hearing.spotter import Keyword

from .hardware import MARKS, MarkSpotter, Posts

RATE = 16_000


class Hearing(RuleBasedStateMachine):
    """An ear, beside it the whole sound that it ever heard."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.posts = Posts()
        self.ear = Ear(self.posts, lambda: 0.0)
        self.ear.use_spotter(MarkSpotter)
        self.sound = b""
        self.begun: list[float] = []
        """The latest positions at which the recordings may begin."""
        self.forgotten = 0.0
        self.words: list[tuple[Keyword, float]] = []
        self.armed: set[Keyword] = set()
        self.random = np.random.default_rng(len(self.sound))

    @rule(samples=st.sampled_from([320, 640, 1_280, 16_000]))
    def hear(self, samples: int) -> None:
        """Hear noise of changing loudness."""
        level = self.random.choice([0, 20, 2_000])
        chunk = self.random.normal(0, level, samples).clip(-9_000, 9_000).astype("<i2")
        self._hear(chunk.tobytes())

    @rule(word=st.sampled_from(Keyword), place=st.integers(0, 639))
    def hear_word(self, word: Keyword, place: int) -> None:
        """Hear a word end."""
        chunk = np.zeros(640, "<i2")
        chunk[place] = MARKS[word]
        if word in self.armed:
            self.words.append((word, len(self.sound) // 2 + place + 1))
        self._hear(chunk.tobytes())

    def _hear(self, chunk: bytes) -> None:
        self.sound += chunk
        self.ear.hear(chunk)

    @rule(words=st.sets(st.sampled_from(Keyword)))
    def arm(self, words: set[Keyword]) -> None:
        """Listen for other words."""
        self.armed = words
        self.ear.arm(dict.fromkeys(words, 0.5))

    @rule(back=st.floats(-0.5, 4))
    def begin(self, back: float) -> None:
        """Begin a recording, in the past or a little ahead."""
        since = max(0.0, self.ear.position - back)
        kept = max(self.forgotten, self.ear.position - KEPT_SECONDS)
        self.begun.append(max(since, kept))
        path = Path(self.folder.name, f"{len(self.begun)}.pcm")
        self.ear.begin_recording(path, since)

    @rule()
    def end(self) -> None:
        """End it."""
        self.ear.end_recording()

    @rule()
    def interrupt(self) -> None:
        """Lose the device for a while."""
        self.ear.interrupt()

    @precondition(lambda self: self.begun)
    @rule()
    def close(self) -> None:
        """Stop listening, and begin again."""
        self.ear.close()
        self.forgotten = self.ear.position
        self.ear.use_spotter(MarkSpotter)
        ended = self.posts.of(RecordingEnded)
        assert len(ended) == len(self.begun)

    @invariant()
    def audio_is_what_was_heard(self) -> None:
        """Each piece told is at its place in the sound, and follows on the last."""
        for audio in self.posts.of(Audio):
            start = 2 * round(audio.position * RATE)
            assert self.sound[start : start + len(audio.samples)] == audio.samples

    @invariant()
    def files_are_what_was_heard(self) -> None:
        """Each recording holds the sound from its beginning to its end."""
        assert not self.posts.of(RecordingFailed)
        for latest, ended in zip(
            self.begun, self.posts.of(RecordingEnded), strict=False
        ):
            recording = ended.recording
            first, last = round(recording.began * RATE), round(ended.ended * RATE)
            assert recording.path.read_bytes() == self.sound[2 * first : 2 * last]
            assert recording.began <= latest + 1 / RATE

    @invariant()
    def words_are_where_they_were(self) -> None:
        """All armed words were told, no others."""
        told = [
            (heard.keyword, round(heard.end * RATE))
            for heard in self.posts.of(KeywordHeard)
        ]
        assert told == self.words

    @invariant()
    def quiet_begins_and_ends_in_turn(self) -> None:
        """A lull, perhaps a quiet, and then its end: each once."""
        told: type[object] = QuietEnded
        for heard in self.posts.all:
            match heard:
                case RecordingEnded():
                    told = QuietEnded
                case Lulled():
                    assert told is QuietEnded
                    told = Lulled
                case QuietBegan():
                    assert told is Lulled
                    told = QuietBegan
                case QuietEnded():
                    assert told is not QuietEnded
                    told = QuietEnded

    @override
    def teardown(self) -> None:
        """Remove the recordings."""
        self.ear.close()
        self.folder.cleanup()


Hearing.TestCase.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None
)
TestHearing = Hearing.TestCase
