"""Which reasoning effort a model takes: a voice waits, and models differ."""

import re
from typing import Final, Literal, cast

type Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]

_THINKS: Final = re.compile(r"(ft:)?(o\d|gpt-([5-9]|\d\d))")
"""OpenAI's models that know the parameter by its name (openai_conversation of Home
Assistant tells them by the same beginnings); to others "none" goes without saying."""


def thinks(model: str) -> bool:
    """Tell whether the model reasons before it answers."""
    return _THINKS.match(model) is not None


def room_to_think(model: str, effort: Effort | None) -> int:
    """Tokens that a thought may take, beside the answer: the service counts both.

    It is what bounds the cost of a thought that does not come to an end. OpenAI's
    guide to reasoning advises to reserve 25,000 tokens for a thought and its answer.
    """
    match effort:
        case None if thinks(model):
            return room_to_think(model, "medium")
        case None | "none" | "minimal":
            return 0
        case "low" | "medium":
            return 5_000
    return 22_000


class Efforts:
    """The efforts that models have refused, so that each is tried once only."""

    def __init__(self) -> None:
        """Nothing is known to be refused yet."""
        self._refused: set[tuple[str, str]] = set()

    def best(self, model: str, wanted: str) -> Effort | None:
        """The effort to ask a model for; None: leave the parameter out."""
        if wanted == "none" and not thinks(model):
            return None
        for effort in (wanted, "low"):
            if (model, effort) not in self._refused:
                return cast("Effort", effort)
        return None

    def refuse(self, model: str, effort: Effort) -> None:
        """Note that a model does not take an effort."""
        self._refused.add((model, effort))
