"""What was heard of a speech that did not come to its end: whole sentences."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .sentences import Sentences
from .speakable import Speakable

SPEECH: Final = 15.0
"""Characters a second: how fast is spoken what nobody has the whole audio of."""


@dataclass(frozen=True, slots=True)
class Said:
    """Sentences that are spoken in one go, and the length of their audio, seconds."""

    sentences: tuple[str, ...]
    seconds: float


def heard(said: Iterable[Said], seconds: float) -> str:
    """The sentences that had sounded to their end after so many seconds.

    Of what is spoken in one go each sentence takes its share of the characters.
    """
    whole: list[str] = []
    end = 0.0
    for one in said:
        characters = sum(map(len, one.sentences))
        for sentence in one.sentences:
            end += one.seconds * len(sentence) / characters
            if end > seconds:
                return " ".join(whole)
            whole.append(sentence)
    return " ".join(whole)


def estimated(sentences: Iterable[str]) -> float:
    """Seconds that sentences take, where nobody has measured it."""
    return sum(map(len, sentences)) / SPEECH


def sentences_of(text: str) -> tuple[str, ...]:
    """The sentences of a text that is written for eyes."""
    speakable, sentences = Speakable(), Sentences()
    spoken = speakable.feed(text) + speakable.finish()
    return (*sentences.feed(spoken), *sentences.finish())
