"""Which characters are pictures, and not said."""

import unicodedata
from typing import Final

EMOJI_JOINTS: Final = frozenset("\u200d\u20e3\ufe0e\ufe0f")
FIRST_PICTOGRAM: Final = "\u231a"
"""Symbols before it, such as the degree sign, are said."""


def is_emoji(char: str) -> bool:
    """Whether a character is a pictogram, or a joint or shade of one."""
    return (
        char in EMOJI_JOINTS
        or "\U0001f1e6" <= char <= "\U0001f1ff"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
        or (
            char >= FIRST_PICTOGRAM
            and not "\u3200" <= char <= "\u33ff"  # units, such as the square metre
            and unicodedata.category(char) == "So"
        )
    )
