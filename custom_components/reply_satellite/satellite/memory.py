"""What a satellite remembers over a restart: its thread and its turns."""

import time
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..voice.thinking.assistant import Exchange
from ..voice.thinking.thread import Thread
from ..voice.turn import Outcome, Turn
from .spool import UNANSWERED_DAYS

VERSION: Final = 1
SAVE_AFTER: Final = 1.0
KEPT_TURNS: Final = 200


class Memory:
    """One satellite's store."""

    def __init__(self, hass: HomeAssistant, satellite_id: str) -> None:
        """Remember under the satellite's id."""
        self._store = Store[dict[str, Any]](
            hass,
            VERSION,
            f"{DOMAIN}.{satellite_id}",
            private=True,
            # Two hundred turns take longer than the loop may be held.
            serialize_in_event_loop=False,
        )
        self.thread: Thread | None = None
        self.turns: list[Turn] = []
        self.threads: dict[str, float] = {}
        """All threads that are kept, and when each was last used (UNIX time)."""
        self.latest = ""
        """The highest id of a turn so far: ids are ULIDs, in the order of time."""
        self._changed = False
        """Whether more is known now than was read."""

    async def load(self) -> None:
        """Read what was kept."""
        kept = await self._store.async_load()
        if kept is None:
            return
        self.turns = [Turn.from_dict(turn) for turn in kept["turns"]]
        self.threads = kept["threads"]
        self.latest = kept.get("latest") or max(
            (it.id for it in self.turns), default=""
        )
        if (thread := kept["thread"]) is not None:
            self.thread = Thread.from_dict(thread)

    def add(self, turn: Turn) -> None:
        """Add a turn; the oldest are forgotten."""
        if turn not in self.turns:
            self.turns.append(turn)
            self.latest = max(self.latest, turn.id)
            del self.turns[:-KEPT_TURNS]

    def keep(self, turn: Turn) -> None:
        """Add a turn, and write it soon."""
        self.add(turn)
        self.save()

    def save(self) -> None:
        """Write soon."""
        self._changed = True
        self._store.async_delay_save(self._kept, SAVE_AFTER)

    async def save_now(self) -> None:
        """Write at once what changed since it was read."""
        if self._changed:
            await self._store.async_save(self._kept())

    async def remove(self) -> None:
        """Forget everything."""
        await self._store.async_remove()

    def history(self, thread_id: str) -> tuple[Exchange, ...]:
        """What was said on a thread before, for threads that live here."""
        return tuple(
            Exchange(turn.transcript, turn.reply, turn.heard_text, turn.used)
            for turn in self.turns
            if turn.thread_id == thread_id and (turn.reply or _interrupted(turn))
        )

    def forget(self, thread_id: str) -> None:
        """Forget a thread, and what was said on it but for what is still owed."""
        self.threads.pop(thread_id, None)
        self.turns[:] = [
            turn
            for turn in self.turns
            if turn.thread_id != thread_id or (turn.owed and _is_young(turn))
        ]

    def tidy(self, days: int) -> None:
        """Forget after some days what has no thread (any more), or no words.

        `days` is for how long recordings are kept, three at least: once its recording
        is gone nothing of it can be tried again.
        """
        before = len(self.turns)
        self.turns[:] = [
            turn
            for turn in self.turns
            if _is_young(turn, days)
            or (turn.thread_id in self.threads and (turn.transcript or turn.reply))
        ]
        if len(self.turns) < before:
            self.save()

    def unanswered(self) -> set[str]:
        """The turns that must be kept for another try."""
        return {turn.id for turn in self.turns if turn.retryable}

    def turn(self, turn_id: str) -> Turn | None:
        """A turn by its id."""
        return next((turn for turn in self.turns if turn.id == turn_id), None)

    def _kept(self) -> dict[str, Any]:
        """All of it; may be called in any thread, so it goes through copies."""
        thread = self.thread
        return {
            "thread": thread and thread.as_dict(),
            "threads": self.threads.copy(),
            "latest": self.latest,
            "turns": [turn.as_dict() for turn in self.turns.copy()],
        }


def _is_young(turn: Turn, days: int = 0) -> bool:
    """Whether its recording is kept for another try."""
    return turn.began > time.time() - max(days, UNANSWERED_DAYS) * 86_400


def _interrupted(turn: Turn) -> bool:
    """Whether somebody asked, and did not want to wait for the answer."""
    return bool(turn.transcript) and turn.outcome is Outcome.CANCELLED
