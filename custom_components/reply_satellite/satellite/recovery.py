"""Takes up turns that were cut off or failed: nothing that was said is lost."""

import asyncio
import time
from typing import TYPE_CHECKING, Final

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .. import failures
from ..const import TurnEvent
from ..voice.errors import Service, VoiceError
from ..voice.turn import Outcome, Turn, TurnPicture
from .asking import is_kept, retry_unasked
from .spool import Spool

if TYPE_CHECKING:
    from ..coordinator import Satellite

WITHIN: Final = 600.0
"""Seconds after a failure in which a turn is still worth answering unasked."""

EVERY: Final = 30.0
"""Seconds between looks whether the service is back."""

AGAIN: Final = "tried_again"
"""The remark of a turn that was tried again by itself: it is not tried once more."""


async def retry_when_back(satellite: Satellite, turn: Turn, error: VoiceError) -> None:
    """Wait for the service that failed, then try the turn again, once."""
    service = satellite.parts.service(error.service)
    if service is None or AGAIN in turn.remarks or not _is_waited_for(satellite, turn):
        return
    turn.remarks.append(AGAIN)
    until = time.monotonic() + WITHIN
    while time.monotonic() < until:
        await asyncio.sleep(EVERY)
        if not _is_waited_for(satellite, turn) or not await is_kept(satellite, turn):
            return
        try:
            await service.check()
        except VoiceError:
            continue
        await retry_unasked(satellite, turn)
        return


def _is_waited_for(satellite: Satellite, turn: Turn) -> bool:
    """Whether somebody in the room waits for an answer that may come unasked.

    Who asked by an action was told of the failure, and who spoke again does not wait
    for this any more, nor who stopped another try. What tools have done may not be done
    twice unasked either.
    """
    if turn.outcome is Outcome.CANCELLED or not turn.retryable or not turn.recorded:
        return False
    if turn.used and not turn.answered:
        return False
    spoken = (
        other
        for other in reversed(satellite.memory.turns)
        if other.recorded and other.outcome is not Outcome.NOTHING_SAID
    )
    return next(spoken, None) is turn


@callback
def cut_off(satellite: Satellite, turn: Turn) -> None:
    """Note that a turn was cut off by the end of Home Assistant, or of the entry."""
    turn.outcome = Outcome.UNSPOKEN if turn.answered else Outcome.FAILED
    turn.failure = f"{Service.HOUSE}.restarted"
    satellite.memory.keep(turn)
    satellite.teller.tell(TurnEvent.TURN_FAILED, turn, failure=turn.failure)


def _kept(spool: Spool) -> dict[str, dict[int, float]]:
    """All turns in the spool, oldest first, with the pictures they have there."""
    return {turn_id: spool.pictures(turn_id) for turn_id in spool.turns()}


def _complete(turn: Turn, pictures: dict[int, float]) -> None:
    """Add the pictures that came after the turn's record was written last."""
    known = {picture.index for picture in turn.pictures}
    turn.pictures += [
        TurnPicture(
            index=index,
            entity_id="",
            camera="camera",
            taken=dt_util.as_local(dt_util.utc_from_timestamp(taken)).isoformat(
                timespec="seconds"
            ),
            at=None,
        )
        for index, taken in sorted(pictures.items())
        if index not in known
    ]


async def find_interrupted(satellite: Satellite) -> None:
    """Remember the turns, and pictures of them, that are only in the spool.

    Those that were known once are not: they were forgotten since.
    """
    memory, latest = satellite.memory, satellite.memory.latest
    kept = await satellite.hass.async_add_executor_job(_kept, satellite.spool)
    for turn_id, pictures in kept.items():
        if (turn := memory.turn(turn_id)) is None:
            if turn_id <= latest:
                continue
            turn = Turn(id=turn_id, began=time.time())
        _complete(turn, pictures)
        memory.add(turn)


@callback
def take_up_interrupted(satellite: Satellite) -> None:
    """Let turns be tried again that the end of Home Assistant cut off."""
    for turn in satellite.memory.turns:
        if turn.outcome is Outcome.RUNNING:
            cut_off(satellite, turn)
    satellite.background(_offer_again(satellite), "offer")


async def _offer_again(satellite: Satellite) -> None:
    """Raise the last turn's issue: the turn outlives Home Assistant, that does not."""
    turns = satellite.memory.turns
    if turns and turns[-1].owed and await is_kept(satellite, turns[-1]):
        failures.turn_over(satellite, turns[-1])
