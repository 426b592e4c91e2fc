"""A thread as a satellite keeps it, and the rule that tells whether it is hot."""

from dataclasses import dataclass, replace
from typing import Any, Final, Self
from uuid import uuid4

DEFAULT_WINDOW: Final = 90.0
"""Seconds a thread stays hot after the assistant's message or its playback."""
_LOCAL: Final = "local_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A thread: its id at the assistant, and when it was begun and last touched.

    Times are UNIX seconds, because a thread outlives a restart.
    """

    id: str
    began: float
    touched: float
    """When the assistant's message came back, or its playback ended."""

    def touch(self, now: float) -> Self:
        """The thread, touched now."""
        return replace(self, touched=now)

    def as_dict(self) -> dict[str, Any]:
        """The thread as JSON can hold it."""
        return {"id": self.id, "began": self.began, "touched": self.touched}

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Self:
        """The thread as it was kept. Raises KeyError or TypeError."""
        return cls(id=kept["id"], began=kept["began"], touched=kept["touched"])


def new_local_id() -> str:
    """Begin a thread that is kept here: its id is all there is of it yet."""
    return f"{_LOCAL}{uuid4().hex}"


def is_local(thread_id: str) -> bool:
    """Tell whether a thread is kept here, and nothing of it at the service."""
    return thread_id.startswith(_LOCAL)


def is_hot(thread: Thread | None, now: float, window: float | None) -> bool:
    """Tell whether the next turn goes to this thread.

    `window` is in seconds: 0 always begins a new thread, None keeps the thread until
    told otherwise. A thread touched in the future (the clock was set back) is cold:
    nobody knows how long ago that was.
    """
    if thread is None:
        return False
    if window is None:
        return True
    return thread.touched <= now < thread.touched + window


def cools_at(thread: Thread | None, window: float | None) -> float | None:
    """UNIX time at which the thread stops being hot; None if it has no such time."""
    if thread is None or window is None:
        return None
    return thread.touched + window
