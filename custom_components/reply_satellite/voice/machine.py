"""The rules of a satellite: (state, event) -> (state, effects). No clock, no I/O.

Times are seconds on the microphone's clock, and come with the events.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from .effects import (
    BeginRecording,
    Cancel,
    Chime,
    Close,
    CloseEmpty,
    Confirm,
    Doubt,
    Effect,
    FinishRecording,
    Listen,
    Pause,
    Sound,
    TakePicture,
    Think,
    ThinkAhead,
)
from .events import (
    Asked,
    Candidate,
    Done,
    EndAsked,
    Event,
    Failed,
    Judged,
    ListeningSet,
    NothingSaid,
    Playing,
    Resumed,
    SnapshotAsked,
    StartAsked,
    StillLoud,
    StopAsked,
    Transcribed,
)
from .hearing.heard import KeywordHeard, Lulled, QuietBegan, QuietEnded
from .hearing.spotter import SURE, Keyword

PAUSE_AFTER_REPLY: Final = 0.45
"""How soon after "reply" nobody must speak, so that "I'll reply to him" goes on."""

ALONE: Final = 0.7
"""The score asked of a word in a recording where no transcript will confirm it."""

PLAYING_STRICTER: Final = 0.2
"""How much less sensitive to "computer" while the answer plays: a tenth of the
false wakes."""


class Phase(StrEnum):
    """What a satellite is doing, as its user sees it."""

    IDLE = "idle"
    RECORDING = "recording"
    TRANSCRIBING = "transcribing"
    THINKING = "thinking"
    SPEAKING = "speaking"
    MUTED = "muted"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the user chose, as far as it bends the rules."""

    sensitivities: Mapping[Keyword, float]
    interrupting: bool = True
    confirms: bool = True
    """The transcriber is quick enough to confirm "reply"."""
    most_ahead: int = 0
    """How often in a recording the assistant may be asked before "reply" is heard."""


# --- states ---


@dataclass(frozen=True, slots=True)
class Recording:
    """The user speaks."""

    silence: Lulled | QuietBegan | None = None
    """Since when nobody speaks: perhaps within a word, or surely between two."""
    candidate: Candidate | None = None
    """Heard, and not followed by silence yet."""
    confirming: Candidate | None = None
    """The candidate whose segment is being transcribed right now."""
    ending: Candidate | None = None
    """The candidate that was the end, once it is quiet."""
    doubted: Candidate | None = None
    """One that no silence followed: what was said by now is being transcribed."""
    ahead: int = 0
    """How often the assistant was asked ahead."""


@dataclass(frozen=True, slots=True)
class Transcribing:
    """The recording has ended; its last words are on their way."""


@dataclass(frozen=True, slots=True)
class Thinking:
    """The assistant has the question."""


@dataclass(frozen=True, slots=True)
class Speaking:
    """The answer is being played."""


type TurnState = Recording | Transcribing | Thinking | Speaking

_PHASES: Final[dict[type[TurnState], Phase]] = {
    Recording: Phase.RECORDING,
    Transcribing: Phase.TRANSCRIBING,
    Thinking: Phase.THINKING,
    Speaking: Phase.SPEAKING,
}


@dataclass(frozen=True, slots=True)
class State:
    """A satellite: the turn it is in, if any, and whether it may listen."""

    turn: TurnState | None = None
    listening: bool = True

    @property
    def phase(self) -> Phase:
        """The state as its user sees it."""
        if self.turn is not None:
            return _PHASES[type(self.turn)]
        return Phase.IDLE if self.listening else Phase.MUTED


type Step = tuple[State, tuple[Effect, ...]]


def armed(state: State, rules: Rules, saying: str = "") -> dict[Keyword, float]:
    """The words to listen for in a state, each with its sensitivity.

    `saying` is what the loudspeaker says, or said a moment ago: the satellite must
    not wake itself by its own voice.
    """
    if not state.listening:
        return {}
    match state.turn:
        case None:
            words = {Keyword.COMPUTER} - _said_in(saying)
        case Recording():
            words = {Keyword.REPLY, Keyword.SNAPSHOT}
        case Thinking() | Speaking() if rules.interrupting:
            words = {Keyword.COMPUTER} - _said_in(saying)
        case _:
            words = set()
    playing = isinstance(state.turn, Speaking) or (state.turn is None and saying != "")
    strict = PLAYING_STRICTER if playing else 0.0
    return {
        word: max(0.0, rules.sensitivities[word] - strict) for word in sorted(words)
    }


def _said_in(text: str) -> set[Keyword]:
    return {word for word in Keyword if word in text.casefold()}


def step(state: State, event: Event, rules: Rules) -> Step:
    """What an event does to a satellite. Events that mean nothing now do nothing."""
    match event:
        case ListeningSet(on):
            return _set_listening(state, on=on)
        case Failed(error) if state.turn is not None:
            return _over(state, Close(error), Sound(Chime.FAILED))
        case StopAsked() if state.turn is not None:
            return _over(state, Cancel())
    match state.turn:
        case None:
            return _begin(state, event)
        case Recording() as recording:
            return _record(state, recording, event, rules)
        case Transcribing():
            return _transcribe(state, event)
        case Thinking() | Speaking():
            return _answer(state, event, rules)


