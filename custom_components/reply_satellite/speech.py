"""The voice of one answer: the chosen one, and the second one when that fails."""

import asyncio
from typing import TYPE_CHECKING

from . import failures
from .const import TurnEvent
from .playback import Playback
from .voice.errors import Service, VoiceError
from .voice.turn import Step

if TYPE_CHECKING:
    from .coordinator import Satellite
    from .running_turn import RunningTurn


class Speech:
    """An answer being spoken while it is written."""

    def __init__(self, satellite: Satellite, running: RunningTurn) -> None:
        """Get ready to speak; the player is not touched yet."""
        self._satellite = satellite
        self._running = running
        self._playback = satellite.mouth.playback()
        self._watch: asyncio.Task[None] | None = None

    @property
    def heard(self) -> float | None:
        """Seconds that were played, where that is known."""
        return self._playback.heard_seconds

    def begin(self) -> None:
        """Hand the player its address: text will follow soon."""
        if self._watch is None:
            self._playback.hand_over()
            self._watch = self._running.start(self._follow(self._playback), "speech")

    def write(self, delta: str) -> None:
        """Speak this too."""
        self.begin()
        self._playback.write(delta)

    async def finish(self) -> None:
        """Wait until all was played. Raises VoiceError when nobody could say it."""
        if self._watch is None:
            return
        self._playback.end()
        try:
            await self._watch
        except VoiceError as error:
            await self._second_voice(error)

    async def stop(self) -> None:
        """Be silent, now."""
        await self._playback.stop()

    async def _second_voice(self, error: VoiceError) -> None:
        """Say the answer with the voice chosen for when the first one fails."""
        playback = self._satellite.mouth.second_playback()
        if playback is None or error.service is Service.PLAYER:
            raise error
        failures.report(self._satellite, error)
        self._running.turn.remarks.append("second_voice")
        left = self._playback.unspoken
        await self._playback.stop()
        self._playback = playback
        playback.hand_over()
        playback.write(left)
        playback.end()
        await self._follow(playback)

    async def _follow(self, playback: Playback) -> None:
        """Keep the turn's record of a playback, to its end. Raises VoiceError."""
        running = self._running
        await playback.wait_playing()
        running.mark(Step.FIRST_AUDIO, playback.first_audio)
        running.mark(Step.PLAYING, playback.playing)
        running.playing()
        await playback.wait_finished()
        running.mark(Step.FINISHED)
        running.turn.heard = playback.heard_seconds
        self._satellite.teller.tell(TurnEvent.REPLY_SPOKEN, running.turn)
