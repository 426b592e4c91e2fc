"""The voice of one answer: the chosen one, and the second one when that fails."""

import asyncio
from typing import TYPE_CHECKING

from .. import failures
from ..voice.errors import Service, VoiceError
from ..voice.turn import Step

if TYPE_CHECKING:
    from ..coordinator import Satellite
    from .running_turn import RunningTurn


class Speech:
    """An answer being spoken while it is written."""

    def __init__(self, satellite: Satellite, running: RunningTurn) -> None:
        """Get ready to speak; the player is not touched yet."""
        self._satellite = satellite
        self._running = running
        self._playback = satellite.mouth.playback()
        self._rehearsed = 0
        """Characters of the answer that the voice was given ahead."""
        self._heard_before = ""
        """What the first voice said, where the second one speaks."""
        self._written = False
        self._watch: asyncio.Task[None] | None = None

    @property
    def heard(self) -> float | None:
        """Seconds that were played, where that is known."""
        return self._playback.heard_seconds

    @property
    def heard_text(self) -> str:
        """The sentences that were played to their end."""
        return f"{self._heard_before} {self._playback.heard_text}".strip()

    def rehearse(self, delta: str) -> None:
        """Have the voice say how the answer begins, for nobody to hear yet.

        The same is to be written later: it is not said twice.
        """
        self._leave()
        self._playback.begin()
        self._playback.write(delta)
        self._rehearsed += len(delta)

    def begin(self) -> None:
        """Hand the player its address: text will follow soon."""
        if self._watch is None:
            self._leave()
            self._playback.hand_over()
            self._watch = self._running.start(self._speak(), "speech")

    def write(self, delta: str) -> None:
        """Speak this too."""
        self.begin()
        said = min(self._rehearsed, len(delta))
        self._rehearsed -= said
        self._playback.write(delta[said:])

    def _leave(self) -> None:
        """Note that the answer goes to whoever speaks."""
        voice = self._satellite.parts.voice_name
        self._running.turn.left_the_house(voice, "answer")

    async def finish(self) -> bool:
        """Wait until all was played; whether there was anything to say.

        Raises VoiceError when nobody could say it.
        """
        if self._watch is None:
            return False
        self._written = True
        self._playback.end()
        await self._watch
        return self._playback.playing is not None

    async def stop(self) -> None:
        """Be silent, now."""
        await self._playback.stop()

    async def _speak(self) -> None:
        """Speak with the chosen voice, or else the second. Raises VoiceError."""
        try:
            await self._follow()
        except VoiceError as error:
            # A second voice is no help against a player that does not play.
            if error.service is Service.PLAYER or not self._change_voice():
                raise
            failures.report(self._satellite, error)
            self._running.turn.remarks.append(failures.SECOND_VOICE)
            self._playback.hand_over()
            await self._follow()

    def _change_voice(self) -> bool:
        """Let the second voice say what was not heard; False where there is none."""
        first, second = self._playback, self._satellite.mouth.second_playback()
        if second is None or second.engine == first.engine:
            return False
        self._heard_before = first.heard_text
        self._playback = second
        second.write(first.unspoken)
        if self._written:
            second.end()
        return True

    async def _follow(self) -> None:
        """Keep the turn's record of a playback, to its end. Raises VoiceError."""
        running, playback = self._running, self._playback
        await playback.wait_playing()
        if playback.playing is not None:
            running.mark(Step.FIRST_AUDIO, playback.first_audio)
            running.mark(Step.PLAYING, playback.playing)
            running.playing()
        await playback.wait_finished()
        running.mark(Step.FINISHED, playback.finished)
        running.turn.heard = playback.heard_seconds
