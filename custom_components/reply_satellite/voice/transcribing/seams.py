"""Transcripts of a recording's segments, joined into one.

Pure functions. The times of the words are on one clock.
"""

import re
from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import product
from typing import Final

from .transcriber import Transcript, Word
from .wording import Token, ends_sentence, tokens, without

_SAME_WORD: Final = 0.25
"""Seconds. A word heard in two segments is placed this close together by both."""

_OWN_CAPITAL: Final = re.compile(r"I\b|\w*[^\W\d_a-z]\w*[^\W\d_a-z]|\w+\d")
"""A first word whose capital is its own: I, I'm, TV, LEDs, R2D2."""

_NO_NAMES: Final = frozenset(
    {
        *("a", "about", "after", "all", "also", "an", "and", "any", "are", "as"),
        *("at", "because", "been", "before", "but", "by", "can", "could", "did"),
        *("do", "does", "for", "from", "had", "has", "have", "he", "her", "his"),
        *("how", "if", "in", "into", "is", "it", "its", "like", "more", "my", "no"),
        *("not", "of", "on", "or", "our", "she", "should", "so", "some", "than"),
        *("that", "the", "their", "them", "then", "there", "they", "this", "to"),
        *("was", "we", "were", "what", "when", "where", "which", "while", "who"),
        *("will", "with", "would", "you", "your"),
    }
)
"""English words that have a capital only at the beginning of a sentence."""

_UNSPACED: Final = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uff65]")
"""Characters of scripts that put no space between words: kana, han, and their marks."""


def join(transcripts: Sequence[Transcript]) -> Transcript:
    """Join the transcripts of segments in their order.

    Segments may overlap where the recording had to be cut while somebody spoke: what
    both of them heard is kept once. A sentence that goes on over a seam loses the
    full stop and the capital the seam gave it, as far as that can be told.
    """
    return reduce(_joined, transcripts, Transcript(""))


def _joined(left: Transcript, right: Transcript) -> Transcript:
    """Join two."""
    if not left.text:
        return right
    if not right.text:
        return left
    if not (left.words and right.words):
        return Transcript(_seam(left.text, right.text))
    if right.words[0].start >= left.words[-1].end:
        return Transcript(_seam(left.text, right.text), left.words + right.words)
    return _spliced(left, right)


def _spliced(left: Transcript, right: Transcript) -> Transcript:
    """Join two that overlap."""
    left_text, left_spoken = tokens(left)
    right_text, right_spoken = tokens(right)
    if not left_spoken or not right_spoken:
        return Transcript(_seam(left_text, right_text), left.words + right.words)
    middle = (right_spoken[0].times[0] + left_spoken[-1].times[1]) / 2
    same = _same_word(left_spoken, right_spoken, middle)
    if same is None:
        late, early = _worse(left_spoken, right_spoken, middle)
        left_text, left_spoken = without(left_text, left_spoken, late)
        right_text, right_spoken = without(right_text, right_spoken, early)
        text = _seam(left_text, right_text)
    else:
        # The left knows what came before the word, so its capital is right; the
        # right knows what came after it, and so the marks.
        last, first = same
        text = (
            left_text[: left_spoken[last].end] + right_text[right_spoken[first].end :]
        )
        left_spoken = left_spoken[: last + 1]
        right_spoken = right_spoken[first + 1 :]
    return Transcript(text, _words(left_spoken) + _words(right_spoken))


def _meeting(
    left: Sequence[Token], right: Sequence[Token]
) -> Iterator[tuple[tuple[int, Token], tuple[int, Token]]]:
    """Pair, with their indexes, the words of both that may be the same."""
    begin = right[0].times[0] - _SAME_WORD
    end = left[-1].times[1] + _SAME_WORD
    first = [pair for pair in enumerate(right) if pair[1].times[0] < end]
    last = [pair for pair in enumerate(left) if pair[1].times[1] > begin]
    return product(last, first)


def _same_word(
    left: Sequence[Token], right: Sequence[Token], middle: float
) -> tuple[int, int] | None:
    """Find the word both heard: the surest one, and of those the most central."""
    pairs = [
        (4 * abs(one.centre - other.centre) + abs(one.centre - middle), i, j)
        for (i, one), (j, other) in _meeting(left, right)
        if one.bare == other.bare and abs(one.centre - other.centre) <= _SAME_WORD
    ]
    if not pairs:
        return None
    _, last, first = min(pairs)
    return last, first


def _worse(
    left: Sequence[Token], right: Sequence[Token], middle: float
) -> tuple[set[int], set[int]]:
    """Give the words of the left and of the right that the other one heard better.

    Of two in the same place, the left heard better what lies before the middle of the
    overlap, and the right what lies after it; where they differ about that, the longer
    one is taken for the whole word and the other for a piece of it. What only one of
    them heard stays, but for the word at the cut itself.
    """
    late: set[int] = set()
    early: set[int] = set()
    for (i, one), (j, other) in _meeting(left, right):
        if _at_once(one, other):
            if _is_left_better(one, other, middle):
                early.add(j)
            else:
                late.add(i)
    last = left[-1]
    if last.centre >= middle and not any(_at_once(last, other) for other in right):
        late.add(len(left) - 1)
    if right[0].centre < middle and not any(_at_once(one, right[0]) for one in left):
        early.add(0)
    return late, early


def _is_left_better(one: Token, other: Token, middle: float) -> bool:
    """Tell which of two words in the same place to keep."""
    if (one.centre < middle) == (other.centre < middle):
        return one.centre < middle
    return len(one.bare) >= len(other.bare)


def _at_once(one: Token, other: Token) -> bool:
    """Tell whether two words stand in the same place."""
    (one_start, one_end), (other_start, other_end) = one.times, other.times
    shorter = min(one_end - one_start, other_end - other_start)
    return min(one_end, other_end) - max(one_start, other_start) > shorter / 2


def _words(spoken: Sequence[Token]) -> tuple[Word, ...]:
    """Give the timed words."""
    return tuple(token.word for token in spoken if token.word)


def _seam(left: str, right: str) -> str:
    """Put two texts together, and mend their marks and capitals."""
    left, right = left.rstrip(), right.lstrip()
    if not left or not right:
        return left + right
    if right[0].islower() and left.endswith(".") and "." not in left.split()[-1][:-1]:
        left = left[:-1]
    elif not ends_sentence(left) and _is_only_first(right, left):
        right = right[0].lower() + right[1:]
    if _UNSPACED.match(left[-1]) and _UNSPACED.match(right[0]):
        return left + right
    return f"{left} {right}"


def _is_only_first(right: str, left: str) -> bool:
    """Tell whether a text's first capital is there only because it is the first."""
    if not right[0].isupper() or _OWN_CAPITAL.match(right):
        return False
    first, *others = re.findall(r"\w+", right)
    lowered = first[0].lower() + first[1:]
    return (
        lowered in _NO_NAMES or lowered in others or lowered in re.findall(r"\w+", left)
    )
