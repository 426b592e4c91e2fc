"""What is written inside a line -> what can be said, one character at a time."""

import html
import re
from collections.abc import Callable, Generator
from typing import Final
from urllib.parse import urlsplit

from .emoji import is_emoji
from .formula import BRACED, FRACTIONS, SPACES, command
from .spoken import Spoken

type Parser = Generator[None, str, str]
"""Takes characters; returns the first one that is no longer its own."""

LONGEST_MARK: Final = 2000
"""Characters after which an opened bracket is taken for a plain one: addresses of
sources are long."""
DEEPEST_MARK: Final = 20
"""Marks inside marks; what is deeper is plain text."""
CLOSING: Final = {"(": ")", "[": "]"}

FOOTNOTE: Final = re.compile(r"\^.*|\d*|[ xX]")
"""A footnote, a citation, a box to tick."""

LINK_STARTS: Final = ("http://", "https://", "www.")
LINK_ENDS: Final = frozenset(
    " \t\n\u00a0\u3000<>\"')]}|`*"
    "\u2013\u2014\u2026\u201c\u201d\u201e\u2019\u00ab\u00bb\u2039\u203a"
    "\u3001\u3002\u300b\u300c\u300d\u300e\u300f\u3011\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f"
)
"""Blanks, dashes, quotes, brackets: Chinese and Japanese put no blank after a link."""

ATTRIBUTE: Final = r"""[ \t]+[\w:-]+=(?:"[^"\n]*"|'[^'\n]*'|[^\s"'<>=]+)"""
OPEN_ATTRIBUTE: Final = r"""[ \t]+(?:[\w:-]+(?:=(?:"[^"\n]*|'[^'\n]*)?)?)?"""
TAG: Final = re.compile(
    rf"[/!]?(?:[a-z][\w-]*(?:{ATTRIBUTE})*(?:{OPEN_ATTRIBUTE})?[ \t]*/?)?"
    r"|!-(?:-(?:(?!-->).)*)?"
    r"|[a-z][\w.+-]*(?:[@:][^\s<>]*)?",
    re.IGNORECASE,
)
"""What can follow "<" up to the ">" of a tag, a comment or an address."""
MAIL: Final = re.compile(r"(?:mailto:)?([\w.+-]+@[\w.-]+)")


class Inline:
    """Emphasis, links, code, tags, emoji: the marks inside one line of Markdown."""

    def __init__(self, spoken: Spoken, depth: int = 0) -> None:
        """Say what remains through `spoken`, `depth` marks inside others."""
        self._spoken = spoken
        self._depth = depth
        self._in_code = False
        self._before = "\n"
        self._marks: dict[str, Callable[[str], Parser]] = {
            "`": self._backticks,
            "*": self._stars,
            "_": self._underscores,
            "~": self._doubled,
            "$": self._doubled,
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
        if self._depth == DEEPEST_MARK:
            self._say(text)
            return
        inner = Inline(self._spoken, self._depth + 1)
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

    def _until(
        self, opening: str, closing: str
    ) -> Generator[None, str, tuple[str, str | None]]:
        """Take all up to the closing mark; returns it, and the character after that.

        None where the line ends before the mark.
        """
        depth, taken = 1, ""
        while len(taken) < LONGEST_MARK and (char := (yield)) != "\n":
            depth += (char == opening) - (char == closing)
            if depth == 0:
                return taken, (yield)
            taken += char
        return taken, None

    def _backticks(self, char: str) -> Parser:
        _, after = yield from self._run(char)
        self._in_code = not self._in_code
        return after

    def _stars(self, char: str) -> Parser:
        before = self._before
        run, after = yield from self._run(char)
        alone = before.isspace() and after.isspace() and after != "\n"
        if alone or (before.isdigit() and after.isdigit()):
            # The sentence detector takes out pairs of stars.
            self._say({"*": "\u00d7", "**": "^"}.get(run, run))
        elif self._in_code:
            self._say(run)
        return after

    def _underscores(self, char: str) -> Parser:
        before = self._before
        _, after = yield from self._run(char)
        if before.isalnum() and after.isalnum():
            self._say(" ")
        return after

    def _doubled(self, char: str) -> Parser:
        run, after = yield from self._run(char)
        if self._in_code or len(run) == 1:
            self._say(run)
        return after

    def _brackets(self, char: str) -> Parser:
        if self._in_code:
            self._say(char)
            return (yield)
        label, after = yield from self._until("[", "]")
        if after in {"(", "["}:
            # What a link leads to is not said, even if it was cut off.
            self._nested(label)
            _, after = yield from self._until(after, CLOSING[after])
            return after or "\n"
        if after and FOOTNOTE.fullmatch(label):
            self._spoken.drop()
        else:
            self._nested(label)
        return after or "\n"

    def _citation(self, _: str) -> Parser:
        inside, after = yield from self._until("【", "】")
        if after is None:
            self._nested(inside)
            return "\n"
        self._spoken.drop()
        return after

    def _parenthesis(self, char: str) -> Parser:
        """A source in parentheses, "([example.com](https://...))", is not said."""
        after = yield
        if after != "[":
            self._say(char)
            return after
        inside, end = yield from self._until("(", ")")
        if end and "](" in inside and inside.endswith(")"):
            self._spoken.drop()
            return end
        self._say(char)
        self._nested("[" + inside)
        self._say(")" if end else "")
        return end or "\n"

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
        """A tag is one as long as it looks like one: "a<b" is a comparison."""
        taken, after = "", (yield)
        most = 0 if self._in_code else LONGEST_MARK
        while len(taken) < most and TAG.fullmatch(taken + after):
            taken += after
            after = yield
        if not taken or after != ">":
            self._say(char)
            self._nested(taken)
            return after
        if taken.startswith(LINK_STARTS):
            self._say_address(taken)
        elif mail := MAIL.fullmatch(taken):
            self._say(mail[1])
        else:
            self._spoken.drop()
            self._say({"br": " ", "sup": "^"}.get(taken.lower().rstrip(" /"), ""))
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
        if after.isspace():
            return after
        if not after.isalnum():
            self._say(" " if after in SPACES else after)
            return (yield)
        name = ""
        while after.isalpha():
            name += after
            after = yield
        if name in FRACTIONS and self._before.isdigit():
            # Two and a half is not twenty-one halves.
            self._say(" ")
        self._say(command(name, after))
        while name in BRACED and after == "{":
            inside, end = yield from self._until("{", "}")
            self._nested(inside)
            after = end or "\n"
            self._say("/" if after == "{" else "")
        return after

    def _bar(self, _: str) -> Parser:
        self._spoken.drop()
        self._say(", ")
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
