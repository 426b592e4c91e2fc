"""The few errors that cross a boundary between a vendor and the house."""

from enum import StrEnum


class Service(StrEnum):
    """Who failed: the three services, and the parts of the house itself."""

    OPENAI = "openai"
    ASSEMBLYAI = "assemblyai"
    ELEVENLABS = "elevenlabs"
    PORCUPINE = "porcupine"
    MICROPHONE = "microphone"
    PLAYER = "player"
    STT = "stt"
    TTS = "tts"
    HOUSE = "house"
    """A fault of our own."""


class VoiceError(Exception):
    """Something a turn needs did not work.

    `key` names the user's words for it in the translations; `passing` tells
    whether the same request may work in a while without anybody's help.
    """

    key = "failed"
    passing = False
    unspoken = ""
    """Of a voice that failed midway: the part of its text that was not spoken."""

    def __init__(self, service: Service, detail: str = "") -> None:
        """Say who failed and how; `detail` never holds a key or a transcript."""
        super().__init__(f"{service}: {detail or self.key}")
        self.service = service
        self.detail = detail


class WrongKeyError(VoiceError):
    """The service does not accept the key: the user must give another."""

    key = "wrong_key"


class NoFundsError(VoiceError):
    """The account has no money or quota left: the user must see to it."""

    key = "no_funds"


class UnknownNameError(VoiceError):
    """A model or voice the user chose is not there (any more)."""

    key = "unknown_name"


class RefusedError(VoiceError):
    """The service does not take what it was sent; sending it again won't help."""

    key = "refused"


class ThoughtTooLongError(VoiceError):
    """The model used up its tokens before its first word, and would do so again."""

    key = "thought_too_long"


class PassingError(VoiceError):
    """Trouble that may pass by itself."""

    passing = True


class UnreachableError(PassingError):
    """No connection, a dropped one, or a service that is down."""

    key = "unreachable"


class TooSlowError(PassingError):
    """The service did not answer within the time a voice can wait."""

    key = "too_slow"


class BrokenAnswerError(PassingError):
    """The service answered with something that is not an answer."""

    key = "broken_answer"


class BusyError(PassingError):
    """Too many requests, or the service is overloaded."""

    key = "busy"

    def __init__(
        self, service: Service, detail: str = "", retry_after: float | None = None
    ) -> None:
        """Add how many seconds the service asked to wait, if it did."""
        super().__init__(service, detail)
        self.retry_after = retry_after


class MicrophoneError(PassingError):
    """The microphone gives no sound: gone, busy, silent or not installed."""

    key = "microphone"


class PlaybackError(PassingError):
    """No player took up the speech."""

    key = "playback"
