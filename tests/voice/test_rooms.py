"""The voice knows nothing of Home Assistant, and sound goes one way through it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from custom_components.reply_satellite import voice

HOUSE = Path(voice.__file__).parent
FILES = sorted(HOUSE.rglob("*.py"))
ROOMS = ("hearing", "transcribing", "thinking", "speaking")
MAY_USE = {
    "hearing": set(),
    # A dictation is made of the sound that was heard, and of its keywords.
    "transcribing": {"hearing"},
    "thinking": set(),
    "speaking": set(),
}


def imported(file: Path) -> Iterator[str]:
    """The modules a file imports; its own package's as paths from `voice`."""
    package = file.relative_to(HOUSE).parts[:-1]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                yield node.module or ""
            else:
                above = package[: len(package) - node.level + 1]
                yield "/".join((*above, *(node.module or "").split(".")))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(HOUSE)))
def test_voice_does_not_know_home_assistant(file: Path) -> None:
    for module in imported(file):
        assert module.partition(".")[0] not in {"homeassistant", "custom_components"}


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_look_only_upstream(room: str) -> None:
    for file in (HOUSE / room).rglob("*.py"):
        for module in imported(file):
            other = module.partition("/")[0]
            if other in ROOMS and other != room:
                assert other in MAY_USE[room], f"{file.name} imports {module}"
