"""The words of the dictionary that sound most like a keyword.

Who writes down near-sounding words thinks of "commuter" and not of "confusion", which
is what a spotter mistakes: so they are looked for, by the sounds that espeak-ng says.

python alike.py OUTPUT.json
"""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
from texts import WORDS, dictionary

NEAREST = 500
"""How many words are kept for each keyword."""
LONGER = 5
"""Sounds by which no near word is longer or shorter."""

_CLASSES = (
    {"p", "b", "f", "v"}, {"t", "d", "T", "D", "t#"}, {"k", "g"},
    {"s", "z", "S", "Z", "tS", "dZ"}, {"m", "n", "N"}, {"l", "r", "w", "j"},
)  # fmt: skip
_ALIKE, _OTHER = 0.4, 1.0


def _is_vowel(sound: str) -> bool:
    return sound[0] in "aeiouAEIOUV@03" or not sound[0].isalpha()


@cache
def _cost(one: str, other: str) -> float:
    """Return what it costs to hear one sound for the other: 0..1."""
    if one == other:
        return 0.0
    same_class = any(one in kind and other in kind for kind in _CLASSES)
    if same_class or (_is_vowel(one) and _is_vowel(other)):
        return _ALIKE
    return _OTHER


def _distance(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Return the edit distance of two words' sounds (Levenshtein, 1966)."""
    row = np.arange(len(other) + 1.0)
    for at, sound in enumerate(one, 1):
        before, row = row, np.full(len(other) + 1, float(at))
        for place, heard in enumerate(other, 1):
            row[place] = min(
                before[place] + 1,
                row[place - 1] + 1,
                before[place - 1] + _cost(sound, heard),
            )
    return float(row[-1])


def sounds(words: list[str]) -> list[tuple[str, ...]]:
    """Return the sounds of each word as espeak-ng says it, without stress."""
    said = subprocess.run(
        ["espeak-ng", "-q", "-x", "--sep=_", "-v", "en-us"],
        input="\n\n".join(words), check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    lines = [line for line in said.splitlines() if line.strip()]
    if len(lines) != len(words):
        raise ValueError(f"{len(words)} words, but {len(lines)} were said")
    return [
        tuple(filter(None, line.translate(_NO_STRESS).split("_"))) for line in lines
    ]


_NO_STRESS = str.maketrans(" ", "_", "',%=")


def alike() -> dict[str, list[str]]:
    """Return the nearest words of each keyword, nearest first."""
    words = dictionary()
    said = sounds([*WORDS, *words])
    found = {}
    for keyword, sought in zip(WORDS, said, strict=False):
        ranked = sorted(
            (_distance(sought, heard), word)
            for word, heard in zip(words, said[len(WORDS) :], strict=True)
            if abs(len(heard) - len(sought)) < LONGER
        )
        found[keyword] = [word for _, word in ranked[:NEAREST]]
    return found


def main() -> None:
    """Write the words down."""
    Path(sys.argv[1]).write_text(json.dumps(alike(), indent=0), "utf-8")


if __name__ == "__main__":
    main()
