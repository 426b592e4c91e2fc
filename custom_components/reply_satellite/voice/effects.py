"""What is to be done when something happened: the effects of a satellite's rules.

Times are seconds on the microphone's clock.
"""

from dataclasses import dataclass
from enum import StrEnum

from .errors import VoiceError
from .events import Candidate


class Chime(StrEnum):
    """The satellite's own sounds."""

    RECORDING = "recording"
    GOT_IT = "got_it"
    NOTHING_HEARD = "nothing_heard"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class BeginRecording:
    """Begin a turn by recording from `since` on."""

    since: float
    spoken: bool
    """Begun by the word "computer" (which then must be cut out)."""


@dataclass(frozen=True, slots=True)
class Pause:
    """The speaker paused: a good place to cut a long recording."""

    since: float


@dataclass(frozen=True, slots=True)
class ThinkAhead:
    """Ask what was said so far: it may turn out to be the question."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """Cut the recording here, and judge the candidate by what is transcribed."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Doubt:
    """Ask what was said by now, and whether it ends with "reply"; cut nothing."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class FinishRecording:
    """Stop recording, and get the whole transcript."""

    reply_end: float | None = None
    confirmed: bool = False
    """The transcript up to "reply" was asked for; what came after is not wanted."""


@dataclass(frozen=True, slots=True)
class TakePicture:
    """Ask the cameras; the word ended at `end`, None when asked for by hand.

    By hand other cameras than the satellite's may be asked.
    """

    end: float | None
    score: float = 1.0
    cameras: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Think:
    """Put the question to the assistant."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop whatever the turn is doing, and close it as cancelled."""


@dataclass(frozen=True, slots=True)
class Close:
    """The turn is over: `error` tells why, if it did not end well."""

    error: VoiceError | None = None


@dataclass(frozen=True, slots=True)
class CloseEmpty:
    """The turn is over: nothing was said."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Play one of the satellite's own sounds."""

    chime: Chime


@dataclass(frozen=True, slots=True)
class Listen:
    """Open or close the microphone."""

    on: bool


type Effect = (
    BeginRecording
    | Pause
    | ThinkAhead
    | Confirm
    | Doubt
    | FinishRecording
    | TakePicture
    | Think
    | Cancel
    | Close
    | CloseEmpty
    | Sound
    | Listen
)
