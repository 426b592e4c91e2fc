"""The fault matrix: all of its rows, and the table that is made of them."""

from collections.abc import Iterable
from typing import Final

from .case import Case
from .house import HOUSE
from .services import SERVICES

MATRIX: Final[tuple[Case, ...]] = (*SERVICES, *HOUSE)


def table(cases: Iterable[Case] = MATRIX) -> str:
    """The matrix in Markdown."""
    rows = [("strikes in", "fault", "the user is told", "kept", "tried again")]
    for case in cases:
        again = "answered" if case.is_unanswered else "-"
        rows.append((case.where, case.fault, case.sees, case.kept, again))
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(lines) + "\n"
