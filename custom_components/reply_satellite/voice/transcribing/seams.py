"""Transcripts of a recording's segments, joined into one.

Pure functions. The times of the words are on one clock.
"""

import re
from collections.abc import Sequence
from functools import reduce
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
    begin, end = right.words[0].start, left.words[-1].end
    middle = (begin + end) / 2
    same = _same_word(left_spoken, right_spoken, middle)
    if same is None:
        last, first = _parting(left_spoken, right_spoken, middle)
        late, early = range(last, len(left_spoken)), range(first)
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


def _same_word(
    left: Sequence[Token], right: Sequence[Token], middle: float
) -> tuple[int, int] | None:
    """Find the word both heard: the surest one, and of those the most central."""
    pairs = [
        (4 * abs(one.centre - other.centre) + abs(one.centre - middle), i, j)
        for i, one in enumerate(left)
        for j, other in enumerate(right)
        if one.bare == other.bare and abs(one.centre - other.centre) <= _SAME_WORD
    ]
    if not pairs:
        return None
    _, last, first = min(pairs)
    return last, first


def _parting(
    left: Sequence[Token], right: Sequence[Token], middle: float
) -> tuple[int, int]:
    """Give the left's first word to drop and the right's first word to keep.

    They part in the middle of the overlap. A word that stands just there may be
    placed differently by the two, and be dropped by both or kept by both, and the cut
    may have left each a piece of it: of such two the longer one is kept.
    """
    last = sum(token.centre < middle for token in left)
    first = sum(token.centre < middle for token in right)
    if last < len(left) and first > 0 and _at_once(left[last], right[first - 1]):
        if len(left[last].bare) >= len(right[first - 1].bare):
            return last + 1, first
        return last, first - 1
    if last > 0 and first < len(right) and _at_once(left[last - 1], right[first]):
        if len(left[last - 1].bare) >= len(right[first].bare):
            return last, first + 1
        return last - 1, first
    return last, first


def _at_once(one: Token, other: Token) -> bool:
    """Tell whether two words stand in the same place."""
    if one.word is None or other.word is None:
        return False
    shorter = min(one.word.end - one.word.start, other.word.end - other.word.start)
    common = min(one.word.end, other.word.end) - max(one.word.start, other.word.start)
    return common > shorter / 2


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
