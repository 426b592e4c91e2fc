"""What still helps when a round failed before the model had begun to answer."""

import asyncio
from typing import TYPE_CHECKING, Final

from ..errors import BusyError, UnreachableError, VoiceError
from .assistant import Remark, ToolOutput
from .openai_errors import (
    EffortRefusedError,
    PictureRefusedError,
    ThreadBusyError,
    ThreadGoneError,
    UnansweredCallError,
    UnknownCallError,
)
from .openai_input import PICTURE_REFUSED, Items, has_pictures, output_item

if TYPE_CHECKING:
    from .openai_run import Run

LOCKED_WAIT: Final = 1.5
"""Seconds; the service says of a locked conversation: "retry in a few seconds"."""
DROPPED_WAIT: Final = 0.3
"""Seconds before a connection that failed is tried again."""
LONGEST_WAIT: Final = 20.0
"""Seconds that an answer may wait for a busy service, all in all."""
FIRST_WAIT: Final = 1.0
"""Seconds for the first wait when the service does not say how long; then doubled."""
SHORTEST_WAIT: Final = 0.1
"""Seconds between two tries at least, whatever the service says."""
LOST: Final = ToolOutput('{"error": "interrupted; it may have been done"}')


async def recover(run: Run, error: VoiceError) -> Remark | None:
    """Change a run so that its round is worth another try.

    Returns what the user should know of it. Raises the error if nothing helps.
    """
    match error:
        case ThreadBusyError():
            _once(run, error)
            await asyncio.sleep(LOCKED_WAIT)
        case BusyError():
            await _wait(run, error)
        case UnreachableError():
            _once(run, error)
            await asyncio.sleep(DROPPED_WAIT)
        case EffortRefusedError() if (effort := run.effort) is not None:
            run.efforts.refuse(run.request.model, effort)
        case PictureRefusedError() if has_pictures(run.input):
            run.drop_pictures(PICTURE_REFUSED)
            return Remark("picture_refused")
        case ThreadGoneError() if run.stored:
            _once(run, error)
            return await _replace_thread(run)
        case UnansweredCallError() if run.stored:
            _once(run, error)
            if not (answers := await _missing_outputs(run)):
                return await _replace_thread(run)
            run.head = [*answers, *run.head]
        case UnknownCallError() if run.stored:
            _once(run, error)
            run.head = [
                item for item in run.head if item.get("type") != "function_call_output"
            ]
        case _:
            raise error
    return None


def _once(run: Run, error: VoiceError) -> None:
    """Raise the error if it was recovered from before."""
    if type(error) in run.recovered:
        raise error
    run.recovered.add(type(error))


async def _wait(run: Run, error: BusyError) -> None:
    """Wait as told, unless that is longer than a voice can. Raises the error then."""
    if error.retry_after is None:
        wait = max(FIRST_WAIT, run.waited)
    else:
        # A service that always says "at once" is not asked for ever.
        wait = max(error.retry_after, SHORTEST_WAIT, run.waited / 2)
    if run.waited + wait > LONGEST_WAIT:
        raise error
    run.waited += wait
    await asyncio.sleep(wait)


async def _replace_thread(run: Run) -> Remark:
    """Begin a new conversation and go on there. Raises VoiceError."""
    run.replace_thread(await run.wire.create_conversation())
    return Remark("thread_replaced")


async def _missing_outputs(run: Run) -> Items:
    """Outputs for the calls that the conversation holds unanswered.

    That is the way back when the house was restarted in the middle of an answer.
    Raises VoiceError.
    """
    items = await run.wire.last_items(run.thread_id)
    answered = {item.call_id for item in items if item.type == "function_call_output"}
    return [
        output_item(item.call_id, LOST)
        for item in items
        if item.type == "function_call" and item.call_id not in answered
    ]
