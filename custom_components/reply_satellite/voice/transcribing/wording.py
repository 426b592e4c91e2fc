"""The words of a transcript inside its text, and how to take some out cleanly."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from .transcriber import Transcript, Word

_WORD: Final = re.compile(r"\w+(?:['\u2019-]\w+)*")
_MARKS_FIRST: Final = re.compile(r"[^\w\s]*")
_MARKS_LAST: Final = re.compile(r"\W*$")
_ENDS: Final = ".!?\u2026\u3002\uff01\uff1f"
_SENTENCE_END: Final = re.compile(f"[{_ENDS}]")
_TAIL: Final = 200
"""Characters that hold the last few words of a text."""

_WEAK: Final = ",;:-\u2013\u2014\uff0c\u3001\uff1b\uff1a"
"""Marks that make no sense before nothing or before the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word in a text: `start` and `end` are its letters, without its marks."""

    start: int
    end: int
    bare: str
    word: Word | None

    @property
    def times(self) -> tuple[float, float]:
        """When the word began and ended; 0 and 0 where it has no time."""
        return (self.word.start, self.word.end) if self.word else (0.0, 0.0)

    @property
    def centre(self) -> float:
        """The time in the middle of the word; 0 where it has no time."""
        return sum(self.times) / 2


def bare(text: str) -> str:
    """Give the letters and digits of a word, in one case."""
    return "".join(filter(str.isalnum, text.casefold()))


def plain(text: str) -> list[str]:
    """Give the words of a text in one case, without the marks before and after them.

    Marks that belong to a word stay: neither 1.5 nor -15 is 15.
    """
    marks = (_WEAK + _ENDS).replace("-", "")
    words = (word.strip(marks).casefold() for word in text.split())
    return [word for word in words if word]


def tokens(transcript: Transcript) -> tuple[str, list[Token]]:
    """Find the words of a transcript in its text.

    Where the timed words are not those of the text, the text is made of the words.
    """
    text = transcript.text
    if not transcript.words:
        return text, _untimed(text)
    found = _aligned(text, transcript.words)
    if found is None:
        text = " ".join(word.text for word in transcript.words)
        found = _aligned(text, transcript.words) or []
    return text, found


def last_words(transcript: Transcript, count: int) -> list[str]:
    """Give the letters of the last words; quick, however long the transcript is."""
    if not transcript.words:
        return [token.bare for token in _untimed(transcript.text[-_TAIL:])[-count:]]
    said = (bare(word.text) for word in reversed(transcript.words))
    return list(islice(filter(None, said), count))[::-1]


def without(
    text: str, spoken: Sequence[Token], removed: Collection[int]
) -> tuple[str, list[Token]]:
    """Take words (by index) out of a text; give it, and the words that stay.

    Of the marks around what is taken out the stronger one stays, and a capital
    moves on to the word that now begins the sentence. The places of the words that
    stay are those they had.
    """
    for index in sorted(removed, reverse=True):
        text = _cut(text, spoken[index].start, spoken[index].end)
    return text, [token for i, token in enumerate(spoken) if i not in removed]


def capitalized(text: str) -> str:
    """Begin a text with a capital letter."""
    return text[:1].upper() + text[1:]


def ends_sentence(text: str) -> bool:
    """Tell whether the marks at the end of a text end a sentence."""
    return _SENTENCE_END.search(_marks_last(text)) is not None


def _untimed(text: str) -> list[Token]:
    """Find the words of a text that has no times."""
    return [
        Token(match.start(), match.end(), bare(match[0]), None)
        for match in _WORD.finditer(text)
    ]


def _aligned(text: str, words: Sequence[Word]) -> list[Token] | None:
    """Find timed words in a text; None if they are not all it says, in this order."""
    found: list[Token] = []
    position = 0
    for word in words:
        letters = _letters(word.text)
        if not letters:
            continue
        start = text.find(letters, position)
        if start < 0 or any(map(str.isalnum, text[position:start])):
            return None
        position = start + len(letters)
        found.append(Token(start, position, bare(letters), word))
    return None if bare(text[position:]) else found


def _letters(text: str) -> str:
    """Give a word without the marks around it."""
    start, end = 0, len(text)
    while start < end and not text[start].isalnum():
        start += 1
    while start < end and not text[end - 1].isalnum():
        end -= 1
    return text[start:end]


def _cut(text: str, start: int, end: int) -> str:
    """Take a word out of a text, and mend the seam."""
    before, after = text[:start].rstrip(), text[end:]
    marks = _marks_first(after) if bare(after) else after
    rest = after[len(marks) :].lstrip()
    head = _head(before, marks, is_last=not rest)
    if not head:
        rest = rest.lstrip(_WEAK + _ENDS + " ")
    if text[start].isupper() and (not head or ends_sentence(head)):
        rest = capitalized(rest)
    spaced = before != text[:start] or after[len(marks) :] != rest
    return head + (" " if head and rest and spaced else "") + rest


def _head(before: str, marks: str, *, is_last: bool) -> str:
    """Give what stands before a seam the stronger of the marks around it."""
    tail = _marks_last(before)
    kept = before[: len(before) - len(tail)].rstrip()
    if not kept:
        return ""
    if _SENTENCE_END.search(tail):
        return before.rstrip(_WEAK + " ") if is_last else before
    strong = _SENTENCE_END.search(marks)
    if strong or is_last:
        firm = _firm(tail) + (_firm(marks) if strong else "")
        return kept + firm
    return before if tail else kept + marks


def _firm(marks: str) -> str:
    """Give the marks that can end a text."""
    return "".join(mark for mark in marks if mark not in _WEAK and not mark.isspace())


def _marks_first(text: str) -> str:
    """Give the marks a text begins with."""
    match = _MARKS_FIRST.match(text)
    return match[0] if match else ""


def _marks_last(text: str) -> str:
    """Give the marks a text ends with."""
    match = _MARKS_LAST.search(text)
    return match[0] if match else ""