def _over(state: State, *effects: Effect) -> Step:
    return replace(state, turn=None), effects


def _set_listening(state: State, *, on: bool) -> Step:
    if on == state.listening:
        return state, ()
    if not on and isinstance(state.turn, Recording):
        return State(None, listening=False), (Cancel(), Listen(on=False))
    return replace(state, listening=on), (Listen(on),)


def _begin(state: State, event: Event) -> Step:
    match event:
        case KeywordHeard(Keyword.COMPUTER, end, _) if state.listening:
            begin = BeginRecording(end, spoken=True)
        case StartAsked(at) if state.listening:
            begin = BeginRecording(at, spoken=False)
        case Asked() | Resumed(recorded=False):
            return replace(state, turn=Thinking()), (Think(),)
        case Resumed(recorded=True):
            return replace(state, turn=Transcribing()), (FinishRecording(),)
        case _:
            return state, ()
    return replace(state, turn=Recording()), (begin, Sound(Chime.RECORDING))


def _record(state: State, recording: Recording, event: Event, rules: Rules) -> Step:
    match event:
        case EndAsked():
            return _finish(state, FinishRecording())
        case SnapshotAsked(cameras):
            return state, (TakePicture(None, cameras=cameras),)
        case KeywordHeard(score=score) if score < ALONE and not rules.confirms:
            return state, ()
        case KeywordHeard(Keyword.SNAPSHOT, end, score):
            return state, (TakePicture(end, score),)
        case KeywordHeard(Keyword.REPLY, end, score):
            recording = replace(recording, candidate=Candidate(end, score))
            return _weigh(state, recording, rules)
        case Lulled() | QuietBegan():
            return _fall_silent(state, replace(recording, silence=event), rules)
        case QuietEnded():
            # Who speaks on before it is quiet and confirmed did not mean to end.
            recording = replace(recording, silence=None, confirming=None, ending=None)
            return replace(state, turn=recording), ()
        case StillLoud() if rules.confirms and (candidate := recording.candidate):
            recording = replace(recording, candidate=None, doubted=candidate)
            return replace(state, turn=recording), (Doubt(candidate),)
        case Judged():
            return _judge(state, recording, event, rules)
    return state, ()


def _judge(state: State, recording: Recording, judged: Judged, rules: Rules) -> Step:
    """The transcript has said whether it was the word, if anybody still wonders."""
    candidate, borne_out = judged.candidate, judged.borne_out
    if candidate == recording.confirming:
        ending = candidate if borne_out else None
        recording = replace(recording, confirming=None, ending=ending)
        return _weigh(state, recording, rules)
    if candidate != recording.doubted:
        return state, ()
    if borne_out:
        return _finish(state, FinishRecording(candidate.end))
    return replace(state, turn=replace(recording, doubted=None)), ()


def _fall_silent(state: State, recording: Recording, rules: Rules) -> Step:
    """It may be the end, or a pause."""
    weighed, effects = _weigh(state, recording, rules)
    match weighed.turn:
        case Recording(silence=QuietBegan(since), confirming=None) as waiting:
            return _pause(state, waiting, since, rules)
    return weighed, effects


def _weigh(state: State, recording: Recording, rules: Rules) -> Step:
    """A candidate counts once silence follows it, and ends once that is quiet.

    Its transcript is asked for at the first silence, to be there by then.
    """
    candidate, silence = recording.candidate, recording.silence
    effects: tuple[Effect, ...] = ()
    if candidate and silence and silence.since <= candidate.end + PAUSE_AFTER_REPLY:
        if rules.confirms:
            effects = (Confirm(candidate),)
        known = candidate.score >= SURE or not rules.confirms
        recording = replace(
            recording,
            candidate=None,
            confirming=None if known else candidate,
            ending=candidate if known else None,
        )
    if (ending := recording.ending) and isinstance(silence, QuietBegan):
        finish = FinishRecording(ending.end, confirmed=rules.confirms)
        finished, ended = _finish(state, finish)
        return finished, effects + ended
    return replace(state, turn=recording), effects


def _pause(state: State, recording: Recording, since: float, rules: Rules) -> Step:
    """A place to cut a long recording; and this may have been the question."""
    effects: tuple[Effect, ...] = (Pause(since),)
    if recording.ahead < rules.most_ahead:
        recording = replace(recording, ahead=recording.ahead + 1)
        effects += (ThinkAhead(),)
    return replace(state, turn=recording), effects


def _finish(state: State, finish: FinishRecording) -> Step:
    return replace(state, turn=Transcribing()), (finish, Sound(Chime.GOT_IT))


def _transcribe(state: State, event: Event) -> Step:
    match event:
        case Transcribed():
            return replace(state, turn=Thinking()), (Think(),)
        case NothingSaid():
            return _over(state, CloseEmpty(), Sound(Chime.NOTHING_HEARD))
    return state, ()


def _answer(state: State, event: Event, rules: Rules) -> Step:
    match event:
        case Playing():
            return replace(state, turn=Speaking()), ()
        case Done():
            return _over(state, Close())
        case KeywordHeard() if not rules.interrupting:
            return state, ()
        case KeywordHeard(Keyword.COMPUTER) | StartAsked() if state.listening:
            idle, stopped = _over(state, Cancel())
            recording, begun = _begin(idle, event)
            return recording, stopped + begun
    return state, ()
