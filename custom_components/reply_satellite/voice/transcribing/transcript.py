"""What a transcript says about the keywords, and the transcript without them.

Pure functions. Times are seconds, on the clock of the listener's stream.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Final

from ..hearing.spotter import Keyword
from .transcriber import Transcript
from .wording import Token, last_words, plain, tokens, without

_NEAR: Final = 1.0
"""Seconds. Spotter and transcriber place the same word this close together."""

_SURELY_THERE: Final = 0.5
"""Seconds. So close to a keyword's end, a word that sounds like it is the keyword."""

_SOUNDS_ALIKE: Final = 0.75
"""Ratcliff/Obershelp ratio of the spellings: replay and rely pass for reply."""

_SPILL: Final = 0.1
"""Seconds. A word this much before the end of "computer" may belong to the request."""

_MOST_WORDS_BEFORE: Final = 3
"""Words that fit into the pre-roll before "computer", where there are no times."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A keyword in the words of a transcript: from `first` up to `after`."""

    first: int
    after: int
    start: float | None
    end: float | None

    def distance(self, at: float) -> float:
        """Give the seconds from `at` to the word; 0 where it has no time."""
        if self.start is None or self.end is None:
            return 0.0
        return max(self.start - at, at - self.end, 0.0)


def shift(transcript: Transcript, by: float) -> Transcript:
    """Move the times of the words."""
    words = tuple(
        replace(word, start=word.start + by, end=word.end + by)
        for word in transcript.words
    )
    return replace(transcript, words=words)


def ends_with(transcript: Transcript, keyword: Keyword) -> bool:
    """Tell whether the last word is the keyword, whatever its case and marks."""
    last = last_words(transcript, 2)
    return last[-1:] == [keyword] or "".join(last) == keyword


def same_words(one: str, other: str) -> bool:
    """Tell whether two texts are the same words, whatever their case and marks."""
    return plain(one) == plain(other)


def bears_out(
    transcript: Transcript, keyword: Keyword, at: float, within: float = _NEAR
) -> bool:
    """Tell whether the keyword was said at most `within` seconds from `at`.

    Without word times: whether it was said at all.
    """
    _, spoken = tokens(transcript)
    return any(said.distance(at) <= within for said in _said(spoken, keyword))


def without_keywords(
    transcript: Transcript,
    computer_end: float | None = None,
    snapshot_ends: Sequence[float] = (),
    reply_end: float | None = None,
) -> Transcript:
    """Give what was said to the assistant: the transcript without the keywords.

    The times are where each of them ended, None where a turn did not begin or end by
    voice. What was said before "computer" and after "reply" is left out too. A
    keyword the transcriber misheard goes if it stands in its place and sounds like
    it. The same words anywhere else stay: they are part of the request.
    """
    text, spoken = tokens(transcript)
    removed: set[int] = set()
    if computer_end is not None:
        removed.update(range(_request_start(spoken, computer_end)))
    if reply_end is not None:
        removed.update(range(_request_end(spoken, reply_end), len(spoken)))
    for at in sorted(snapshot_ends):
        free = [
            said
            for said in _candidates(spoken, Keyword.SNAPSHOT, at)
            if removed.isdisjoint(range(said.first, said.after))
        ]
        if free:
            said = _nearest(free, at)
            removed.update(range(said.first, said.after))
    text, stay = without(text, spoken, removed)
    return Transcript(text, tuple(token.word for token in stay if token.word))


def _request_start(spoken: Sequence[Token], computer_end: float) -> int:
    """Give the index of the first word after "computer"."""
    said = [
        said
        for said in _said(spoken, Keyword.COMPUTER)
        if said.distance(computer_end) <= _NEAR
        and (said.end is not None or said.first <= _MOST_WORDS_BEFORE)
    ]
    if said:
        return _nearest(said, computer_end).after
    return next(
        (
            index
            for index, token in enumerate(spoken)
            if token.word is None or token.centre >= computer_end - _SPILL
        ),
        len(spoken),
    )


def _request_end(spoken: Sequence[Token], reply_end: float) -> int:
    """Give the index of "reply", or of the end where it was not transcribed."""
    said = [
        said
        for said in _candidates(spoken, Keyword.REPLY, reply_end)
        if said.end is not None or said.after == len(spoken)
    ]
    return _nearest(said, reply_end).first if said else len(spoken)


def _candidates(spoken: Sequence[Token], keyword: Keyword, at: float) -> list[_Said]:
    """Give where a keyword that ended at `at` may be: said, or else misheard."""
    said = [said for said in _said(spoken, keyword) if said.distance(at) <= _NEAR]
    if said:
        return said
    alike = [
        (_likeness(spoken[said.first : said.after], keyword), said)
        for said in _ending_near(spoken, at)
    ]
    most = max((likeness for likeness, _ in alike), default=0.0)
    if most < _SOUNDS_ALIKE:
        return []
    return [said for likeness, said in alike if likeness == most]


def _nearest(said: Sequence[_Said], at: float) -> _Said:
    """Give the one that ends nearest to `at`; the first of those without times."""
    return min(said, key=lambda one: 0.0 if one.end is None else abs(one.end - at))


def _said(spoken: Sequence[Token], keyword: Keyword) -> Iterator[_Said]:
    """Give wherever a keyword was said, in one word or two ("snap shot")."""
    for first, token in enumerate(spoken):
        if token.bare == keyword:
            yield _stretch(spoken, first, first + 1)
        elif (
            keyword.startswith(token.bare)
            and first + 1 < len(spoken)
            and token.bare + spoken[first + 1].bare == keyword
        ):
            yield _stretch(spoken, first, first + 2)


def _ending_near(spoken: Sequence[Token], at: float) -> Iterator[_Said]:
    """Give each word, and each two words in a row, that ended at about `at`."""
    for last, token in enumerate(spoken):
        if token.word is not None and abs(token.word.end - at) <= _SURELY_THERE:
            for first in range(max(0, last - 1), last + 1):
                yield _stretch(spoken, first, last + 1)


def _stretch(spoken: Sequence[Token], first: int, after: int) -> _Said:
    """Give the words from `first` up to `after`."""
    start, end = spoken[first].word, spoken[after - 1].word
    return _Said(first, after, start.start if start else None, end.end if end else None)


def _likeness(stretch: Sequence[Token], keyword: Keyword) -> float:
    """Tell how much words sound like a keyword, as far as spelling shows it: 0 to 1."""
    spelling = "".join(token.bare for token in stretch)
    return SequenceMatcher(None, spelling, keyword, autojunk=False).ratio()
