"""What can be asked of a satellite without a word: a question, a retry, a saying."""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from homeassistant.exceptions import HomeAssistantError

from ..voice import machine
from ..voice.thinking.assistant import Picture
from ..voice.turn import Asker, Outcome, Step, Turn

if TYPE_CHECKING:
    from ..coordinator import Satellite

_LOGGER = logging.getLogger(__name__)


async def ask(
    satellite: Satellite,
    text: str,
    *,
    cameras: tuple[str, ...] = (),
    pictures: tuple[Picture, ...] = (),
    thread_id: str | None = None,
    asker: Asker | None = None,
    speak: bool = True,
    watch: Callable[[str], None] | None = None,
) -> Turn:
    """Put a question, once no turn runs; returns its turn when that is over.

    `pictures` go with it, then what the cameras show. Without an `asker` it is as if
    it had been heard. `watch` is given the reply while it comes.
    """
    await _until_free(satellite, to_speak=speak)
    if thread_id is not None:
        satellite.threads.go_on(thread_id)
    running = satellite.new_turn(pictures=pictures, watch=watch)
    turn = running.turn
    turn.transcript, turn.silent, turn.asker = text, not speak, asker
    for picture in pictures:
        running.snapshots.show(picture)
    satellite.teller.heard(running.turn, text)
    running.snapshots.take(cameras, None, 1.0)
    satellite.dispatch(machine.Asked())
    return await asyncio.shield(running.done)


async def _until_free(satellite: Satellite, *, to_speak: bool) -> None:
    """Wait until no turn runs; to speak, also until nobody says anything."""
    if to_speak:
        async with satellite.mouth.alone:
            await _until_silent(satellite)
    else:
        await satellite.until_idle()


async def _until_silent(satellite: Satellite) -> None:
    """Wait until no turn runs, and those before have given the players back."""
    await satellite.until_idle()
    while await satellite.closing.silence():
        # Another one may have begun meanwhile.
        await satellite.until_idle()


async def is_kept(satellite: Satellite, turn: Turn) -> bool:
    """Whether there is enough of a turn to try it again."""
    if turn.transcript or turn.answered:
        return True
    has_recording = satellite.spool.has_recording
    return await satellite.hass.async_add_executor_job(has_recording, turn.id)


async def retry(satellite: Satellite, turn: Turn) -> Turn:
    """Try a turn again from where it stopped; returns it when it is over."""
    await satellite.until_idle()
    # A camera may still be answering the first try.
    await satellite.closing.finish()
    pictures = await satellite.gallery.pictures(turn)
    # Another turn may have begun while they were read.
    await _until_free(satellite, to_speak=not turn.silent)
    if not turn.retryable:
        # Somebody else's try was the one that ran.
        return turn
    turn.outcome, turn.failure = Outcome.RUNNING, ""
    # The steps of the first try are of another clock.
    turn.steps = {Step.REPLY: 0.0} if turn.answered else {}
    running = satellite.new_turn(turn=turn, pictures=pictures)
    satellite.dispatch(machine.Resumed(recorded=not (turn.transcript or turn.answered)))
    return await asyncio.shield(running.done)


async def retry_unasked(satellite: Satellite, turn: Turn) -> None:
    """Try a turn again where nobody waits for what comes of it."""
    try:
        await satellite.until_idle()
        # Who tried it by hand meanwhile may have stopped it.
        if turn.owed:
            await retry(satellite, turn)
    except HomeAssistantError as error:
        _LOGGER.debug("A turn waits for another try: %s", error)


async def say(satellite: Satellite, text: str, *, chime: bool = False) -> None:
    """Speak a text, once no turn runs and nothing else is said. Raises VoiceError."""
    async with satellite.mouth.alone:
        await _until_silent(satellite)
        if chime:
            await satellite.mouth.chime(machine.Chime.RECORDING)
            # Somebody may have begun to speak meanwhile.
            await _until_silent(satellite)
        try:
            satellite.arming.saying(text)
            await satellite.mouth.say(text)
        finally:
            satellite.arming.said(text)
