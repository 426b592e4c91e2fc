"""What is written for eyes -> what can be said, while it is being written."""

import re
from collections.abc import Generator
from typing import Final

from .inline import Inline
from .spoken import Spoken

MARKERS: Final = frozenset(" \t#>*+-\u2022|`~=_:.)0123456789")
"""Characters of which everything that can begin a Markdown block is made."""
LONGEST_MARKER: Final = 80

FENCE: Final = re.compile(r"\s*(?:>\s?)*\s*(`{3,}|~{3,})")
RULE: Final = re.compile(r"[\s>]*(?:[-=*_]\s*){2,}$|[\s|:>-]*$")
# ">25 °C" and ">= 3" are no quotations.
QUOTE: Final = re.compile(r"\s*(?:>(?![=\d])\s*)*")
ITEM: Final = re.compile(r"#{1,6}\s+|[-*+\u2022]\s+(?=\S|$)")
NUMBERED: Final = re.compile(r"\d{1,3}[.)]\s+")


class Speakable:
    """Turns streamed Markdown into plain text to speak.

    The text that comes out does not depend on how the text that goes in is cut:
    it is read one character at a time, and only what may still become a mark is
    held back. Code blocks are left out, of links their words are kept, of bare
    addresses the host; headings, list items and table rows end as sentences,
    parted by an empty line.
    """

    def __init__(self) -> None:
        """Begin at the start of a line."""
        self._spoken = Spoken()
        self._inline = Inline(self._spoken)
        self._parser = self._lines()
        next(self._parser)

    def feed(self, text: str) -> str:
        """Take a piece of text; returns what can be said of it so far."""
        for char in text:
            if char != "\r":
                self._parser.send(char)
        return self._spoken.take()

    def finish(self) -> str:
        """Take the end of the text; returns what was held back."""
        self._parser.send("\n")
        return self._spoken.take().rstrip()

    def _lines(self) -> Generator[None, str]:
        while True:
            held, char = "", (yield)
            while char in MARKERS and len(held) < LONGEST_MARKER:
                held += char
                char = yield
            if fence := FENCE.match(held):
                yield from self._code_block(fence[1], char)
            elif char == "\n" and RULE.match(held):
                if not held.strip():
                    self._spoken.part()
            elif held.lstrip(" \t>").startswith("|"):
                yield from self._table_row(held, char)
            else:
                yield from self._text_line(held, char)

    def _code_block(self, fence: str, char: str) -> Generator[None, str]:
        """Leave out all lines up to the closing fence."""
        line = ""
        first = True
        while True:
            while char != "\n":
                line += char
                char = yield
            if first and fence[0] == "`" and "`" in line:
                # Code inside a line, written with many backticks.
                self._inline.feed(fence + line)
                self._inline.end()
                self._spoken.end_line()
                return
            self._spoken.part()
            bare = line.strip(" \t>")
            if not first and bare.startswith(fence) and not bare.strip(fence[0]):
                return
            first, line = False, ""
            char = yield

    def _table_row(self, row: str, char: str) -> Generator[None, str]:
        """Say the cells of a row, which is known once it is whole."""
        while char != "\n":
            row += char
            char = yield
        # What stands before the first bar, or a quotation's mark, is in no cell.
        cells = (cell.strip() for cell in row.lstrip(" \t>").strip(" \t|").split("|"))
        self._spoken.part()
        self._inline.feed(", ".join(cell for cell in cells if cell.strip("-: ")))
        self._close()

    def _text_line(self, held: str, char: str) -> Generator[None, str]:
        """Say a line without the marks it begins with."""
        text = held[QUOTE.match(held).end() :]  # type: ignore[union-attr]
        item = ITEM.match(text)
        closes = item is not None or NUMBERED.match(text) is not None
        if closes:
            self._spoken.part()
        self._inline.feed(text[item.end() :] if item else text)
        while char != "\n":
            self._inline.feed(char)
            char = yield
        if closes:
            self._close()
        else:
            self._inline.end()
            self._spoken.end_line()

    def _close(self) -> None:
        """End a line that is a sentence of its own."""
        self._inline.end()
        self._spoken.close()
