"""When a speaker has fallen silent: for recordings that are to end by themselves.

The pause after "reply" is the quiet detector's matter. Of 40 people's orders
(shared/speech/commands) at 10 dB SNR, microVAD took 0.4 (white noise) and 0.8 (pink)
pauses a minute in mid-speech for an end, the quiet detector 20 and 16. But it is half a
second behind the speaker, and takes 3 % of a slow core: 60 times as much.
"""

import logging
from typing import Final, Protocol, override

import numpy as np
from numpy.typing import NDArray

from .microphone import SAMPLE_RATE
from .quiet import QUIET_SECONDS, Ended, Lulled, QuietDetector

_LOGGER = logging.getLogger(__name__)

BEFORE_SPEECH: Final = 5.0
"""Seconds that somebody who has not said anything yet may think, at least."""

_SPEECH: Final = 0.5
"""The probability from which on Home Assistant's Assist takes a sound for speech."""

_NO_LONGER_A_WORD: Final = 0.7
"""Seconds without a quiet, from the start on, after which somebody speaks.

What is shorter is the rest of the word that began the recording.
"""

_FRAME_BYTES: Final = 2 * SAMPLE_RATE // 100


class Voice(Protocol):
    """Tells whether somebody speaks."""

    lag: float
    """Seconds after which the end of speech is known."""

    def hear(self, samples: NDArray[np.int16]) -> bool:
        """Hear the next samples: shape (n,), any n, int16, 16 kHz, mono.

        Tells whether somebody speaks at their end.
        """


class MicroVoice(Voice):
    """The microVAD of pymicro-vad, which Home Assistant's Assist listens with."""

    lag = 0.5
    """Measured: 0.7 s after the end of speech it had been quiet for 0.2 s."""

    def __init__(self) -> None:
        """Raises ImportError where Home Assistant does not have it."""
        from pymicro_vad import MicroVad  # noqa: PLC0415 (not everywhere)

        self._probability_of_speech = MicroVad().Process10ms
        self._rest = b""
        self._speaks = False

    @override
    def hear(self, samples: NDArray[np.int16]) -> bool:
        sound = self._rest + samples.tobytes()
        whole = len(sound) // _FRAME_BYTES * _FRAME_BYTES
        self._rest = sound[whole:]
        for start in range(0, whole, _FRAME_BYTES):
            probability = self._probability_of_speech(
                sound[start : start + _FRAME_BYTES]
            )
            # Less than nothing: it has not heard enough yet.
            if probability >= 0:
                self._speaks = probability > _SPEECH
        return self._speaks


class LoudVoice(Voice):
    """The quiet detector, where there is no microVAD: whatever is loud, speaks."""

    lag = QUIET_SECONDS

    def __init__(self) -> None:
        """Begin before it is known whether somebody speaks."""
        self._detector = QuietDetector()
        self._speaks: bool | None = None
        self._heard = 0

    @override
    def hear(self, samples: NDArray[np.int16]) -> bool:
        for change in self._detector.hear(samples):
            if not isinstance(change, Lulled):
                self._speaks = isinstance(change, Ended)
        if self._speaks is not None:
            return self._speaks
        self._heard += samples.size
        return self._heard >= _NO_LONGER_A_WORD * SAMPLE_RATE


def best_voice() -> Voice:
    """Return the better one of those that can be had here."""
    try:
        return MicroVoice()
    except ImportError as error:
        _LOGGER.debug("No microVAD: %s", error)
        return LoudVoice()


class Silence:
    """Waits for a speaker to be silent for so many seconds."""

    def __init__(self, seconds: float, voice: Voice) -> None:
        """Begin when the recording does."""
        self._seconds = seconds
        self._voice = voice
        self._quiet = 0.0
        self._patience = max(seconds, BEFORE_SPEECH)

    def hear(self, samples: NDArray[np.int16]) -> bool:
        """Hear the next samples (int16, 16 kHz, mono); tell if it has lasted."""
        if self._voice.hear(samples):
            self._patience = self._seconds
            self._quiet = self._voice.lag
            return False
        self._quiet += samples.size / SAMPLE_RATE
        return self._quiet >= self._patience
