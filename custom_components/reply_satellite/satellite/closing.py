"""Taking leave of a turn: its record stays, its work ends."""

import asyncio
import logging
from typing import TYPE_CHECKING

from homeassistant.core import callback

from .. import failures
from ..const import TurnEvent
from ..voice.effects import Cancel, Close, CloseEmpty
from ..voice.errors import VoiceError
from ..voice.turn import Outcome
from .recovery import retry_when_back
from .running_turn import RunningTurn

if TYPE_CHECKING:
    from ..coordinator import Satellite

_LOGGER = logging.getLogger(__name__)


class Closing:
    """The turns of a satellite that are over, while they give back what they hold."""

    def __init__(self, satellite: Satellite) -> None:
        """Begin with none."""
        self._satellite = satellite
        self._leaving: dict[RunningTurn, asyncio.Task[None]] = {}

    @callback
    def close(self, running: RunningTurn, how: Cancel | Close | CloseEmpty) -> None:
        """End a turn that is not the satellite's running one any more."""
        match how:
            case Cancel():
                self._close(running, Outcome.CANCELLED, TurnEvent.TURN_CANCELLED)
            case CloseEmpty():
                self._close(running, Outcome.NOTHING_SAID, TurnEvent.TURN_CANCELLED)
            case Close(None):
                self._close(running, running.turn.outcome)
            case Close(VoiceError() as error):
                self._fail(running, error)

    def _fail(self, running: RunningTurn, error: VoiceError) -> None:
        satellite, turn = self._satellite, running.turn
        turn.failure = f"{error.service}.{error.key}"
        _LOGGER.warning("%s could not answer: %s", satellite.name, error)
        failures.report(satellite, error)
        outcome = Outcome.UNSPOKEN if turn.answered else Outcome.FAILED
        self._close(running, outcome, TurnEvent.TURN_FAILED)
        if error.passing:
            satellite.background(retry_when_back(satellite, turn, error), "retry")

    def _close(
        self, running: RunningTurn, outcome: Outcome, event: TurnEvent | None = None
    ) -> None:
        satellite, turn = self._satellite, running.turn
        turn.outcome = outcome
        running.note_heard()
        if turn.reply and not turn.silent:
            satellite.arming.said(turn.reply)
        if turn.transcript:
            # Who interrupts a long answer goes on with its thread.
            satellite.threads.played(turn.thread_id)
        satellite.memory.keep(turn)
        if event is not None:
            failure, heard = turn.failure or outcome, turn.heard_text
            satellite.teller.tell(event, turn, failure=failure, heard=heard)
        task = satellite.background(self._release(running), "release")
        self._leaving[running] = task
        task.add_done_callback(lambda _: self._leaving.pop(running))

    async def _release(self, running: RunningTurn) -> None:
        satellite, turn = self._satellite, running.turn
        try:
            await running.cancel_all_but_cameras()
        finally:
            running.done.set_result(turn)
        if not turn.owed:
            # Else another try is to see what this one was shown.
            running.snapshots.cancel()
        await running.snapshots.settle()
        await satellite.tidy()
        failures.turn_over(satellite, turn)
        satellite.teller.turn(turn)
        satellite.async_update_listeners()

    async def silence(self) -> bool:
        """Wait until all have given the players back; False: they had."""
        speaking = {it.done for it in self._leaving if not it.done.done()}
        if speaking:
            await asyncio.wait(speaking)
        return bool(speaking)

    async def finish(self) -> None:
        """Wait until nothing is left of them, the pictures of slow cameras included."""
        if self._leaving:
            await asyncio.wait(self._leaving.values())
