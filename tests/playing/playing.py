"""What the tests of playing share."""

from collections.abc import Awaitable, Callable

from custom_components.reply_satellite.playing.playback import Playback
from custom_components.reply_satellite.voice.errors import (
    VoiceError,
)
from tests.players import Player

VOICE = "21m00Tcm4TlvDq8ikWAM"
SPEECH = "/v1/text-to-speech/*"
TEXT = "This is one sentence."
SECONDS = 0.4
"""How long the stand-in hums for each request."""

type MakePlayer = Callable[..., Awaitable[Player]]
type Speak = Callable[..., Playback]


async def ended(playback: Playback) -> VoiceError | None:
    """How a playback ends."""
    try:
        await playback.wait_finished()
    except VoiceError as error:
        return error
    return None
