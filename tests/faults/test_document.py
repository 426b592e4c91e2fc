"""The page about reliability says what the tests check."""

from .document import DOCUMENT, written
from .matrix import MATRIX


def test_the_table_is_that_of_the_tests() -> None:
    """Else run scripts/reliability."""
    assert DOCUMENT.read_text(encoding="utf-8") == written()


def test_every_row_is_another_one() -> None:
    names = [str(case) for case in MATRIX]
    assert len(names) == len(set(names)) >= 45
