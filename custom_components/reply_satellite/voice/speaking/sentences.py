"""Text as it is written -> sentences, and these in batches worth a request each."""

import asyncio
import re
from collections.abc import AsyncIterable, Iterator
from typing import Final, Self

from sentence_stream import SentenceBoundaryDetector

from .speakable import Speakable

SCHEDULE: Final = (1, 3)
"""Sentences of the first batches; afterwards all that wait are one batch.

The schedule of Home Assistant's own ElevenLabs integration: the first sentence is
heard soonest, what follows gets more context and so a better melody.
"""
LONGEST_BATCH: Final = 500
"""Characters, half a minute of speech: less than any model takes, enough for a good
melody, and no more than one can lose by a stop."""
LONGEST_SENTENCE: Final = 300
"""Characters after which a text without full stops is cut at a lesser mark."""

SETTLED_AFTER: Final = 0.1
"""Seconds of silence after a full stop that make it one: three times the pause
between two tokens."""
DOUBTFUL_AFTER: Final = 0.5
"""The same after "21." or "Dr.", and after what is not a sentence by itself."""
STALLED_AFTER: Final = 1.5
"""Seconds after which everything is spoken, e.g. before a tool that takes long."""

CLOSERS: Final = "[\"')\\]}\u2019\u201d\u00bb\u300d\u300f\uff09]*\\s*$"
ENDED: Final = re.compile("[.!?\u2026\u3002\uff01\uff1f\u061f\u0964\u0965]" + CLOSERS)
CLAUSE: Final = re.compile("[:;,)\u2013\u2014]\\s*$")
DOUBTFUL: Final = re.compile(
    "(?:\\d|\\b\\w|\\b[^\\W\\d_a-z\u00df-\u00ff]\\w{1,2})\\." + CLOSERS
)
"""A number, a single letter, or a short word with a capital: perhaps no full stop."""
ABBREVIATIONS: Final = (
    "approx|aprox|bijv|bzw|ca|dept|dhr|drs|ej|enz|etc|evtl?|ex|geb|ggf|in[ck]l|max|"
    "med|mevr|nr|n[\u00fau]m|p[\u00e1a]g|prof|resp|sept|sog|srta|\\w*str|usw|vgl|vs"
)
BEFORE_ORDINALS: Final = (
    "^|[(\u2013\u2020-]\\s*|[,:.]\\s+|"
    "\\b(?:d(?:er|ie|as|es)|\\w+e[mn]|\\w*ein\\w*|(?:dies|jed)e\\w?|(?:ihr|unser)\\w*|"
    "[ai]m|ab|als|beim|bis|in|seit|vom|zu[mr]|oder|und|"
    "heute|morgen|mittwoch|\\w+tag)\\s+"
)
"""German alone of our languages writes "5." for "fifth": after a preposition, an
article and their like. Elsewhere a number ends a sentence as any word does."""
UNFINISHED: Final = re.compile(
    f"(?:(?:{BEFORE_ORDINALS})(?:\\d{{1,2}}\\.)?\\d{{1,3}}"
    f"|\\b(?:[^\\W\\d_]|{ABBREVIATIONS}))\\.$",
    re.IGNORECASE,
)
"""An ordinal or an abbreviation: more likely than not the sentence goes on."""
CUTS: Final = (
    re.compile(r".*[;:,\u2013\u2014]\s", re.DOTALL),
    re.compile(r".*\s", re.DOTALL),
)


