"""One turn, ours or the peer's, taken apart into whom it waited for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from tests.standins.openai_events import tokens_of

from .scene import EACH_TOKEN, FIRST_TOKEN

type Record = Mapping[str, Any]
"""A request as a stand-in has recorded it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One turn, from the end of speech to the first byte of audio; seconds."""

    span: float
    """All of it."""
    noticing: float
    """Until the transcriber had the last byte, and knew that it was the last."""
    transcribing: float
    """What the transcriber took because it was told to."""
    thinking: float
    """What the model took for the first sentence because it was told to."""
    speaking: float
    """What the voice took for its first byte because it was told to."""
    standins: float
    """What the stand-ins took for work of their own, which is nobody's service."""
    kept: float
    """Of the request, what was listened to (0..1)."""
    sounding: float
    """From the first byte of audio to the first sound from the loudspeaker."""

    @classmethod
    def of(
        cls,
        *,
        speech_end: float,
        first_audio: float,
        records: tuple[Record, Record, Record],
        reply: str,
        kept: float,
        sounded: float,
    ) -> Self:
        """Take a turn apart by its `records`: of transcription, answer and speech.

        Times are of time.monotonic(), which this machine's processes share.
        """
        transcription, answer, speech = records
        return cls(
            span=first_audio - speech_end,
            noticing=transcription["uploaded"] - speech_end,
            transcribing=transcription["slept"],
            thinking=answer["slept"] * first_sentence_share(reply),
            speaking=speech["slept"],
            standins=_work(transcription)
            + _work(speech)
            # Here the first byte goes out before the first sleep.
            + answer["first_sent"]
            - answer["uploaded"],
            kept=kept,
            sounding=sounded - first_audio,
        )

    @property
    def to_sound(self) -> float:
        """From the end of speech to the first sound from the loudspeaker."""
        return self.span + self.sounding

    @property
    def scripted(self) -> float:
        """What all services took because they were told to."""
        return self.transcribing + self.thinking + self.speaking

    @property
    def own(self) -> float:
        """What is not the services': noticing, and our own work."""
        return self.span - self.scripted - self.standins

    @property
    def overhead(self) -> float:
        """Our own work."""
        return self.own - self.noticing


def first_sentence_share(reply: str) -> float:
    """The share of an answer's scripted time after which its first sentence is out."""
    first, stop, _ = reply.partition(". ")
    before = FIRST_TOKEN + EACH_TOKEN * (len(tokens_of(first + stop.strip())) - 1)
    return before / (FIRST_TOKEN + EACH_TOKEN * (len(tokens_of(reply)) - 1))


def _work(record: Record) -> float:
    """A stand-in's own work before its first byte."""
    return float(record["first_sent"] - record["uploaded"] - record["slept"])
