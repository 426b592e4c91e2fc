"""The built-in spotter, on speech made here."""

from collections.abc import Mapping
from itertools import cycle, pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from custom_components.reply_satellite.voice.hearing.network import load_model
from custom_components.reply_satellite.voice.hearing.spotter import (
    REMEMBERED,
    BuiltinSpotter,
    Detection,
    Keyword,
    _Ear,
)
from tests.house.voices import Speech, Voice, say

RATE = 16_000
BLOCK = 1280


def _turn(voice: Voice) -> Speech:
    return say(
        1.0,
        "computer",
        0.15,
        "what is on the table",
        0.1,
        "snapshot",
        0.15,
        "and tell me a story about it",
        0.2,
        "reply",
        0.6,
        voice=voice,
    )


@pytest.fixture(scope="module")
def turn() -> Speech:
    return _turn(Voice.RMS)


def _hear(
    samples: np.ndarray, sensitivities: Mapping[Keyword, float] | None = None
) -> list[Detection]:
    return BuiltinSpotter(sensitivities).process(samples)


@pytest.mark.parametrize("voice", list(Voice))
def test_a_turn_is_heard_in_every_voice(voice: Voice) -> None:
    speech = _turn(voice)
    heard = _hear(speech.samples)
    assert [one.keyword for one in heard] == [
        Keyword.COMPUTER,
        Keyword.SNAPSHOT,
        Keyword.REPLY,
    ]
    words = {part.text: part for part in speech.parts}
    for one in heard:
        assert abs(one.end - words[one.keyword].end) < 0.2
        assert 0.5 <= one.score <= 1.0


def test_words_come_soon_after_their_end(turn: Speech) -> None:
    spotter = BuiltinSpotter()
    words = {part.text: part for part in turn.parts}
    for start in range(0, len(turn.samples), BLOCK):
        for one in spotter.process(turn.samples[start : start + BLOCK]):
            heard_at = (start + BLOCK) / RATE
            assert 0.0 < heard_at - words[one.keyword].end <= 0.45


def test_other_speech_and_silence_are_not_words() -> None:
    speech = say(
        "the people who live on the other side of the river are fond of music",
        0.5,
        "tomorrow morning we shall water the garden and open all the windows",
    )
    assert _hear(speech.samples) == []
    assert _hear(np.zeros(3 * RATE, np.int16)) == []
    noise = np.random.default_rng(1).normal(0, 2000, 3 * RATE).astype(np.int16)
    assert _hear(noise) == []


@settings(max_examples=12, deadline=None)
@given(sizes=st.lists(st.integers(0, 5000), min_size=1, max_size=6).filter(any))
@example(sizes=[BLOCK])
@example(sizes=[640])
@example(sizes=[512])
@example(sizes=[1519, 1])
def test_chunks_do_not_matter(turn: Speech, sizes: list[int]) -> None:
    whole = _hear(turn.samples)
    spotter, heard, start = BuiltinSpotter(), [], 0
    for size in cycle(sizes):
        heard += spotter.process(turn.samples[start : start + size])
        start += size
        if start >= len(turn.samples):
            break
    assert heard == whole
    assert whole


def _count(spotter: BuiltinSpotter) -> list[int]:
    """Return a list that grows by the frames of every block the network is given."""
    counted: list[int] = []
    network = spotter._network

    class Counting:
        def __call__(self, frames: np.ndarray) -> np.ndarray:
            counted.append(len(frames))
            return network(frames)

    spotter._network = Counting()  # type: ignore[assignment,misc]
    return counted


def test_every_block_is_computed_once(turn: Speech) -> None:
    spotter = BuiltinSpotter()
    counted = _count(spotter)
    for start in range(0, len(turn.samples), 100):
        spotter.process(turn.samples[start : start + 100])
    assert len(counted) == len(turn.samples) // BLOCK


