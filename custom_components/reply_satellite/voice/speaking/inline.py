"""What is written inside a line -> what can be said, one character at a time."""

import html
import unicodedata
from collections.abc import Callable, Generator
from typing import Final
from urllib.parse import urlsplit

from .spoken import Spoken

type Parser = Generator[None, str, str]
"""Takes characters; returns the first one that is no longer its own."""

LONGEST_MARK: Final = 400
"""Characters after which an opened bracket is taken for a plain one."""

LINK_STARTS: Final = ("http://", "https://", "www.")
LINK_ENDS: Final = frozenset(" \t\n<>\"')]}|`*")
EMOJI_JOINTS: Final = frozenset("\u200d\u20e3\ufe0e\ufe0f")
FIRST_PICTOGRAM: Final = "\u231a"
"""Symbols before it, such as the degree sign, are said."""


class Inline:
    """Emphasis, links, code, tags, emoji: the marks inside one line of Markdown."""

    def __init__(self, spoken: Spoken) -> None:
        """Say what remains through `spoken`."""
        self._spoken = spoken
        self._in_code = False
        self._before = "\n"
        self._marks: dict[str, Callable[[str], Parser]] = {
            "`": self._backticks,
            "*": self._stars,
            "_": self._underscores,
            "~": self._tildes,
            "[": self._brackets,
            "【": self._citation,
            "(": self._parenthesis,
            "!": self._exclamation,
            "<": self._tag,
            "&": self._entity,
            "\\": self._backslash,
            "|": self._bar,
            "h": self._address,
            "w": self._address,
        }
        self._parser = self._line()
        next(self._parser)

    def feed(self, text: str) -> None:
        """Take text without line ends."""
        for char in text:
            self._parser.send(char)

    def end(self) -> None:
        """Take the end of the line: nothing is held back any more."""
        self._parser.send("\n")
        self._in_code = False

    def _line(self) -> Parser:
        char = yield
        while True:
            parse = self._marks.get(char)
            if parse is not None:
                char = yield from parse(char)
            elif char == "\n":
                self._before = char
                char = yield
            else:
                self._say(char)
                char = yield

    def _say(self, text: str) -> None:
        for char in text:
            if is_emoji(char):
                self._spoken.drop()
            else:
                self._spoken.say(char)
            self._before = char

    def _nested(self, text: str) -> None:
        """Say what stands inside a mark, which may hold marks itself."""
        inner = Inline(self._spoken)
        inner._before = self._before
        inner.feed(text)
        inner.end()
        self._before = text[-1:] or self._before

    def _run(self, char: str) -> Generator[None, str, tuple[str, str]]:
        """Take a run of one character; returns it, and the character after it."""
        run = char
        while (after := (yield)) == char:
            run += after
        return run, after

    def _until(self, opening: str, closing: str) -> Generator[None, str, str | None]:
        """Take all up to the closing mark; None where the line ends before it.

        What was taken then is said as plain text.
        """
        depth, taken = 1, ""
        while len(taken) < LONGEST_MARK:
            char = yield
            if char == "\n":
                break
            depth += (char == opening) - (char == closing)
            if depth == 0:
                return taken
            taken += char
        self._nested(taken)
        return None

    def _backticks(self, char: str) -> Parser:
        _, after = yield from self._run(char)
        self._in_code = not self._in_code
        return after

    def _stars(self, char: str) -> Parser:
        before = self._before
        run, after = yield from self._run(char)
        alone = before.isspace() and after.isspace() and after != "\n"
        if self._in_code or alone or (before.isdigit() and after.isdigit()):
            self._say(run)
        return after

    def _underscores(self, char: str) -> Parser:
        before = self._before
        _, after = yield from self._run(char)
        if before.isalnum() and after.isalnum():
            self._say(" ")
        return after

    def _tildes(self, char: str) -> Parser:
        run, after = yield from self._run(char)
        if self._in_code or len(run) == 1:
            self._say(run)
        return after

    def _brackets(self, char: str) -> Parser:
        if self._in_code:
            self._say(char)
            return (yield)
        label = yield from self._until("[", "]")
        if label is None:
            return "\n"
        after = yield
        if after == "(":
            if (yield from self._until("(", ")")) is None:
                return "\n"
            after = yield
        elif after == "[":
            if (yield from self._until("[", "]")) is None:
                return "\n"
            after = yield
        elif label.startswith("^") or label.isdigit() or label in {"", " ", "x", "X"}:
            # A footnote, a citation, a box to tick.
            self._spoken.drop()
            return after
        self._nested(label)
        return after

    def _citation(self, _: str) -> Parser:
        if (yield from self._until("【", "】")) is None:
            return "\n"
        self._spoken.drop()
        return (yield)

    def _parenthesis(self, char: str) -> Parser:
        """A source in parentheses, "([example.com](https://...))", is not said."""
        after = yield
        if after != "[":
            self._say(char)
            return after
        inside = yield from self._until("(", ")")
        if inside is None:
            return "\n"
        if "](" in inside and inside.endswith(")"):
            self._spoken.drop()
            return (yield)
        self._say(char)
        self._nested("[" + inside)
        self._say(")")
        return (yield)

    def _exclamation(self, char: str) -> Parser:
        # A picture begins a word; the end of a sentence must not be held back.
        if not self._before.isspace():
            self._say(char)
            return (yield)
        after = yield
        if after != "[":
            self._say(char)
        return after

    def _tag(self, char: str) -> Parser:
        after = yield
        if self._in_code or not (after.isalpha() or after in "/!"):
            self._say(char)
            return after
        inside = yield from self._until("<", ">")
        if inside is None:
            return "\n"
        inside = after + inside
        if inside.startswith(LINK_STARTS):
            self._say_address(inside)
        else:
            self._spoken.drop()
            self._say(" " if inside.lower().startswith("br") else "")
        return (yield)

    def _entity(self, char: str) -> Parser:
        name, after = "", (yield)
        while (after.isalnum() or after == "#") and len(name) < 10:
            name += after
            after = yield
        meant = html.unescape(f"&{name};")
        if after == ";" and len(meant) == 1:
            self._say(meant)
            return (yield)
        self._say(char + name)
        return after

    def _backslash(self, _: str) -> Parser:
        after = yield
        if after in "()[]":  # the borders of a formula
            return (yield)
        if after.isalnum() or after.isspace():
            return after
        self._say(after)
        return (yield)

    def _bar(self, _: str) -> Parser:
        self._spoken.drop()
        self._say(",")
        return (yield)

    def _address(self, char: str) -> Parser:
        if self._before.isalnum():
            self._say(char)
            return (yield)
        taken = char
        after = yield
        while any(start.startswith(taken + after) for start in LINK_STARTS):
            taken += after
            after = yield
        if taken not in LINK_STARTS:
            # "https://" begins with no other start, so nothing was taken too much.
            self._say(taken)
            return after
        while after not in LINK_ENDS:
            taken += after
            after = yield
        bare = taken.rstrip(".,;:!?")
        self._say_address(bare)
        self._say(taken[len(bare) :])
        return after

    def _say_address(self, address: str) -> None:
        """Of an address only its host is worth hearing."""
        _, found, rest = address.partition("://")
        try:
            host = urlsplit(f"//{rest if found else address}").hostname or ""
        except ValueError:  # a broken IPv6 address
            host = ""
        self._say(host.removeprefix("www."))
        self._spoken.drop()


def is_emoji(char: str) -> bool:
    """Whether a character is a pictogram, or a joint or shade of one."""
    return (
        char in EMOJI_JOINTS
        or "\U0001f1e6" <= char <= "\U0001f1ff"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
        or (char >= FIRST_PICTOGRAM and unicodedata.category(char) == "So")
    )
