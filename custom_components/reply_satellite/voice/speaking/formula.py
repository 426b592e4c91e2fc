"""What is said of the commands in a formula, which are TeX."""

from typing import Final

FRACTIONS: Final = frozenset(("dfrac", "frac", "tfrac"))
BRACED: Final = FRACTIONS | {
    "boxed",
    "mathbf",
    "mathrm",
    "operatorname",
    "sqrt",
    "text",
    "textbf",
}
"""Commands whose braces hold what is said."""
SPACES: Final = frozenset(",;:")
"""What is a blank after a backslash."""
SIGNS: Final = {
    "approx": "\u2248",
    "cdot": "\u00d7",
    "circ": "\u00b0",
    "div": "\u00f7",
    "ge": "\u2265",
    "geq": "\u2265",
    "le": "\u2264",
    "left": "",
    "leq": "\u2264",
    "ne": "\u2260",
    "neq": "\u2260",
    "pi": "\u03c0",
    "pm": "\u00b1",
    "right": "",
    "sqrt": "\u221a",
    "times": "\u00d7",
}


def command(name: str, after: str) -> str:
    """What is said of a command, before the character `after`."""
    unknown = "" if name in BRACED and after == "{" else f" {name}"
    return SIGNS.get(name, unknown)
