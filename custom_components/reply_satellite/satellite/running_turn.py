"""One turn being carried out: its recording, its transcript, its answer, its speech."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from ..const import TurnEvent
from ..voice.effects import (
    Confirm,
    Doubt,
    Effect,
    FinishRecording,
    Pause,
    TakePicture,
    Think,
    ThinkAhead,
)
from ..voice.errors import Service, VoiceError
from ..voice.events import Candidate, Done, Event, Failed, Playing
from ..voice.thinking.assistant import Picture, Question
from ..voice.thinking.thread import Thread
from ..voice.turn import Outcome, Step, Turn
from .ahead import Ahead
from .answering import Answer, Prepared, ask, prepare, request_for, take
from .snapshots import Snapshots
from .speech import Speech
from .utterance import Utterance

if TYPE_CHECKING:
    from ..coordinator import Satellite

_LOGGER = logging.getLogger(__name__)


class RunningTurn:
    """The work of one turn; everything it starts ends with it."""

    def __init__(
        self,
        satellite: Satellite,
        turn: Turn,
        *,
        clock: float,
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
        self._given = pictures
        self.watch = watch
        self._tasks: set[asyncio.Task[Any]] = set()
        self.utterance = Utterance(satellite, self)
        self.snapshots = Snapshots(satellite, self)
        self._thread: asyncio.Task[None] | None = None
        self._prepared: asyncio.Task[Prepared] | None = None
        self._speech: Speech | None = None
        self._ahead = Ahead(satellite, self)
        self.thread_left = False
        """Whether the next turn goes to another thread, whatever comes of this one."""

    # --- what the rules say ---

    def begin_recording(
        self, since: float, *, spoken: bool, hot: Thread | None
    ) -> None:
        """Record from `since` on, and get everything ready that the turn will need."""
        if spoken:
            self.mark(Step.KEYWORD, self._clock)
        self.utterance.begin(since, spoken=spoken)
        self._thread = self.start(self._take_thread(hot), "thread")
        self._warm()

    def carry_out(self, effect: Effect) -> None:
        """Do what the rules say of a turn that runs."""
        match effect:
            case Pause(since):
                self.utterance.pause(since)
            case ThinkAhead():
                self._ahead.think()
            case Confirm(candidate):
                self._guard(self._judge(candidate), "judge")
                self._get_ready()
            case Doubt(candidate):
                self._guard(self._doubt(candidate), "doubt")
            case TakePicture(end, score, cameras):
                at = None if end is None else self.utterance.place(end)
                cameras = cameras or self._satellite.settings.cameras
                self.snapshots.take(cameras, at, score)
            case FinishRecording():
                self._finish_recording(effect)
            case Think():
                self._guard(self._think(), "think")

    def _warm(self) -> None:
        """Open connections ahead of their use, when the loop has done the rest."""
        for service in self._satellite.parts.services:
            self.start(service.warm(), "warm", eager_start=False)

    def _get_ready(self) -> None:
        """Gather what the answer will need, while the last words are transcribed.

        Connections are opened again: idle ones do not last a recording.
        """
        self._warm()
        self._prepared = self.start(prepare(self._satellite, self.turn), "prepare")
        self._ahead.rehearse()

    async def _judge(self, candidate: Candidate) -> None:
        self._post(await self.utterance.judge(candidate))

    async def _doubt(self, candidate: Candidate) -> None:
        self._post(await self.utterance.doubt(candidate))

    def _finish_recording(self, finish: FinishRecording) -> None:
        """Stop recording and get the whole transcript."""
        self.utterance.end(finish)
        if finish.reply_end is not None:
            spoken = self.utterance.place(finish.reply_end)
            spoken -= self.turn.computer_end or 0.0
            self.mark(Step.REPLY_KEYWORD, self._clock + spoken)
        self._guard(self._transcribe(confirmed=finish.confirmed), "transcribe")
        if not finish.confirmed:
            self._get_ready()

    async def _transcribe(self, *, confirmed: bool) -> None:
        self._post(await self.utterance.transcribe(confirmed=confirmed))

    # --- answer ---

    async def _think(self) -> None:
        """Get the answer and speak it."""
        turn, satellite = self.turn, self._satellite
        turn.heard_text = None
        if turn.answered:
            self._speech = self.voice()
            if self._speech is not None:
                self._speech.write(turn.reply)
        else:
            turn.reply = ""
            pictures = self._given + await self.snapshots.pictures()
            await self.choose_thread()
            answer = await self._ask(Question(turn.transcript, pictures))
            self._speech = answer.speech or self.voice()
            await take(satellite, self, answer, self._speech)
        if self._speech is None:
            turn.outcome = Outcome.ANSWERED
            self._post(Done())
            return
        spoken = await self._speech.finish()
        # Tools may have said all, and an emoji alone is nothing to say.
        turn.outcome = Outcome.SPOKEN if spoken else Outcome.ANSWERED
        self._post(Done())
        if spoken:
            # Who is told may begin another turn, which is to stop this one no more.
            satellite.teller.tell(TurnEvent.REPLY_SPOKEN, turn)

    async def _ask(self, question: Question) -> Answer:
        """Put the question to the assistant, unless that was done ahead."""
        turn, satellite = self.turn, self._satellite
        if (ahead := await self._ahead.adopt(turn.thread_id, question)) is not None:
            return ahead
        prepared = await (self._prepared or prepare(satellite, turn))
        request = request_for(satellite, turn, question, prepared)
        return Answer(ask(satellite, turn, turn.thread_id, request), prepared.toolbox)

    def voice(self) -> Speech | None:
        """A voice for the answer, where it is to be spoken and there is one."""
        if not self.turn.silent and self._satellite.mouth.can_speak:
            return Speech(self._satellite, self)
        return None

    async def choose_thread(self) -> str:
        """The thread of the turn; another try stays on it. Raises VoiceError."""
        if self._thread is not None:
            try:
                await asyncio.shield(self._thread)
            except VoiceError as error:
                # It was asked for when the recording began; that may be long ago.
                _LOGGER.debug("No thread during the recording: %s", error)
        if not self._satellite.threads.takes(self.turn.thread_id):
            await self._take_thread(self._satellite.threads.hot)
        return self.turn.thread_id

    async def _take_thread(self, hot: Thread | None) -> None:
        """Put the turn on the hot thread, or on a new one. Raises VoiceError."""
        turn = self.turn
        turn.thread_id, turn.thread_new = await self._satellite.threads.for_turn(hot)
        turn.thread_told = False

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
        self.snapshots.cancel()
        await self.cancel_all_but_cameras()
        await self.snapshots.settle()

    async def cancel_all_but_cameras(self) -> None:
        """End what still runs, but let the cameras answer: another try needs them."""
        self._ahead.throw_away()
        tasks = self._tasks - self.snapshots.tasks - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if self._speech is not None:
            await self._speech.stop()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.utterance.abort()

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
