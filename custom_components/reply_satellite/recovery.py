"""Tries a failed turn again, once, when the service that failed it comes back."""

import asyncio
import time
from typing import TYPE_CHECKING, Final

from .asking import retry
from .voice.errors import VoiceError
from .voice.turn import Turn

if TYPE_CHECKING:
    from .coordinator import Satellite

WITHIN: Final = 600.0
"""Seconds after a failure in which a turn is still worth answering unasked."""

EVERY: Final = 30.0
"""Seconds between looks whether the service is back."""

AGAIN: Final = "tried_again"
"""The remark of a turn that was tried again by itself: it is not tried once more."""


async def retry_when_back(satellite: Satellite, turn: Turn, error: VoiceError) -> None:
    """Wait for the service that failed, then try the turn again, once."""
    service = satellite.parts.service(error.service)
    if service is None or AGAIN in turn.remarks:
        return
    turn.remarks.append(AGAIN)
    until = time.monotonic() + WITHIN
    while time.monotonic() < until:
        await asyncio.sleep(EVERY)
        if not turn.retryable:
            return
        try:
            await service.check()
        except VoiceError:
            continue
        await retry(satellite, turn)
        return
