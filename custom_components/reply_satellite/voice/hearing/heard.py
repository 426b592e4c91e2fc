"""What the listener tells the rest of the house.

Positions are seconds of audio since the listener's first sample. They never run
backwards, also over a device that was lost and opened again.
"""

from dataclasses import dataclass

from ..errors import VoiceError
from .microphone import Fault
from .recording import Recording
from .spotter import Keyword


@dataclass(frozen=True, slots=True)
class KeywordHeard:
    """A keyword ended at position `end`, when the clock showed `clock`."""

    keyword: Keyword
    end: float
    score: float
    clock: float


@dataclass(frozen=True, slots=True)
class Audio:
    """Sound of the recording: int16 LE, mono, 16 kHz, beginning at `position`.

    The first one holds all that is kept from the beginning asked for.
    """

    position: float
    samples: bytes


@dataclass(frozen=True, slots=True)
class Lulled:
    """While recording: since position `since` nobody speaks, but perhaps in a word.

    QuietBegan or QuietEnded follows.
    """

    since: float


@dataclass(frozen=True, slots=True)
class QuietBegan:
    """While recording: since position `since` nobody speaks; told once."""

    since: float


@dataclass(frozen=True, slots=True)
class QuietEnded:
    """While recording: somebody speaks again, from position `at` on."""

    at: float


@dataclass(frozen=True, slots=True)
class FellSilent:
    """While recording: nobody has spoken for as long as was asked; told once."""


@dataclass(frozen=True, slots=True)
class RecordingEnded:
    """The recording ends at position `ended`; its file is closed.

    After RecordingFailed the file holds less, or is not there.
    """

    recording: Recording
    ended: float


@dataclass(frozen=True, slots=True)
class RecordingFailed:
    """The recording can't be kept on disk (any more); its audio still comes."""

    detail: str


@dataclass(frozen=True, slots=True)
class LevelMeasured:
    """How loud the last 125 ms were, in dB below full scale."""

    rms_dbfs: float
    peak_dbfs: float


@dataclass(frozen=True, slots=True)
class MicrophoneOpened:
    """Sound comes: told at the beginning, and once after a loss or a silence."""

    name: str


@dataclass(frozen=True, slots=True)
class MicrophoneLost:
    """No sound comes any more: told once for each loss."""

    reason: Fault
    detail: str


@dataclass(frozen=True, slots=True)
class MicrophoneSilent:
    """Nothing but zeros came for `seconds`: muted, or dead; told once."""

    seconds: float


@dataclass(frozen=True, slots=True)
class SpotterFailed:
    """No keyword can be heard until there is another spotter; sound still comes."""

    error: VoiceError


type Heard = (
    KeywordHeard
    | Audio
    | Lulled
    | QuietBegan
    | QuietEnded
    | FellSilent
    | RecordingEnded
    | RecordingFailed
    | LevelMeasured
    | MicrophoneOpened
    | MicrophoneLost
    | MicrophoneSilent
    | SpotterFailed
)