@pytest.mark.parametrize("still", [1.6, 2.4, 4.0, 40.0])
def test_it_sleeps_while_it_is_still_and_misses_nothing(
    turn: Speech, still: float
) -> None:
    """A turn is heard as by one who was awake for all that the network remembers."""
    said = turn.samples[RATE:]
    pause = np.zeros(round(still * RATE), np.int16)
    samples = np.concatenate([said, pause, said])
    noise = np.random.default_rng(7).normal(0, 10, len(samples))
    samples += noise.astype(np.int16)
    begins = len(said) + len(pause)
    awake, spotter = BuiltinSpotter(), BuiltinSpotter()
    counted = _count(spotter)
    assert len(spotter.process(samples[:begins])) == 3
    before = len(counted)
    # In whole blocks, as the other one counts them.
    ahead = (begins // BLOCK - REMEMBERED + 1) * BLOCK
    expected = awake.process(samples[ahead:])
    heard = spotter.process(samples[begins:])
    assert len(heard) == 3
    for one, other in zip(heard, expected, strict=True):
        assert one.keyword is other.keyword
        assert one.end == pytest.approx(other.end + ahead / RATE)
        assert one.score == pytest.approx(other.score, abs=1e-4)
    # It sleeps when it has been still for a second and three fifths.
    assert before <= (len(said) + 1.9 * RATE) / BLOCK
    assert len(counted) - before <= len(said) / BLOCK + REMEMBERED


@pytest.mark.parametrize("word", list(Keyword))
@pytest.mark.parametrize("level", [100, 300, 600])
def test_more_sensitive_hears_no_less(word: Keyword, level: int) -> None:
    """Whatever is heard is heard by a more sensitive one too, or just before it.

    From hardly disturbed to nearly drowned.
    """
    speech = _turn(Voice.KAL)
    noise = np.random.default_rng(3).normal(0, level, len(speech.samples))
    samples = (speech.samples / 4 + noise).astype(np.int16)
    found = [
        [one.end for one in _hear(samples, {word: sensitivity})]
        for sensitivity in (0.0, 0.3, 0.5, 0.7, 0.8)
    ]
    for fewer, more in pairwise(found):
        for end in fewer:
            assert any(abs(other - end) < 1.2 for other in more)
    assert found[-1]


def test_scores_reach_the_threshold(turn: Speech) -> None:
    for sensitivity in (0.3, 0.5, 0.8):
        for one in _hear(turn.samples, dict.fromkeys(Keyword, sensitivity)):
            assert one.score >= 1.0 - sensitivity


def test_only_armed_words_are_heard(turn: Speech) -> None:
    heard = _hear(turn.samples, {Keyword.SNAPSHOT: 0.5})
    assert [one.keyword for one in heard] == [Keyword.SNAPSHOT]
    assert _hear(turn.samples, {}) == []


def test_words_are_armed_while_it_goes(turn: Speech) -> None:
    spotter = BuiltinSpotter({Keyword.COMPUTER: 0.5})
    heard = []
    for start in range(0, len(turn.samples), BLOCK):
        now = spotter.process(turn.samples[start : start + BLOCK])
        heard += [one.keyword for one in now]
        if now:
            spotter.sensitivities = {Keyword.REPLY: 0.5}
    assert heard == [Keyword.COMPUTER, Keyword.REPLY]
    assert spotter.sensitivities == {Keyword.REPLY: 0.5}


@pytest.mark.parametrize("value", [-0.1, 1.01, float("nan")])
def test_sensitivity_is_from_0_to_1(value: float) -> None:
    with pytest.raises(ValueError, match="reply"):
        BuiltinSpotter({Keyword.REPLY: value})


def test_reset_begins_a_new_stream(turn: Speech) -> None:
    spotter = BuiltinSpotter()
    first = spotter.process(turn.samples)
    spotter.process(turn.samples[: 2 * RATE + 123])
    spotter.reset()
    assert spotter.process(turn.samples) == first
    spotter.close()


# --- one word's score ---


def _follow(
    logits: list[float], threshold: float = 0.5, word: Keyword = Keyword.COMPUTER
) -> list[int]:
    """Return at which blocks the word was told."""
    ear = _Ear(word, load_model())
    return [
        at
        for at, logit in enumerate(logits)
        if ear.hear(logit, at * 0.08, 0.1, threshold)
    ]


def test_a_word_is_told_at_its_better_moment() -> None:
    raw, per_hour = load_model().calibration[Keyword.REPLY]
    low, high = np.interp([-0.5, 0.5], -per_hour, raw)
    for first, second, end in ((low, high, 0.91), (high, low, 0.88)):
        ear = _Ear(Keyword.REPLY, load_model())
        assert ear.hear(-12.0, 0.92, 0.04, 0.5) is None
        assert ear.hear(first, 1.0, 0.12, 0.5) is None
        told = ear.hear(second, 1.08, 0.17, 0.5)
        assert told is not None
        assert told.end == pytest.approx(end)
        # 12 an hour is score 0.5; high is 10 ** -0.5 an hour.
        assert told.score == pytest.approx(0.5 + 0.2 * (np.log10(12) + 0.5), abs=1e-6)


def test_a_rising_score_is_not_waited_for_long() -> None:
    raw, per_hour = load_model().calibration[Keyword.COMPUTER]
    rising = np.interp([0.7, 0.9, 1.1, 1.3, 1.5], -per_hour, raw)
    assert _follow([-12.0, *rising, -12.0]) == [2]


def test_a_lasting_sound_is_told_once() -> None:
    assert len(_follow([12.0] * 200)) == 1


def test_the_same_word_again_is_told_after_a_second() -> None:
    word, pause = [12.0] * 3, [-12.0]
    assert len(_follow(word + pause * 5 + word + pause * 3)) == 1
    assert len(_follow(word + pause * 15 + word + pause * 3)) == 2


def test_a_word_is_forgotten_when_nobody_listens() -> None:
    ear = _Ear(Keyword.COMPUTER, load_model())
    assert ear.hear(12.0, 1.0, 0.1, 0.5) is None
    ear.forget()
    assert ear.hear(-12.0, 1.08, 0.1, 0.5) is None


@pytest.mark.parametrize("word", list(Keyword))
def test_nothing_is_not_a_word_at_any_sensitivity(word: Keyword) -> None:
    assert _follow([-12.0] * 50, threshold=0.0, word=word) == []


@pytest.mark.parametrize("word", list(Keyword))
def test_a_fifth_of_sensitivity_is_a_factor_of_ten(word: Keyword) -> None:
    design = {"computer": 0.25, "reply": 12.0, "snapshot": 12.0}[word]
    ear = _Ear(word, load_model())
    raw, per_hour = load_model().calibration[word]
    for decade, score in ((0, 0.5), (1, 0.3), (-1, 0.7)):
        logit = float(np.interp(-np.log10(design) - decade, -per_hour, raw))
        ear.reset()
        ear.hear(logit, 1.0, 0.0, 0.01)
        told = ear.hear(-12.0, 1.08, 0.0, 0.01)
        assert told is not None
        assert told.score == pytest.approx(score, abs=1e-6)
