"""The page about reliability, whose table is the fault matrix."""

from pathlib import Path
from typing import Final

from .matrix import table

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
BEGINNING: Final = "<!-- The table is written by scripts/reliability. -->\n\n"
END: Final = "\n<!-- Here it ends. -->"


def written() -> str:
    """The page with the table as it is now. Raises ValueError without its marks."""
    page = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGINNING)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError("the page has no place for the table")
    return f"{before}{BEGINNING}{table()}{mark}{after}"
