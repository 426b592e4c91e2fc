"""Tests of what was heard of a speech that was stopped."""

import pytest

from custom_components.reply_satellite.voice.speaking.heard import (
    Said,
    estimated,
    heard,
    sentences_of,
)
from custom_components.reply_satellite.voice.speaking.relay import (
    BYTES_PER_SECOND,
    Passage,
)

FIRST, SECOND, THIRD = "It is warm.", "It is wet.", "Take the umbrella with you."
SAID = (Said((FIRST,), 1.0), Said((SECOND, THIRD), 3.7))


@pytest.mark.parametrize(
    ("seconds", "known"),
    [
        (0.0, ""),
        (0.9, ""),
        (1.0, FIRST),
        (1.9, FIRST),
        (2.0, f"{FIRST} {SECOND}"),
        (4.6, f"{FIRST} {SECOND}"),
        (4.7, f"{FIRST} {SECOND} {THIRD}"),
        (99.0, f"{FIRST} {SECOND} {THIRD}"),
    ],
)
def test_only_what_sounded_to_its_end_was_heard(seconds: float, known: str) -> None:
    assert heard(SAID, seconds + 1e-9) == known


def test_nothing_said_is_nothing_heard() -> None:
    assert heard([], 9.0) == ""


def test_a_passage_is_as_long_as_its_audio_once_that_is_there() -> None:
    passage = Passage([FIRST, SECOND], None)
    assert passage.said == Said((FIRST, SECOND), estimated([FIRST, SECOND]))
    passage.take(bytes(BYTES_PER_SECOND))
    assert passage.said.seconds == estimated([FIRST, SECOND]) > 1.0
    passage.complete("id")
    assert passage.said.seconds == 1.0


def test_sentences_are_those_that_are_said() -> None:
    assert sentences_of("# Hall\n\nIt is **warm**. See [here](http://x.y).") == (
        "Hall.",
        "It is warm.",
        "See here.",
    )


def test_products_stay_products() -> None:
    text = "5*3 ist 15. Und 2 * 4 * 1 ist 8."
    assert sentences_of(text) == ("5\u00d73 ist 15.", "Und 2 \u00d7 4 \u00d7 1 ist 8.")
