"""What can happen to a satellite: the events its rules decide about.

Times are seconds on the microphone's clock.
"""

from dataclasses import dataclass

from .errors import VoiceError
from .hearing.heard import KeywordHeard, Lulled, QuietBegan, QuietEnded


@dataclass(frozen=True, slots=True)
class Candidate:
    """A "reply" that was heard: when the word ended, and how surely."""

    end: float
    score: float


@dataclass(frozen=True, slots=True)
class StartAsked:
    """A button, a card or an action starts a recording at `at`."""

    at: float


@dataclass(frozen=True, slots=True)
class EndAsked:
    """The recording ends without the word: button, limit, silence, dead microphone."""


@dataclass(frozen=True, slots=True)
class SnapshotAsked:
    """A picture is asked for by hand, of these cameras."""

    cameras: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question came as text."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """A turn that failed is tried again, from its recording or from its transcript."""

    recorded: bool


@dataclass(frozen=True, slots=True)
class StopAsked:
    """Everything about the turn is to stop."""


@dataclass(frozen=True, slots=True)
class ListeningSet:
    """The listening switch was set."""

    on: bool


@dataclass(frozen=True, slots=True)
class StillLoud:
    """No silence followed a "reply" in time: somebody speaks on, or there is music."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The transcript with a candidate in it: does it end with the word?"""

    candidate: Candidate
    borne_out: bool


@dataclass(frozen=True, slots=True)
class Transcribed:
    """The whole transcript is there, and holds something."""


@dataclass(frozen=True, slots=True)
class NothingSaid:
    """The whole transcript is there, and is empty."""


@dataclass(frozen=True, slots=True)
class Playing:
    """The player plays the answer."""


@dataclass(frozen=True, slots=True)
class Done:
    """The answer was given, as it was asked for: spoken or silent."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The turn can't go on."""

    error: VoiceError


type Event = (
    KeywordHeard
    | Lulled
    | QuietBegan
    | QuietEnded
    | StartAsked
    | EndAsked
    | SnapshotAsked
    | Asked
    | Resumed
    | StopAsked
    | ListeningSet
    | StillLoud
    | Judged
    | Transcribed
    | NothingSaid
    | Playing
    | Done
    | Failed
)
