"""The account kept beside a satellite: its events in legal order, and the thread rule.

It knows what the world is told, and nothing of how the satellite comes to it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from homeassistant.core import Event, callback

from custom_components.reply_satellite.const import TurnEvent
from custom_components.reply_satellite.coordinator import Satellite

HOT_WINDOW: Final = 90.0

ENDS: Final = frozenset({TurnEvent.TURN_FAILED, TurnEvent.TURN_CANCELLED})
THREADS: Final = frozenset({TurnEvent.THREAD_STARTED, TurnEvent.THREAD_CONTINUED})
ANSWERING: Final = frozenset({TurnEvent.TOOL_CALLED, TurnEvent.REPLY_STARTED})
RECEIVED: Final = frozenset({TurnEvent.REPLY_RECEIVED})
SPOKEN: Final = frozenset({TurnEvent.REPLY_SPOKEN})

FOLLOWS: Final[dict[TurnEvent | None, frozenset[TurnEvent]]] = {
    # By voice, by text, or tried again from wherever it stopped.
    None: frozenset({TurnEvent.RECORDING_STARTED, TurnEvent.TRANSCRIBED})
    | THREADS
    | SPOKEN
    | ENDS,
    TurnEvent.RECORDING_STARTED: frozenset({TurnEvent.RECORDING_ENDED}) | ENDS,
    TurnEvent.RECORDING_ENDED: frozenset({TurnEvent.TRANSCRIBED}) | ENDS,
    TurnEvent.TRANSCRIBED: THREADS | ENDS,
    TurnEvent.THREAD_STARTED: ANSWERING | RECEIVED | ENDS,
    TurnEvent.THREAD_CONTINUED: ANSWERING | RECEIVED | ENDS,
    TurnEvent.TOOL_CALLED: ANSWERING | RECEIVED | ENDS,
    TurnEvent.REPLY_STARTED: ANSWERING | RECEIVED | ENDS,
    TurnEvent.REPLY_RECEIVED: SPOKEN | ENDS,
}
"""What may come after what in a turn; pictures come whenever they come."""

QUIET_ENDS: Final = (TurnEvent.REPLY_RECEIVED, TurnEvent.REPLY_SPOKEN)
"""After these a turn may be over without another word."""


@dataclass(slots=True)
class Ledger:
    """What was told, what was wrong with it, and which thread is hot by the rule."""

    satellite: Callable[[], Satellite]
    told: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    recorded: set[str] = field(default_factory=set)
    """The turns whose recording began."""
    _turn: str = ""
    _last: TurnEvent | None = None
    _thread: str | None = None
    _touched: float = 0.0
    _left: set[str] = field(default_factory=set)
    """The turns in which a new thread was asked for."""
    _chosen: dict[str, str | None] = field(default_factory=dict)
    """What was hot when the recording of a turn began."""
    _went: dict[str, str] = field(default_factory=dict)
    """The thread that a turn was told to be on, which it stays on when tried again."""
    _lately: set[str | None] = field(default_factory=set)
    """What was hot since the turn before was over."""

    @property
    def hot(self) -> str | None:
        """The thread the next turn has to go to."""
        return self._thread if time.time() < self._touched + HOT_WINDOW else None

    @callback
    def new_thread(self) -> None:
        """The user asks for a new thread."""
        self._thread = None
        self._lately.add(None)
        if (running := self.satellite().running) is not None:
            self._left.add(running.turn.id)

    @callback
    def note(self, happened: Event) -> None:
        """Take an event of the satellite's."""
        event, turn_id = TurnEvent(happened.data["type"]), happened.data["turn_id"]
        self.told.append(f"{turn_id[-4:]} {event}")
        if event is not TurnEvent.SNAPSHOT_TAKEN:
            self._order(event, turn_id)
        if event is TurnEvent.RECORDING_STARTED:
            self.recorded.add(turn_id)
            self._chosen[turn_id] = self.hot
        elif event in THREADS:
            self._judge(event, turn_id, happened.data["thread_id"])
        self._touch(event, turn_id)
        self._lately.add(self.hot)
        if event in ENDS:
            self._lately = {self.hot}
            self._left.discard(turn_id)

    def _order(self, event: TurnEvent, turn_id: str) -> None:
        if turn_id != self._turn:
            if self._last not in (None, *ENDS, *QUIET_ENDS):
                self.wrong.append(f"{event} before {self._turn} was over")
            self._turn, self._last = turn_id, None
        # A turn that is over may be tried again.
        last = None if self._last in (*ENDS, TurnEvent.REPLY_SPOKEN) else self._last
        again = last is TurnEvent.REPLY_RECEIVED and event in THREADS
        if event not in FOLLOWS[last] and not again:
            self.wrong.append(f"{event} after {self._last}")
        self._last = event

    def _judge(self, event: TurnEvent, turn_id: str, thread_id: str) -> None:
        """Is this the thread that the rule says?"""
        if turn_id in self._went:
            allowed: set[str | None] = {self._went[turn_id]}
        elif turn_id in self._chosen:
            allowed = {self._chosen.pop(turn_id)}
            if None in allowed:
                # A thread that could not be begun early is looked for again.
                allowed |= self._lately
        else:
            allowed = self._lately | {self.hot}
        went = thread_id if event is TurnEvent.THREAD_CONTINUED else None
        if went not in allowed:
            self.wrong.append(f"{event} {thread_id}, but hot was {allowed}")
        self._went[turn_id] = thread_id

    def _touch(self, event: TurnEvent, turn_id: str) -> None:
        """The assistant's message, and the end of its playback, keep a thread hot."""
        if turn_id in self._left:
            return
        turn = self.satellite().memory.turn(turn_id)
        thread_id = "" if turn is None else turn.thread_id
        if event in (TurnEvent.REPLY_STARTED, TurnEvent.REPLY_RECEIVED):
            self._thread, self._touched = thread_id, time.time()
        elif event is TurnEvent.REPLY_SPOKEN and self._thread == thread_id:
            self._touched = time.time()
