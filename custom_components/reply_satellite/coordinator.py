"""The satellite: the only joint between the voice and Home Assistant."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util.ulid import ulid_now

from . import failures
from .const import DOMAIN, TurnEvent
from .satellite.arming import Arming
from .satellite.closing import Closing
from .satellite.ears import Ears
from .satellite.gallery import Gallery
from .satellite.identity import Identity
from .satellite.memory import Memory
from .satellite.mouth import Mouth
from .satellite.recovery import cut_off, find_interrupted, take_up_interrupted
from .satellite.running_turn import RunningTurn
from .satellite.settings import Settings
from .satellite.spool import Spool, spool_folder
from .satellite.telling import Teller
from .satellite.threads import ONE_DAY, Threads
from .satellite.timers import Timers
from .voice import machine
from .voice.hearing.heard import (
    Audio,
    FellSilent,
    Heard,
    KeywordHeard,
    LevelMeasured,
    Lulled,
    MicrophoneLost,
    MicrophoneOpened,
    QuietBegan,
    QuietEnded,
    RecordingEnded,
)
from .voice.hearing.spotter import Keyword
from .voice.machine import Event, Rules, State
from .voice.turn import Turn

if TYPE_CHECKING:
    from .household import Parts, ReplySatelliteConfigEntry

_LOGGER = logging.getLogger(__name__)

COOLING: Final = "cooling"
"""The timer that looks after the threads."""

LOUD: Final = "loud"
"""The timer that waits for the silence after "reply"."""

LOUD_AFTER: Final = 0.5
"""Seconds from when the word is heard: a silence that follows it is told by then."""

ENDINGS: Final = ("longest", "microphone", LOUD)
"""The timers that end a recording."""

BACK_WITHIN: Final = 5.0
"""Seconds a microphone may be away in the middle of a recording."""


class Satellite(DataUpdateCoordinator[State]):
    """One satellite: lets the rules decide, and carries out what they say."""

    config_entry: ReplySatelliteConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ReplySatelliteConfigEntry,
        subentry: ConfigSubentry,
        settings: Settings,
        parts: Parts,
    ) -> None:
        """Plug a satellite together; nothing runs yet."""
        super().__init__(
            hass, _LOGGER, config_entry=entry, name=subentry.title, update_interval=None
        )
        self.id = subentry.subentry_id
        self.settings = settings
        self.identity = Identity(hass, entry.entry_id, self.id, self.name, settings)
        self.parts = parts
        self.rules = Rules(
            sensitivities=settings.sensitivities,
            interrupting=settings.interrupting,
            confirms=parts.transcriber.confirms,
            most_ahead=settings.most_ahead if parts.transcriber.confirms else 0,
        )
        self.memory = Memory(hass, self.id)
        self.threads = Threads(
            self.memory,
            parts.assistant,
            settings,
            self._thread_changed,
            lambda: "" if self.running is None else self.running.turn.thread_id,
        )
        self.spool = Spool(spool_folder(hass, self.id))
        self.gallery = Gallery(hass, self.spool)
        self.teller = Teller(hass, self)
        self.mouth = Mouth(hass, settings, parts.tts)
        self._timers = Timers(hass)
        self.ears = Ears(
            hass, self, self._timers, parts.open_microphone, parts.make_porcupine
        )
        self.data = State()
        self.running: RunningTurn | None = None
        self.stopped = False
        """Whether it is over for good: what is still asked of it comes too late."""
        self._happening: deque[Event] = deque()
        """What is being carried out, and what happened meanwhile."""
        self.closing = Closing(self)
        self.arming = Arming(self, self._timers)

    # --- life ---

    async def remember(self) -> None:
        """Read what is known from before; nothing runs yet."""
        await self.memory.load()
        await find_interrupted(self)

    @callback
    def start(self) -> None:
        """Take up what was cut off, and begin to listen unless that is switched off.

        It is one step of the loop: nothing can end it half-way.
        """
        take_up_interrupted(self)
        failures.look_for_voice(self)
        self.background(self.tidy(), "tidy")
        self._thread_changed()
        self.arming.arm()
        if self.data.listening:
            self.background(self.ears.open(), "ears")

    async def stop(self) -> None:
        """Stop the turn, give the microphone back, and write down what is known."""
        self.stopped = True
        self._timers.stop()
        if (running := self.running) is not None:
            self.running = None
            running.note_heard()
            await running.cancel()
            cut_off(self, running.turn)
            # An action may be waiting for it.
            running.done.set_result(running.turn)
        await self.closing.finish()
        await self.mouth.stop()
        await self.ears.close()
        await self.memory.save_now()

    @callback
    def _thread_changed(self) -> None:
        """Show it, and look again when it cools: nothing else happens then."""
        if (cools_at := self.threads.cools_at) is not None:
            again = cools_at - time.time() + 0.1
        else:
            again = ONE_DAY
            tidy = self.threads.tidy(self.settings.thread_retention)
            self.background(tidy, "threads")
        self._timers.later(COOLING, again, self._thread_changed)
        self.async_update_listeners()

    async def tidy(self) -> None:
        """Keep no recording, no picture and no words for longer than the user said."""
        run, days = self.hass.async_add_executor_job, self.settings.recording_retention
        # Listed first: of a turn that begins from here on nothing is looked at. Those
        # that are listed are remembered since before they had a folder.
        turns = await run(self.spool.turns)
        await run(self.spool.tidy, turns, self.memory.unanswered(), days)
        self.memory.tidy(days)

    def background(
        self, work: Coroutine[Any, Any, None], name: str
    ) -> asyncio.Task[None]:
        """Run work of the satellite's own; it ends with the entry at the latest."""
        return self.config_entry.async_create_background_task(
            self.hass, work, f"{self.name}: {name}"
        )

    # --- what the rules say ---

    @callback
    def dispatch(self, event: Event) -> None:
        """Let something happen to the satellite.

        What comes of it may make something else happen, through an automation for
        one: that waits until all of it is carried out.
        """
        self._happening.append(event)
        if len(self._happening) > 1:
            return
        try:
            while self._happening and not self.stopped:
                self._step(self._happening[0])
                self._happening.popleft()
        finally:
            self._happening.clear()

    def _step(self, event: Event) -> None:
        before = self.data.phase
        self.data, effects = machine.step(self.data, event, self.rules)
        for effect in effects:
            self._carry_out(effect)
        self.arming.arm()
        if self.data.phase is not before:
            # What is known by now is worth keeping if the power fails.
            self.memory.save()
            self.teller.phase(self.data.phase)
            self.async_update_listeners()

    @callback
    def progress(self, running: RunningTurn, event: Event) -> None:
        """Hear from a turn; one that was stopped has nothing to say any more."""
        if running is self.running:
            self.dispatch(event)

    def _carry_out(self, effect: machine.Effect) -> None:
        match effect:
            case machine.BeginRecording(since, spoken):
                self._begin_recording(since, spoken=spoken)
            case machine.Listen(on):
                self.background(self.ears.open() if on else self.ears.close(), "ears")
            case machine.Sound(chime):
                self.background(self._chime(chime), "chime")
            case _ if self.running is not None:
                self._carry_out_turn(self.running, effect)

    def _carry_out_turn(self, running: RunningTurn, effect: machine.Effect) -> None:
        match effect:
            case machine.Cancel() | machine.CloseEmpty() | machine.Close():
                self._timers.never(*ENDINGS)
                # Now: the next turn may begin to record before this one has gone.
                self.ears.end_recording()
                self.running = None
                self.closing.close(running, effect)
                return
            case machine.FinishRecording():
                self._timers.never(*ENDINGS)
        running.carry_out(effect)

    async def _chime(self, chime: machine.Chime) -> None:
        # What silences an answer would silence this too.
        await self.closing.silence()
        await self.mouth.chime(chime)

    def _begin_recording(self, since: float, *, spoken: bool) -> None:
        self.background(self.mouth.stop(), "hush")
        running = self.new_turn(clock=self.ears.word_ended if spoken else None)
        running.begin_recording(since, spoken=spoken, hot=self.threads.hot)
        self.teller.tell(TurnEvent.RECORDING_STARTED, running.turn)
        self._end_in("longest", self.settings.longest_recording)

    def new_turn(
        self, turn: Turn | None = None, *, clock: float | None = None, **how: Any
    ) -> RunningTurn:
        """Begin a turn's record, or take up one that failed; and begin its work.

        `clock` is the monotonic time that counts as its beginning, now if None.
        """
        clock = time.monotonic() if clock is None else clock
        if turn is None:
            began = time.time() - (time.monotonic() - clock)
            turn = Turn(id=ulid_now(), began=began)
        self.running = RunningTurn(self, turn, clock=clock, **how)
        self.memory.keep(turn)
        return self.running

    # --- what is heard ---

    @callback
    def hear(self, heard: Heard) -> None:
        """Take what the listener tells."""
        match heard:
            case Audio():
                if self.running is not None:
                    self.running.utterance.write(heard)
            case KeywordHeard() | Lulled() | QuietBegan() | QuietEnded():
                if isinstance(heard, KeywordHeard) and heard.keyword is Keyword.REPLY:
                    still_loud = partial(self.dispatch, machine.StillLoud())
                    self._timers.later(LOUD, LOUD_AFTER, still_loud)
                self.dispatch(heard)
            case FellSilent():
                self.dispatch(machine.EndAsked())
            case LevelMeasured():
                self.teller.live("level", rms=heard.rms_dbfs, peak=heard.peak_dbfs)
            case RecordingEnded() if self.running is None:
                # Its turn was over before its file was closed.
                self.background(self.tidy(), "tidy")
            case MicrophoneLost() if self.data.phase is machine.Phase.RECORDING:
                self._end_in("microphone", BACK_WITHIN)
            case MicrophoneOpened():
                self._timers.never("microphone")

    def _end_in(self, why: str, seconds: float) -> None:
        """End the recording after a while, unless something comes between."""
        self._timers.later(why, seconds, partial(self.dispatch, machine.EndAsked()))

    # --- what is asked ---

    @property
    def turn(self) -> Turn | None:
        """The running turn, or the last one."""
        if self.running is not None:
            return self.running.turn
        return self.memory.turns[-1] if self.memory.turns else None

    @callback
    def new_thread(self, thread_id: str | None = None) -> None:
        """Begin a new thread with the next turn, whatever the running one is on.

        With a `thread_id`, go on with that one.
        """
        if thread_id is None:
            self.threads.forget()
        else:
            self.threads.go_on(thread_id)
        if self.running is not None:
            self.running.thread_left = True

    @callback
    def hush(self) -> None:
        """Stop the turn, and whatever is being said."""
        self.dispatch(machine.StopAsked())
        self.background(self.mouth.stop(), "hush")

    async def until_idle(self) -> None:
        """Wait until no turn runs. Raises HomeAssistantError if none will any more."""
        # Whoever is told of a step while it is carried out waits for the rest of it.
        await asyncio.sleep(0)
        while (running := self.running) is not None:
            await asyncio.wait([running.done])
        if self.stopped:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="restarted"
            )
