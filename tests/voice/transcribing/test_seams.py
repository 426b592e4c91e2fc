"""Segments joined: no word lost, none doubled."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.reply_satellite.voice.transcribing.seams import join
from custom_components.reply_satellite.voice.transcribing.transcriber import (
    Transcript,
    Word,
)

from .spoken import plain, timed


def test_nothing_joins_to_nothing() -> None:
    assert join([]) == Transcript("")
    assert join([Transcript(""), Transcript("")]) == Transcript("")


def test_one_segment_is_itself() -> None:
    transcript = timed("Turn on the lights.")
    assert join([transcript]) == transcript
    assert join([Transcript(""), transcript, Transcript("")]) == transcript


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        (["Turn it on.", "Then off."], "Turn it on. Then off."),
        (["I went to the.", "store"], "I went to the store"),
        (["I went to the", "And home."], "I went to the and home."),
        (["Ask her,", "The one here."], "Ask her, the one here."),
        (["Ask", "Anna."], "Ask Anna."),
        (["the lamp and", "Lamp two"], "the lamp and lamp two"),
        (["Is it you", "I asked?"], "Is it you I asked?"),
        (["Is it you", "I'm asking?"], "Is it you I'm asking?"),
        (["Turn on", "TV two."], "Turn on TV two."),
        (["It is 5 p.m.", "tomorrow"], "It is 5 p.m. tomorrow"),
        (["Really?", "yes"], "Really? yes"),
        (["one", "two", "three"], "one two three"),
        (["打开灯。", "关上门。"], "打开灯。关上门。"),
        (["no no", "no"], "no no no"),
    ],
)
def test_seams_are_mended(segments: list[str], expected: str) -> None:
    assert join([Transcript(text) for text in segments]).text == expected
    spoken = [timed(text, 100.0 * index) for index, text in enumerate(segments)]
    joined = join(spoken)
    assert joined.text == expected
    assert len(joined.words) == sum(len(segment.words) for segment in spoken)


def test_times_are_given_up_where_a_segment_has_none() -> None:
    joined = join([timed("turn it on"), Transcript("and off")])
    assert joined == Transcript("turn it on and off")


def test_what_two_segments_heard_is_kept_once() -> None:
    left = timed("I went to the store and bough")
    right = timed("Store and bought milk. Then home.", 2.05)
    joined = join([left, right])
    assert joined.text == "I went to the store and bought milk. Then home."
    assert len(joined.words) == 10


def test_the_capital_comes_from_the_left_and_the_mark_from_the_right() -> None:
    left = timed("I met Anna.")
    right = timed("anna, and went on", 1.02)
    assert join([left, right]).text == "I met Anna, and went on"


def test_a_word_said_twice_at_the_seam_stays_twice() -> None:
    left = timed("it is very very", each=0.3)
    right = timed("very very cold", 0.62, each=0.3)
    assert join([left, right]).text == "it is very very cold"


def test_the_whole_word_is_kept_where_each_heard_a_piece_of_it() -> None:
    left = Transcript(
        "see the com",
        (Word("see", 0, 0.4), Word("the", 0.5, 0.7), Word("com", 0.8, 1.1)),
    )
    right = Transcript(
        "computer there", (Word("computer", 0.75, 1.3), Word("there", 1.4, 1.7))
    )
    assert join([left, right]).text == "see the computer there"


def _pair(left: list[Word], right: list[Word]) -> list[str]:
    said = [
        Transcript(" ".join(word.text for word in words), tuple(words))
        for words in (left, right)
    ]
    joined = join(said)
    assert plain(" ".join(word.text for word in joined.words)) == plain(joined.text)
    return plain(joined.text)


# The two overlap from the first start of the right to the last end of the left, and
# part in the middle, here at 2.0.
BEFORE, AFTER = Word("so", 1.0, 1.2), Word("on", 2.8, 3.0)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        # Just after the parting for the left, just before it for the right.
        (
            [Word("so", 0.2, 0.4), Word("lamps", 1.8, 2.3), Word("o", 2.5, 2.6)],
            [Word("lamb", 1.4, 2.2), AFTER],
            ["so", "lamps", "on"],
        ),
        (
            [Word("so", 0.2, 0.4), Word("lam", 1.8, 2.3), Word("o", 2.5, 2.6)],
            [Word("lamps", 1.4, 2.2), AFTER],
            ["so", "lamps", "on"],
        ),
        # Just before the parting for the left, just after it for the right.
        (
            [Word("so", 0.2, 0.4), Word("lamps", 1.4, 2.3), Word("o", 2.5, 2.6)],
            [Word("s", 1.4, 1.45), Word("lam", 1.8, 2.4), AFTER],
            ["so", "lamps", "on"],
        ),
        (
            [Word("so", 0.2, 0.4), Word("lam", 1.4, 2.3), Word("o", 2.5, 2.6)],
            [Word("s", 1.4, 1.45), Word("lamps", 1.8, 2.4), AFTER],
            ["so", "lamps", "on"],
        ),
        # Two words, each heard by one of them only.
        (
            [Word("so", 0.2, 0.4), Word("lamp", 1.4, 1.9), Word("o", 2.5, 2.6)],
            [Word("s", 1.4, 1.45), Word("two", 2.1, 2.4), AFTER],
            ["so", "lamp", "two", "on"],
        ),
        # Nothing but the cut word is heard by the left.
        (
            [Word("o", 1.9, 2.0)],
            [Word("s", 0.9, 1.0), Word("see", 1.05, 1.4), AFTER],
            ["see", "on"],
        ),
        ([BEFORE, Word("on", 1.9, 2.5)], [Word("n", 1.9, 2.1)], ["so", "on"]),
    ],
)
def test_where_both_heard_something_else(
    left: list[Word], right: list[Word], expected: list[str]
) -> None:
    assert _pair(left, right) == expected


def test_marks_are_no_words() -> None:
    left = Transcript("one two", (Word("one", 0, 0.5), Word("two", 0.5, 1.1)))
    assert join([left, Transcript("-", (Word("-", 1.0, 1.2),))]).text == "one two -"


VOCABULARY = ("lamp", "kitchen", "the", "to", "a", "very", "seven", "door", "when")


@given(
    words=st.lists(st.sampled_from(VOCABULARY), min_size=8, max_size=40),
    seed=st.integers(0, 2**32 - 1),
)
def test_overlapping_segments_give_what_was_said(words: list[str], seed: int) -> None:
    """Words cut by a segment's edge are garbled, and times differ by up to 60 ms."""
    dice = random.Random(seed)  # noqa: S311
    spoken: list[Word] = []
    now = 0.0
    for word in words:
        length = dice.uniform(0.2, 0.6)
        spoken.append(Word(word, now, now + length))
        now += length + dice.uniform(0.03, 0.2)
    segments, begin = [], 0.0
    while begin < now:
        place = begin + dice.uniform(3.0, 5.0)
        segments.append(_heard(spoken, dice, begin, place + 0.5))
        begin = place - 0.5
    joined = join(segments)
    assert plain(joined.text) == words
    assert plain(" ".join(word.text for word in joined.words)) == words


def _heard(
    spoken: list[Word], dice: random.Random, begin: float, end: float
) -> Transcript:
    """What a transcriber makes of the sound from `begin` to `end`."""
    heard = []
    for word in spoken:
        start, stop = max(word.start, begin), min(word.end, end)
        if stop - start < 0.05:
            continue
        whole = start == word.start and stop == word.end
        text = word.text if whole else word.text[: len(word.text) // 2] or "e"
        moved = dice.uniform(-0.03, 0.03)
        heard.append(Word(text, start + moved, stop + moved))
    text = " ".join(word.text for word in heard)
    if heard:
        text = text[0].upper() + text[1:] + "."
    return Transcript(text, tuple(heard))
