"""What can be said, put together piece by piece."""

from typing import Final

ENDED: Final = frozenset(".,;:!?\u2026\u3002\uff01\uff1f")
"""Marks after which a voice pauses by itself."""
TIGHT: Final = frozenset(".,;:!?)…")
"""Marks that stand close to what is before them."""


UNITS: Final = frozenset("%\u00b0$\u00a3\u20ac)")
"""Marks that end an item as a word does."""
SIGNS: Final = frozenset("$\u00a3\u20ac-\u2212+<>")
"""Marks that begin one as a number does."""


class Spoken:
    """Collects what can be said; white space is one blank or one empty line."""

    def __init__(self) -> None:
        """Begin with nothing said."""
        self._pieces: list[str] = []
        self._blank = False
        self._dropped = False
        self.last = ""
        """The last character said, blanks aside."""
        self._open = False
        self._broken = False

    def say(self, char: str) -> None:
        """Add one character."""
        if char.isspace():
            self._blank = self._blank or self._open
            return
        ends = self.last.isalnum() or self.last in UNITS
        begins = char.isupper() or char.isdigit() or char in SIGNS
        if self._broken and ends and begins:
            self._pieces.append(",")
        self._broken = False
        if self._blank and not (self._dropped and char in TIGHT):
            self._pieces.append(" ")
        self._pieces.append(char)
        self._blank = self._dropped = False
        self._open = True
        self.last = char

    def end_line(self) -> None:
        """End a line; what begins anew on the next one is parted by a comma.

        Lines of an answer are seldom wrapped: most are the items of a list.
        """
        self.say("\n")
        self._broken = True

    def drop(self) -> None:
        """Note that something was left out here."""
        self._dropped = True

    def close(self) -> None:
        """End what was said as a sentence, if it is none yet."""
        if self._open and self.last not in ENDED:
            self._pieces.append(".")
            self.last = "."
        self.part()

    def part(self) -> None:
        """Part what was said from what follows: an empty line."""
        if self._open:
            self._pieces.append("\n\n")
        self._open = self._blank = self._dropped = self._broken = False

    def take(self) -> str:
        """Hand over what was said since the last call."""
        text = "".join(self._pieces)
        self._pieces.clear()
        return text
