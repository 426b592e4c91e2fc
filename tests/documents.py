"""What the tests of the documents read them with."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from homeassistant.util.yaml import parse_yaml

from .metadata import ROOT

DOCUMENTS = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
)

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?:\]\(|src=\")([^)\s\"]+)[)\"]")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Example:
    """A block of YAML, and the words right above it."""

    words: str
    yaml: Any


@cache
def text(document: Path) -> str:
    """A document."""
    return document.read_text("utf-8")


def examples(document: Path) -> list[Example]:
    """The blocks of YAML of a document, in their order."""
    content = text(document)
    return [
        Example(
            content[: block.start()].rstrip().rpartition("\n\n")[2].replace("\n", " "),
            parse_yaml(block[2]),
        )
        for block in _FENCE.finditer(content)
        if block[1] == "yaml"
    ]


def links(document: Path) -> list[str]:
    """Where a document's links and pictures lead."""
    return _LINK.findall(_FENCE.sub("", text(document)))


def code(words: str) -> list[str]:
    """What stands between backquotes."""
    return _CODE.findall(words)


def section(document: Path, title: str) -> str:
    """A section of a document, without its title and with what is below it."""
    begin, _, after = text(document).partition(f"\n## {title}\n")
    assert after, f"{document.name} has no section {title!r}, {len(begin)} characters"
    return re.split(r"^## ", after, maxsplit=1, flags=re.MULTILINE)[0]


def rows(words: str, head: str) -> list[list[str]]:
    """The rows of the table whose first column is called `head`."""
    lines = iter(words.splitlines())
    for line in lines:
        if line.startswith(f"| {head} |"):
            break
    next(lines)
    table = []
    for line in lines:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip().strip("|").split("|")])
    return table
