"""Taking leave of a turn: its record stays, its work ends."""

import asyncio
import logging
from typing import TYPE_CHECKING

from homeassistant.core import callback

from .. import failures
from ..const import TurnEvent
from ..voice.effects import Cancel, Close, CloseEmpty
from ..voice.errors import VoiceError
from ..voice.turn import Outcome, Turn
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
        self._leaving: set[asyncio.Future[Turn]] = set()

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
        satellite.arming.said(turn.reply)
        if turn.transcript:
            # Who interrupts a long answer goes on with its thread.
            satellite.threads.played(turn.thread_id)
        satellite.memory.keep(turn)
        if event is not None:
            failure, heard = turn.failure or outcome, turn.heard_text
            satellite.teller.tell(event, turn, failure=failure, heard=heard)
        self._leaving.add(running.done)
        running.done.add_done_callback(self._leaving.discard)
        satellite.background(self._release(running), "release")

    async def _release(self, running: RunningTurn) -> None:
        satellite = self._satellite
        try:
            if running.turn.owed:
                # Another try is to see what this one was shown.
                await running.snapshots.settle()
            await running.cancel()
        finally:
            running.done.set_result(running.turn)
        await satellite.tidy()
        failures.turn_over(satellite, running.turn)
        satellite.teller.turn(running.turn)
        satellite.async_update_listeners()

    async def finish(self) -> bool:
        """Wait until all of them have given back what they hold; False: they had."""
        if not self._leaving:
            return False
        await asyncio.wait(self._leaving)
        return True
