"""The record of a turn: everything that is told of it is read from here."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

from .thinking.assistant import AT_THE_SERVICE, PictureKind, Usage


class Step(StrEnum):
    """The moments of a turn, in their order."""

    KEYWORD = "keyword"
    REPLY_KEYWORD = "reply_keyword"
    TRANSCRIPT = "transcript"
    FIRST_TOKEN = "first_token"
    REPLY = "reply"
    FIRST_AUDIO = "first_audio"
    PLAYING = "playing"
    FINISHED = "finished"


class Outcome(StrEnum):
    """How a turn stands."""

    RUNNING = "running"
    SPOKEN = "spoken"
    ANSWERED = "answered"
    """Answered without being spoken, as asked, or as there was nothing to speak."""
    UNSPOKEN = "unspoken"
    """Answered, but no voice or player could say it."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOTHING_SAID = "nothing_said"


_OWED: Final = frozenset({Outcome.FAILED, Outcome.UNSPOKEN})
_UNANSWERED: Final = _OWED | {Outcome.RUNNING, Outcome.CANCELLED}


@dataclass(slots=True, kw_only=True)
class TurnPicture:
    """A picture of a turn, as the record keeps it (its bytes lie in the spool)."""

    index: int
    """Its number among the turn's pictures, in the order they were asked for."""
    entity_id: str
    """The camera's; empty for one that was given with the question."""
    camera: str
    taken: str
    at: float | None
    """Seconds into the recording at which its word ended; None if asked by hand."""
    failure: str = ""
    kind: PictureKind = PictureKind.CAMERA


@dataclass(slots=True, kw_only=True)
class ToolUse:
    """A tool the assistant used in a turn."""

    name: str
    arguments: dict[str, Any]
    output: str
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, and where: what is done for them is done there, and in their name."""

    device_id: str | None
    language: str
    context: Mapping[str, Any] = field(default_factory=dict)
    """What the house knows the question by; a voice has none."""
    told: str = ""
    """What else they want the assistant to know."""


@dataclass(slots=True, kw_only=True)
class Turn:
    """One question and its answer."""

    id: str
    began: float
    """UNIX time of its beginning."""
    steps: dict[Step, float] = field(default_factory=dict)
    """Seconds after `began`'s moment, measured on a clock that never jumps."""
    asker: Asker | None = None
    """None: whoever is heard, or asks in the satellite's name."""
    transcript: str = ""
    reply: str = ""
    silent: bool = False
    """Whether the answer is for reading alone."""
    thread_id: str = ""
    thread_new: bool = False
    thread_told: bool = False
    """Whether it was told which thread that is."""
    pictures: list[TurnPicture] = field(default_factory=list)
    tools: list[ToolUse] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    remarks: list[str] = field(default_factory=list)
    outcome: Outcome = Outcome.RUNNING
    failure: str = ""
    """The key of the failure's words, and who failed: `service.key`."""
    recorded: float = 0.0
    """Seconds of sound recorded."""
    computer_end: float | None = None
    reply_end: float | None = None
    """Seconds into the recording at which these words ended, if they were said."""
    heard: float | None = None
    """Seconds of the answer that were played, where that is known."""
    heard_text: str | None = None
    """The sentences that were heard of an answer that was not spoken to its end."""
    sent: dict[str, list[str]] = field(default_factory=dict)
    """What left the house: service -> kinds of data."""

    @property
    def retryable(self) -> bool:
        """Whether the user may still want an answer to this turn."""
        return self.outcome in _UNANSWERED

    @property
    def owed(self) -> bool:
        """Whether the user never said that no answer is wanted, and got none."""
        return self.outcome in _OWED

    @property
    def used(self) -> tuple[str, ...]:
        """The tools of the house that were used: none is to do the same twice."""
        return tuple(
            f"{tool.name} {json.dumps(tool.arguments)}"
            for tool in self.tools
            if tool.name not in AT_THE_SERVICE
        )

    @property
    def answered(self) -> bool:
        """Whether the whole reply came; a part of one is not an answer."""
        return Step.REPLY in self.steps

    def spend(self, usage: Usage) -> None:
        """Count tokens, whether they bring an answer or not."""
        self.usage += usage

    def left_the_house(self, service: str, kind: str) -> None:
        """Note that a kind of data went to a service."""
        kinds = self.sent.setdefault(service, [])
        if kind not in kinds:
            kinds.append(kind)

    def milliseconds(self, since: Step = Step.KEYWORD) -> dict[str, int]:
        """Every later step's time after `since`, in milliseconds."""
        if (start := self.steps.get(since)) is None:
            return {}
        return {
            step: round((at - start) * 1000)
            for step, at in self.steps.items()
            if at >= start and step is not since
        }

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON can hold it; may be called in any thread."""
        # A copy is made at one stroke, which going through a dict is not.
        steps, sent = self.steps.copy(), self.sent.copy()
        return {
            "id": self.id,
            "began": self.began,
            "steps": {str(step): at for step, at in steps.items()},
            "asker": self.asker and asdict(self.asker),
            "transcript": self.transcript,
            "reply": self.reply,
            "silent": self.silent,
            "thread_id": self.thread_id,
            "thread_new": self.thread_new,
            "thread_told": self.thread_told,
            "pictures": [asdict(picture) for picture in self.pictures],
            "tools": [asdict(tool) for tool in self.tools],
            "usage": asdict(self.usage),
            "remarks": list(self.remarks),
            "outcome": str(self.outcome),
            "failure": self.failure,
            "recorded": self.recorded,
            "computer_end": self.computer_end,
            "reply_end": self.reply_end,
            "heard": self.heard,
            "heard_text": self.heard_text,
            "sent": {service: list(kinds) for service, kinds in sent.items()},
        }

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Self:
        """The record as it was kept. Raises KeyError, TypeError or ValueError."""
        return cls(
            **{
                **kept,
                "steps": {Step(name): at for name, at in kept["steps"].items()},
                "asker": Asker(**asker) if (asker := kept.get("asker")) else None,
                "pictures": [_picture(picture) for picture in kept["pictures"]],
                "tools": [ToolUse(**tool) for tool in kept["tools"]],
                "usage": Usage(**kept["usage"]),
                "outcome": Outcome(kept["outcome"]),
            }
        )


def _picture(kept: dict[str, Any]) -> TurnPicture:
    picture = TurnPicture(**kept)
    picture.kind = PictureKind(picture.kind)
    return picture
