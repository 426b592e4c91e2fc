"""What the house asks of any assistant: an answer, streamed, on a thread."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

AT_THE_SERVICE: Final = frozenset({"web_search", "code_interpreter"})
"""The tools that run there and change nothing in the house."""


class PictureKind(StrEnum):
    """Where a picture is from."""

    CAMERA = "camera"
    IMAGE = "image"
    """An image entity or a file, given with a written question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of a turn: JPEG, at most 1536 pixels a side."""

    camera: str
    """The name of the camera, or of the image, as people say it."""
    taken: str
    """Local time of day, ISO 8601."""
    jpeg: bytes
    """Empty where the camera failed; then `failure` tells why."""
    failure: str = ""
    kind: PictureKind = PictureKind.CAMERA


@dataclass(frozen=True, slots=True)
class Question:
    """One message of the user: what was said, and the pictures in order."""

    text: str
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool the model may call; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """What a tool answers: JSON text, and pictures for the model to look at."""

    text: str
    pictures: tuple[Picture, ...] = ()
    failed: bool = False
    """The tool ran, and says that it did not work."""


class Toolbox(Protocol):
    """The tools of one turn, and the way to call them."""

    @property
    def specs(self) -> Sequence[ToolSpec]:
        """The tools on offer."""

    async def call(self, name: str, arguments: Mapping[str, Any]) -> ToolOutput:
        """Run a tool.

        Raises ToolError, whose words are told to the model.
        """


class ToolError(Exception):
    """A tool did not work; its text is for the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Everything one answer is made from."""

    question: Question
    instructions: str
    model: str
    reasoning: str = "none"
    web_search: bool = False
    code_interpreter: bool = False
    toolbox: Toolbox | None = None
    first_token_within: float = 30.0
    """Seconds until the first sign of an answer; then TooSlowError."""
    longest_reply: int = 3000
    """Tokens the model may write in one go, beside what it thinks before; more is cut
    (Remark `cut_short`)."""
    history: tuple[Exchange, ...] = ()
    """Earlier turns: what a thread kept here is made of. For a thread kept at the
    service they only matter if the service has lost it."""
    tally: Callable[[Usage], object] | None = None
    """Told the tokens of every round when it ends, also if there is no last one."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its reply, as a local thread keeps them (pictures left out)."""

    question: str
    reply: str
    """Empty where the user interrupted before there was one."""
    heard: str | None = None
    """What the user heard of the reply, where that was not all."""
    used: tuple[str, ...] = ()
    """The tools of the house that were used on the way."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer, summed over its tool rounds."""

    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0

    def __add__(self, more: Usage) -> Usage:
        """Both together."""
        return Usage(
            input=self.input + more.input,
            cached=self.cached + more.cached,
            output=self.output + more.output,
            reasoning=self.reasoning + more.reasoning,
        )


# --- what an answer is made of, in the order it comes ---


@dataclass(frozen=True, slots=True)
class MessageBegun:
    """The model begins to write: text will follow."""


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the reply."""

    delta: str


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A tool ran, here or at the service (AT_THE_SERVICE).

    For the code interpreter `arguments["code"]` is its input, `output` its logs.
    """

    name: str
    arguments: Mapping[str, Any]
    output: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class CodeWritten:
    """A piece of the code interpreter's input, while it is being written."""

    delta: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the user should know of this answer; `key` names its words."""

    key: str
    """thread_replaced | picture_refused | cut_short"""


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer is complete and stands on its thread."""

    thread_id: str
    usage: Usage = field(default_factory=Usage)


type AnswerPart = MessageBegun | Text | ToolCalled | CodeWritten | Remark | Finished


class Assistant(Protocol):
    """A model that answers on threads."""

    async def check(self) -> None:
        """Prove that the key works. Raises VoiceError."""

    async def models(self) -> list[str]:
        """The models of the account that can answer. Raises VoiceError."""

    async def warm(self) -> None:
        """Open the connection ahead of its use. Never raises."""

    async def begin_thread(self) -> str:
        """Make a new thread at the service; returns its id. Raises VoiceError."""

    def answer(self, thread_id: str, request: Request) -> AsyncGenerator[AnswerPart]:
        """Answer on a thread, streamed; on a local one, nothing is stored.

        The stream is closed and the thread usable however this generator ends:
        to the end, by `aclose()`, or by cancellation. Runs on one thread wait for
        each other. Raises VoiceError.
        """

    async def delete_thread(self, thread_id: str) -> None:
        """Delete a thread where it is kept; one that is gone is fine.

        Raises VoiceError.
        """
