"""One turn being carried out: its recording, its transcript, its answer, its speech."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from ..const import TurnEvent
from ..voice.errors import PassingError, Service, VoiceError
from ..voice.hearing.heard import Audio
from ..voice.hearing.spotter import Keyword
from ..voice.machine import (
    ALONE,
    Candidate,
    Done,
    Event,
    Failed,
    FinishRecording,
    Judged,
    NothingSaid,
    Playing,
    Transcribed,
)
from ..voice.thinking.assistant import Picture, Question
from ..voice.thinking.thread import Thread
from ..voice.transcribing.dictation import Dictation
from ..voice.transcribing.part import BYTES_PER_SECOND
from ..voice.transcribing.transcriber import Transcript
from ..voice.transcribing.transcript import (
    ends_with,
    shift,
    without_keywords,
)
from ..voice.turn import Outcome, Step, Turn
from .ahead import Ahead
from .answering import Answer, Prepared, ask, prepare, request_for, take
from .snapshots import Snapshots
from .speech import Speech

if TYPE_CHECKING:
    from ..coordinator import Satellite

_LOGGER = logging.getLogger(__name__)

KEYWORD_SECONDS: Final = 0.9
"""How long "computer" takes to say: it is recorded too, so that the transcriber
hears it whole and it can be cut from the transcript at a word's edge."""


