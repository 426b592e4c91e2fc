"""Keywords in transcripts: found, borne out, cut out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.reply_satellite.voice.hearing.spotter import Keyword
from custom_components.reply_satellite.voice.transcribing.transcriber import (
    Transcript,
    Word,
)
from custom_components.reply_satellite.voice.transcribing.transcript import (
    bears_out,
    ends_with,
    same_words,
    shift,
    without_keywords,
)

from .spoken import ends, plain, timed


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Turn on the light.", "turn on the light", True),
        ("Turn on, the light!", "Turn on the light", True),
        ("Turn \u2013 on", "turn on", True),
        ("Turn on the light.", "Turn on the lights.", False),
        ("Set it to 1.5", "Set it to 15", False),
        ("Set it to -5", "Set it to 5", False),
        ("", "...", True),
    ],
)
def test_same_words(one: str, other: str, same: bool) -> None:
    assert same_words(one, other) is same


@pytest.mark.parametrize(
    ("text", "keyword", "expected"),
    [
        ("Turn on the lights. Reply.", Keyword.REPLY, True),
        ("turn on the lights reply", Keyword.REPLY, True),
        ("Turn on the lights, REPLY!", Keyword.REPLY, True),
        ("Turn on the lights “Reply.”", Keyword.REPLY, True),
        ("Look at this, snap shot.", Keyword.SNAPSHOT, True),
        ("Look at this, snap-shot.", Keyword.SNAPSHOT, True),
        ("I'll reply to him tomorrow.", Keyword.REPLY, False),
        ("He replied.", Keyword.REPLY, False),
        ("They are replying", Keyword.REPLY, False),
        ("", Keyword.REPLY, False),
        (" ... ", Keyword.REPLY, False),
        ("Reply", Keyword.REPLY, True),
    ],
)
def test_ends_with(text: str, keyword: Keyword, expected: bool) -> None:
    assert ends_with(Transcript(text), keyword) is expected
    assert ends_with(timed(text), keyword) is expected


def test_ends_with_hears_the_words_where_the_text_is_another() -> None:
    transcript = Transcript("Lights on 22°", timed("lights on reply").words)
    assert ends_with(transcript, Keyword.REPLY)


@pytest.mark.parametrize(
    ("at", "within", "expected"),
    [
        (2.0, 1.0, True),
        (3.4, 1.0, True),
        (3.5, 1.0, False),
        (0.4, 1.0, False),
        (0.4, 1.7, True),
    ],
)
def test_bears_out_what_was_said_about_then(
    at: float, within: float, expected: bool
) -> None:
    transcript = timed("look at this snapshot and tell me")  # said from 1.5 to 1.9
    shifted = shift(transcript, 0.5)
    assert bears_out(shifted, Keyword.SNAPSHOT, at, within) is expected
    assert not bears_out(shifted, Keyword.REPLY, at, within)


def test_bears_out_two_words() -> None:
    assert bears_out(timed("look snap shot"), Keyword.SNAPSHOT, 1.4)


def test_bears_out_without_times_what_was_said_at_all() -> None:
    assert bears_out(Transcript("Look, snapshot."), Keyword.SNAPSHOT, 99.0)
    assert not bears_out(Transcript("Look."), Keyword.SNAPSHOT, 99.0)


def test_shift_moves_words_and_nothing_else() -> None:
    transcript = timed("one two")
    shifted = shift(transcript, 10.0)
    assert shifted.text == transcript.text
    assert [word.start for word in shifted.words] == [10.0, 10.5]
    assert [word.text for word in shifted.words] == ["one", "two"]
    assert shift(Transcript("text"), 3.0) == Transcript("text")


CUT = [
    ("Computer, turn on the lights. Reply.", "Turn on the lights."),
    ("computer turn on the lights reply", "turn on the lights"),
    ("Computer, turn on the lights, reply.", "Turn on the lights."),
    ("Computer turn on the lights reply!", "Turn on the lights!"),
    ("Computer. What time is it? Reply.", "What time is it?"),
    ("Computer, why, snapshot, and this, snapshot? Reply.", "Why, and this?"),
    ("Computer. Look at this snapshot. Why? Reply!", "Look at this. Why?"),
    ("Computer, look. Snapshot what is this? Reply.", "Look. What is this?"),
    ("Computer, snap shot, what is this? Reply.", "What is this?"),
    ("Computer, look, snap-shot, what is this? Reply.", "Look, what is this?"),
    ("Hey you, computer. Tell me — reply", "Tell me"),
    ("Computer, I'll reply to him tomorrow, reply.", "I'll reply to him tomorrow."),
    ("Computer, computer science is fun. Reply.", "Computer science is fun."),
    ("Computer, say “hello”. Reply.", "Say “hello”."),
    ("Computer: is it 21.5 degrees? Reply.", "Is it 21.5 degrees?"),
    ("Computer - lights. Reply", "Lights."),
    ("Computer. Reply.", ""),
    ("Computer, reply.", ""),
    ("Computer? Snapshot? Reply?", ""),
    ("Computer, снимок, snapshot, что это? Reply.", "Снимок, что это?"),
]


@pytest.mark.parametrize(("text", "expected"), CUT)
def test_keywords_are_cut_by_their_times(text: str, expected: str) -> None:
    transcript = timed(text)
    # A word of several tokens ends with its last one.
    snapshots = ends(transcript, "snapshot", "shot", "snap-shot")
    clean = without_keywords(
        transcript,
        ends(transcript, "computer")[0],
        snapshots,
        ends(transcript, "reply")[-1],
    )
    assert clean.text == expected
    assert [plain(word.text) for word in clean.words] == [
        plain(word) for word in expected.split()
    ]


@pytest.mark.parametrize(("text", "expected"), CUT)
def test_keywords_are_cut_by_the_text_alone(text: str, expected: str) -> None:
    snapshots = [1.0] * text.casefold().replace("-", "").replace(" ", "").count(
        "snapshot"
    )
    clean = without_keywords(Transcript(text), 0.5, snapshots, 9.0)
    assert clean == Transcript(expected)


def test_words_that_are_no_keywords_of_this_turn_stay() -> None:
    transcript = timed("Computer, is reply a snapshot of a computer? Reply.")
    assert without_keywords(transcript) == transcript
    clean = without_keywords(transcript, transcript.words[0].end, (), 99.0)
    assert clean.text == "Is reply a snapshot of a computer? Reply."


def test_a_button_ends_a_turn_without_a_word() -> None:
    transcript = timed("Computer, never reply.")
    clean = without_keywords(transcript, transcript.words[0].end)
    assert clean.text == "Never reply."


def test_nothing_said_before_computer_stays() -> None:
    transcript = timed("and then she said computer, turn on the lights")
    clean = without_keywords(transcript, transcript.words[4].end)
    assert clean.text == "turn on the lights"


def test_a_misheard_computer_goes_with_what_was_before_it() -> None:
    transcript = timed("Hey, commuter turn on the lights")
    clean = without_keywords(transcript, transcript.words[1].end)
    assert clean.text == "Turn on the lights"


def test_a_clipped_computer_leaves_the_first_word() -> None:
    words = (Word("Er,", 0.0, 0.1), Word("turn", 0.25, 0.4), Word("on.", 0.4, 0.6))
    clean = without_keywords(Transcript("Er, turn on.", words), 0.2)
    assert clean.text == "Turn on."


def test_nothing_but_the_pre_roll_leaves_nothing() -> None:
    assert without_keywords(timed("uh huh"), 5.0) == Transcript("")


@pytest.mark.parametrize("heard", ["Rely.", "replay", "re ply"])
def test_a_misheard_reply_goes_if_it_stands_in_its_place(heard: str) -> None:
    transcript = timed(f"Computer, turn on the lights. {heard}")
    end = transcript.words[-1].end
    computer = transcript.words[0].end
    assert without_keywords(transcript, computer, (), end).text == "Turn on the lights."


def test_a_word_like_reply_stays_elsewhere() -> None:
    transcript = timed("Computer, you can rely on me, can you not, reply")
    end = transcript.words[-1].end
    clean = without_keywords(transcript, transcript.words[0].end, (), end)
    assert clean.text == "You can rely on me, can you not"


def test_a_misheard_snapshot_goes_if_it_stands_in_its_place() -> None:
    transcript = timed("look at this snapshots what is it")
    assert without_keywords(transcript, None, (1.9,)).text == "look at this what is it"
    assert without_keywords(transcript, None, (3.4,)) == transcript


def test_two_snapshots_close_together_are_both_cut() -> None:
    transcript = timed("snapshot snapshot what are these")
    clean = without_keywords(transcript, None, ends(transcript, "snapshot"))
    assert clean.text == "what are these"


def test_what_is_said_after_reply_goes() -> None:
    transcript = timed("turn it off. Reply. Thank you")
    clean = without_keywords(transcript, None, (), transcript.words[3].end)
    assert clean.text == "turn it off."


def test_a_text_without_spaces_keeps_none() -> None:
    words = (Word("电灯", 0.0, 0.5), Word("snapshot", 0.5, 1.0), Word("打开", 1.0, 1.5))
    transcript = Transcript("电灯\uff0csnapshot\uff0c打开。", words)
    assert without_keywords(transcript, None, (1.0,)).text == "电灯\uff0c打开。"


def test_words_that_are_not_those_of_the_text_make_the_text() -> None:
    transcript = Transcript("22° please", timed("Computer twenty two please").words)
    clean = without_keywords(transcript, transcript.words[0].end)
    assert clean.text == "Twenty two please"


WORDS = ("lights", "I'll", "rather", "21.5", "Kitchen", "tell", "und", "größer", "—")
MARKS = ("", "", "", ",", ".", "?", "!", ";", " -", "…")
speech = st.lists(
    st.tuples(st.sampled_from(WORDS), st.sampled_from(MARKS)), max_size=12
)


@given(before=speech, after=speech, marks=st.tuples(*[st.sampled_from(MARKS)] * 3))
def test_cutting_keeps_every_other_word_in_order(
    before: list[tuple[str, str]],
    after: list[tuple[str, str]],
    marks: tuple[str, str, str],
) -> None:
    said, seen = (
        "".join(word + mark + " " for word, mark in half) for half in (before, after)
    )
    text = f"Computer{marks[0]} {said}snapshot{marks[1]} {seen}reply{marks[2]}".strip()
    transcript = timed(text)
    clean = without_keywords(
        transcript,
        transcript.words[0].end,
        ends(transcript, "snapshot"),
        next(w.end for w in reversed(transcript.words) if "reply" in w.text),
    )
    assert plain(clean.text) == plain(said) + plain(seen)
    assert plain(" ".join(word.text for word in clean.words)) == plain(clean.text)
    assert clean.text == clean.text.strip()
    assert "  " not in clean.text
    assert not clean.text.startswith((",", ".", ";", "?", "!"))
    assert not clean.text.endswith((",", ";"))


@given(text=st.text(max_size=60), at=st.floats(0, 10), word=st.sampled_from(Keyword))
def test_any_text_can_be_asked(text: str, at: float, word: Keyword) -> None:
    for transcript in (Transcript(text), timed(text)):
        assert ends_with(transcript, word) in {True, False}
        assert bears_out(transcript, word, at) in {True, False}
        clean = without_keywords(transcript, at, (at,), at)
        assert set(plain(clean.text)) <= set(plain(transcript.text))
