"""What is said to the satellite in one turn: its recording and its transcript."""

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from ..const import TurnEvent
from ..voice.effects import FinishRecording
from ..voice.errors import VoiceError
from ..voice.events import Candidate, Judged, NothingSaid, Transcribed
from ..voice.hearing.heard import Audio
from ..voice.hearing.spotter import Keyword
from ..voice.machine import ALONE
from ..voice.transcribing.dictation import Dictation
from ..voice.transcribing.part import BYTES_PER_SECOND
from ..voice.transcribing.transcriber import Transcript
from ..voice.transcribing.transcript import ends_with, shift, without_keywords
from ..voice.turn import Step

if TYPE_CHECKING:
    from ..coordinator import Satellite
    from .running_turn import RunningTurn

_LOGGER = logging.getLogger(__name__)

KEYWORD_SECONDS: Final = 0.9
"""How long "computer" takes to say: it is recorded too, so that the transcriber
hears it whole and it can be cut from the transcript at a word's edge."""


class Utterance:
    """The user's part of a turn; a turn that was written, or is resumed, records none.

    Times that come in are on the microphone's clock, those of the turn's record and
    of transcripts given out count from the beginning of the recording.
    """

    def __init__(self, satellite: Satellite, running: RunningTurn) -> None:
        """Begin without a recording."""
        self._satellite = satellite
        self._running = running
        self._turn = running.turn
        self._dictation: Dictation | None = None
        self._began = 0.0

    def begin(self, since: float, *, spoken: bool) -> None:
        """Record from `since` on; and the word before, if it was one."""
        satellite, turn = self._satellite, self._turn
        self._began = since
        if spoken:
            self._began = max(0.0, since - KEYWORD_SECONDS)
            turn.computer_end = since - self._began
        path = satellite.spool.recording(turn.id)
        silence = satellite.settings.silence_end
        satellite.ears.begin_recording(path, self._began, silence)
        self._dictation = Dictation(
            satellite.parts.transcriber,
            path,
            self._began,
            satellite.identity.vocabulary,
        )
        turn.left_the_house(satellite.parts.transcriber_name, "sound")

    def place(self, position: float) -> float:
        """Seconds into the recording of a time on the microphone's clock."""
        return position - self._began

    def write(self, audio: Audio) -> None:
        """Pass sound on to the transcriber."""
        if self._dictation is not None:
            self._dictation.write(audio.position, audio.samples)
            self._turn.recorded += len(audio.samples) / BYTES_PER_SECOND

    def pause(self, since: float) -> None:
        """The speaker paused: a long recording may be cut here."""
        if self._dictation is not None and self._dictation.pause(since):
            self._running.start(self._tell_heard(self._dictation), "heard")

    async def _tell_heard(self, dictation: Dictation) -> None:
        """Let whoever watches a long recording read what was said by now."""
        heard = shift(await dictation.so_far(), -self._began)
        self._satellite.teller.heard(self._turn, self.without_keywords(heard))

    async def so_far(self) -> Transcript:
        """What was said by now, the keywords too. Raises VoiceError."""
        if self._dictation is None:
            return Transcript("")
        return shift(await self._dictation.ahead(), -self._began)

    async def judge(self, candidate: Candidate) -> Judged:
        """Cut the recording, and judge by the transcript if it ended with "reply"."""
        if self._dictation is None:
            return Judged(candidate, borne_out=False)
        try:
            segment = await self._dictation.cut(candidate.end)
        except VoiceError as error:
            # Nobody is cut off for it: the whole recording is asked for at its end,
            # and until then the ear decides.
            _LOGGER.debug("Nobody could judge a reply: %s", error)
            return Judged(candidate, candidate.score >= ALONE)
        return Judged(candidate, ends_with(segment, Keyword.REPLY))

    async def doubt(self, candidate: Candidate) -> Judged:
        """Judge by what was said by now; nobody is cut in the middle of a word."""
        if self._dictation is None:
            return Judged(candidate, borne_out=False)
        try:
            heard = await self._dictation.ahead()
        except VoiceError as error:
            _LOGGER.debug("Nobody could judge a reply in noise: %s", error)
            return Judged(candidate, borne_out=False)
        return Judged(candidate, ends_with(heard, Keyword.REPLY))

    def end(self, finish: FinishRecording) -> None:
        """Stop recording."""
        if finish.reply_end is not None:
            self._turn.reply_end = self.place(finish.reply_end)
        if self._dictation is not None:
            self._satellite.ears.end_recording()
            self._satellite.teller.tell(TurnEvent.RECORDING_ENDED, self._turn)

    async def transcribe(self, *, confirmed: bool) -> Transcribed | NothingSaid:
        """Get the whole transcript into the turn's record. Raises VoiceError."""
        turn, satellite, running = self._turn, self._satellite, self._running
        if (dictation := self._dictation) is None:
            recording = satellite.spool.recording(turn.id)
            whole = await satellite.parts.transcriber.transcribe(
                recording, satellite.identity.vocabulary
            )
        else:
            # What was heard already may still be on its way through the door.
            await asyncio.sleep(0)
            whole = await (dictation.settle() if confirmed else dictation.finish())
            whole = shift(whole, -self._began)
        if satellite.rules.confirms:
            running.snapshots.drop_unasked(whole)
        turn.transcript = self.without_keywords(whole)
        running.mark(Step.TRANSCRIPT)
        if not turn.transcript and not turn.pictures:
            return NothingSaid()
        satellite.teller.tell(TurnEvent.TRANSCRIBED, turn, transcript=turn.transcript)
        return Transcribed()

    def without_keywords(self, whole: Transcript) -> str:
        """What was said to the assistant."""
        turn = self._turn
        snapshots = [taken.at for taken in turn.pictures if taken.at is not None]
        return without_keywords(
            whole, turn.computer_end, snapshots, turn.reply_end
        ).text

    async def abort(self) -> None:
        """Have nothing transcribed any more."""
        if self._dictation is not None:
            await self._dictation.abort()