class RunningTurn:
    """The work of one turn; everything it starts ends with it."""

    def __init__(
        self,
        satellite: Satellite,
        turn: Turn,
        *,
        clock: float,
        speak: bool = True,
        pictures: tuple[Picture, ...] = (),
        watch: Callable[[str], None] | None = None,
    ) -> None:
        """Carry out `turn`; `clock` is the monotonic time that counts as its start.

        `watch` is given the reply while it comes.
        """
        self.turn = turn
        self.done: asyncio.Future[Turn] = satellite.hass.loop.create_future()
        self._satellite = satellite
        self._clock = clock
        self._speak = speak
        self._given = pictures
        self.watch = watch
        self._tasks: set[asyncio.Task[Any]] = set()
        self.snapshots = Snapshots(satellite, self)
        self._dictation: Dictation | None = None
        self._began = 0.0
        """Where the recording begins, on the microphone's clock."""
        self._thread: asyncio.Task[tuple[str, bool]] | None = None
        self._prepared: asyncio.Task[Prepared] | None = None
        self._speech: Speech | None = None
        self._ahead = Ahead(satellite, self)
        self.thread_left = False
        """Whether the next turn goes to another thread, whatever comes of this one."""

    # --- recording ---

    def begin_recording(
        self, since: float, *, spoken: bool, hot: Thread | None
    ) -> None:
        """Record from `since` on, and get everything ready that the turn will need."""
        satellite = self._satellite
        self._began = since
        if spoken:
            self._began = max(0.0, since - KEYWORD_SECONDS)
            self.turn.computer_end = since - self._began
            self.mark(Step.KEYWORD, self._clock)
        path = satellite.spool.recording(self.turn.id)
        silence = satellite.settings.silence_end
        satellite.ears.begin_recording(path, self._began, silence)
        self._dictation = Dictation(
            satellite.parts.transcriber,
            path,
            self._began,
            satellite.identity.vocabulary,
        )
        self.turn.left_the_house(satellite.parts.transcriber_name, "sound")
        self._thread = self.start(satellite.threads.for_turn(hot), "thread")
        self._warm()

    def _warm(self) -> None:
        """Open connections ahead of their use, when the loop has done the rest."""
        for service in self._satellite.parts.services:
            self.start(service.warm(), "warm", eager_start=False)

    def _get_ready(self) -> None:
        """Gather what the answer will need, while the last words are transcribed.

        Connections are opened again: idle ones do not last a recording.
        """
        self._warm()
        self._prepared = self.start(prepare(self._satellite), "prepare")

    def write(self, audio: Audio) -> None:
        """Pass sound on to the transcriber."""
        if self._dictation is not None:
            self._dictation.write(audio.position, audio.samples)
            self.turn.recorded += len(audio.samples) / BYTES_PER_SECOND

    def pause(self, since: float) -> None:
        """The speaker paused: a long recording may be cut here."""
        if self._dictation is not None and self._dictation.pause(since):
            self.start(self._tell_heard(self._dictation), "heard")

    async def _tell_heard(self, dictation: Dictation) -> None:
        """Let whoever watches a long recording read what was said by now."""
        heard = shift(await dictation.so_far(), -self._began)
        self._satellite.teller.heard(self.turn, self.without_keywords(heard))

    def think_ahead(self) -> None:
        """Ask what was said so far, before it is known whether that is all."""
        self._ahead.think()

    async def said_so_far(self) -> Transcript:
        """What was said by now, the keywords too. Raises VoiceError."""
        if self._dictation is None:
            return Transcript("")
        return shift(await self._dictation.ahead(), -self._began)

    def confirm(self, candidate: Candidate) -> None:
        """Have the transcript judge whether the recording ended with "reply"."""
        if self._dictation is not None:
            self._guard(self._judge(self._dictation, candidate), "judge")
            self._get_ready()

    async def _judge(self, dictation: Dictation, candidate: Candidate) -> None:
        try:
            segment = await dictation.cut(candidate.end)
        except PassingError as error:
            # The whole recording is asked for at its end; until then the ear decides.
            _LOGGER.debug("Nobody could judge a reply: %s", error)
            self._post(Judged(candidate, candidate.score >= ALONE))
        else:
            self._post(Judged(candidate, ends_with(segment, Keyword.REPLY)))

    def take_picture(
        self, cameras: tuple[str, ...], end: float | None, score: float
    ) -> None:
        """Ask cameras for a picture each, now."""
        at = None if end is None else end - self._began
        self.snapshots.take(cameras, at, score)

    def finish_recording(self, effect: FinishRecording) -> None:
        """Stop recording and get the whole transcript."""
        turn, satellite = self.turn, self._satellite
        if effect.reply_end is not None:
            turn.reply_end = effect.reply_end - self._began
            spoken = turn.reply_end - (turn.computer_end or 0.0)
            self.mark(Step.REPLY_KEYWORD, self._clock + spoken)
        if self._dictation is not None:
            satellite.ears.end_recording()
            satellite.teller.tell(TurnEvent.RECORDING_ENDED, turn)
        self._guard(self._transcribe(confirmed=effect.confirmed), "transcribe")
        if not effect.confirmed:
            self._get_ready()

    async def _transcribe(self, *, confirmed: bool) -> None:
        turn, satellite = self.turn, self._satellite
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
            self.snapshots.drop_unasked(whole)
        turn.transcript = self.without_keywords(whole)
        self.mark(Step.TRANSCRIPT)
        if not turn.transcript and not turn.pictures:
            self._post(NothingSaid())
            return
        satellite.teller.tell(TurnEvent.TRANSCRIBED, turn, transcript=turn.transcript)
        self._post(Transcribed())

    def without_keywords(self, whole: Transcript) -> str:
        """What was said to the assistant."""
        turn = self.turn
        snapshots = [taken.at for taken in turn.pictures if taken.at is not None]
        return without_keywords(
            whole, turn.computer_end, snapshots, turn.reply_end
        ).text

    # --- answer ---

    def think(self) -> None:
        """Get the answer and speak it."""
        self._guard(self._think(), "think")

    async def _think(self) -> None:
        turn, satellite = self.turn, self._satellite
        turn.heard_text = None
        if self._speak and satellite.mouth.can_speak:
            self._speech = Speech(satellite, self)
        if turn.answered:
            if self._speech is not None:
                self._speech.write(turn.reply)
        else:
            turn.reply = ""
            pictures = self._given + await self.snapshots.pictures()
            turn.thread_id, turn.thread_new = await self.choose_thread()
            answer = await self._ask(Question(turn.transcript, pictures))
            await take(satellite, self, answer, self._speech)
        if self._speech is None:
            turn.outcome = Outcome.ANSWERED
        else:
            await self._speech.finish()
            turn.outcome = Outcome.SPOKEN
            satellite.threads.played(turn.thread_id)
        self._post(Done())

    async def _ask(self, question: Question) -> Answer:
        """Put the question to the assistant, unless that was done ahead."""
        turn, satellite = self.turn, self._satellite
        if (ahead := await self._ahead.adopt(turn.thread_id, question)) is not None:
            return ahead
        prepared = await (self._prepared or prepare(satellite))
        request = request_for(satellite, turn.thread_id, question, prepared)
        return Answer(ask(satellite, turn, turn.thread_id, request), prepared.toolbox)

    async def choose_thread(self) -> tuple[str, bool]:
        """The thread of the turn, and whether it is new. Raises VoiceError."""
        if self._thread is not None:
            try:
                return await asyncio.shield(self._thread)
            except VoiceError as error:
                # It was asked for when the recording began; that may be long ago.
                _LOGGER.debug("No thread during the recording: %s", error)
        return await self._satellite.threads.for_turn(self._satellite.threads.hot)

    def playing(self) -> None:
        """The player plays the answer."""
        self._post(Playing())

    # --- keeping time, and ending ---

    def mark(self, step: Step, at: float | None = None) -> None:
        """Note when a step happened, the first time it does."""
        moment = time.monotonic() if at is None else at
        self.turn.steps.setdefault(step, moment - self._clock)

    def note_heard(self) -> None:
        """Note how much was heard of an answer that is not spoken to its end."""
        turn = self.turn
        if (
            self._speech is not None
            and turn.reply
            and turn.outcome is not Outcome.SPOKEN
        ):
            turn.heard = self._speech.heard
            turn.heard_text = self._speech.heard_text

    async def cancel(self) -> None:
        """End whatever still runs; the player first, because a person waits for it."""
        self._ahead.throw_away()
        tasks = self._tasks - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if self._speech is not None:
            await self._speech.stop()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._dictation is not None:
            await self._dictation.abort()

    def _post(self, event: Event) -> None:
        self._satellite.progress(self, event)

    def start[T](
        self, work: Coroutine[Any, Any, T], name: str, *, eager_start: bool = True
    ) -> asyncio.Task[T]:
        """Run work that ends with the turn at the latest."""
        satellite = self._satellite
        task: asyncio.Task[T] = satellite.config_entry.async_create_background_task(
            satellite.hass, work, f"{satellite.name}: {name}", eager_start
        )
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Who awaits the task handles it; a turn that ended before does not care.
            _LOGGER.debug("%s ended with %r", task.get_name(), error)

    def _guard(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run work whose failure is the turn's failure."""
        self.start(self._guarded(work), name)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except VoiceError as error:
            self._post(Failed(error))
        except Exception:
            _LOGGER.exception("A turn failed in a way nobody foresaw")
            self._post(Failed(VoiceError(Service.HOUSE)))