class Sentences:
    """Cuts a text into sentences while it is being written."""

    def __init__(self) -> None:
        """Begin a text."""
        self._detector = SentenceBoundaryDetector()
        self._held = ""
        """What the detector took for a sentence, up to an unfinished end."""

    @property
    def pending(self) -> str:
        """What is not yet known to be a sentence."""
        detector = self._detector
        return self._held + detector.current_sentence + detector.remaining_text

    def feed(self, text: str) -> list[str]:
        """Take a piece of text; returns the sentences now known to be complete."""
        *paragraphs, text = text.split("\n\n")
        found: list[str] = []
        for paragraph in paragraphs:
            found += [*self._find(paragraph), *self.finish()]
        found += self._find(text)
        while len(self.pending) > LONGEST_SENTENCE:
            found.append(self._cut())
        return [sentence for sentence in found if is_said(sentence)]

    def finish(self) -> list[str]:
        """End the text here, or for now; returns what was pending."""
        rest = f"{self._held} {self._detector.finish()}".strip()
        self._held = ""
        return [rest] if is_said(rest) else []

    def wait(self) -> float:
        """Tell after how many seconds of silence `finish` should be called."""
        if not ENDED.search(self.pending):
            return DOUBTFUL_AFTER if CLAUSE.search(self.pending) else STALLED_AFTER
        doubtful = DOUBTFUL.search(self.pending) or UNFINISHED.search(self.pending)
        return DOUBTFUL_AFTER if doubtful else SETTLED_AFTER

    def _find(self, text: str) -> Iterator[str]:
        """Join what the detector cuts at a capital after an ordinal, as in "5. Mai"."""
        for piece in self._detector.add_chunk(text):
            sentence = f"{self._held} {piece}".lstrip()
            self._held = sentence if UNFINISHED.search(sentence) else ""
            if not self._held:
                yield sentence

    def _cut(self) -> str:
        """Cut a text that goes on and on at its last lesser mark."""
        text = self.pending
        self.finish()
        ends = (cut.match(text, 0, LONGEST_SENTENCE) for cut in CUTS)
        end = next((found.end() for found in ends if found), LONGEST_SENTENCE)
        self._detector.remaining_text = text[end:]
        return text[:end].strip()


def is_said(sentence: str) -> bool:
    """Whether anything in it can be heard."""
    return any(char.isalnum() for char in sentence)


class Script:
    """An answer on its way from the model: sentences that wait to be spoken."""

    def __init__(self, text: AsyncIterable[str]) -> None:
        """Read from `text`, which is written for eyes, once the script is entered."""
        self._text = text
        self._speakable = Speakable()
        self._sentences = Sentences()
        self._waiting: list[str] = []
        self._batches = 0
        self._news = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to read."""
        self._reader = asyncio.create_task(self._read(), name="read what is written")
        self._reader.add_done_callback(lambda _: self._news.set())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop reading."""
        self._disarm()
        if self._reader is not None:
            self._reader.cancel()
            # Whatever it failed with was raised by `batch`, or nobody asked.
            await asyncio.gather(self._reader, return_exceptions=True)

    async def batch(self) -> list[str] | None:
        """Wait for sentences, and take those of the next batch; None at the end.

        Raises what the text raised.
        """
        while not self._waiting:
            if self._reader is None or self._reader.done():
                if self._reader is not None:
                    self._reader.result()
                return None
            self._news.clear()
            await self._news.wait()
        most = SCHEDULE[self._batches] if self._batches < len(SCHEDULE) else None
        self._batches += 1
        batch: list[str] = []
        size = 0
        for sentence in self._waiting[:most]:
            size += len(sentence) + 1
            if batch and size > LONGEST_BATCH:
                break
            batch.append(sentence)
        del self._waiting[: len(batch)]
        return batch

    def rest(self) -> list[str]:
        """Take what was read and never given out in a batch."""
        self._disarm()
        rest = [*self._waiting, *self._end()]
        self._waiting.clear()
        return rest

    async def _read(self) -> None:
        async for piece in self._text:
            self._disarm()
            self._add(self._sentences.feed(self._speakable.feed(piece)))
            if is_said(self._sentences.pending):
                self._timer = asyncio.get_running_loop().call_later(
                    self._sentences.wait(), self._settle
                )
        self._disarm()
        self._add(self._end())

    def _settle(self) -> None:
        """The model is silent: what is pending stands on its own."""
        self._timer = None
        self._add(self._sentences.finish())

    def _end(self) -> list[str]:
        found = self._sentences.feed(self._speakable.finish())
        return [*found, *self._sentences.finish()]

    def _add(self, sentences: list[str]) -> None:
        if sentences:
            self._waiting += sentences
            self._news.set()

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
