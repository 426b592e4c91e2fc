"""From the SDK's stream events to the parts of an answer: one round at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from openai import BaseModel
from openai.types.responses import (
    Response,
    ResponseCodeInterpreterCallCodeDeltaEvent,
    ResponseCompletedEvent,
    ResponseErrorEvent,
    ResponseFailedEvent,
    ResponseFunctionToolCall,
    ResponseFunctionWebSearch,
    ResponseIncompleteEvent,
    ResponseOutputItem,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseRefusalDeltaEvent,
    ResponseStreamEvent,
    ResponseTextDeltaEvent,
)

from ..errors import (
    BrokenAnswerError,
    RefusedError,
    Service,
    ThoughtTooLongError,
    VoiceError,
)
from .assistant import AnswerPart, CodeWritten, MessageBegun, Text, ToolCalled, Usage
from .openai_errors import told_error

BETWEEN: Final = "\n\n"
"""What tells a message from the one before it, for eyes and for the voice."""


@dataclass(slots=True)
class Round:
    """One streamed response, taken in event by event."""

    written_before: bool = False
    """Something was written in an earlier round of the same answer."""
    begun: bool = False
    """Parts of an answer have been given out: the round can't be begun again."""
    answering: bool = False
    """There was a sign of an answer. A thought is none, nor is an empty message."""
    complete: bool = False
    cut_short: bool = False
    reason: str = ""
    """Why it was cut short."""
    written: str = ""
    first_words: bool = True
    """The next text is the first of its message."""
    output: list[ResponseOutputItem] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)

    @property
    def ended(self) -> bool:
        """The service has said that there is no more to come."""
        return self.complete or self.cut_short

    @property
    def calls(self) -> list[ResponseFunctionToolCall]:
        """The calls that wait for our outputs; a reply cut short has none."""
        if not self.complete:
            return []
        return [item for item in self.output if item.type == "function_call"]

    def nothing_said(self) -> VoiceError:
        """Name the reason why a round ended without a word."""
        match self.reason:
            case "content_filter":
                return RefusedError(Service.OPENAI, self.reason)
            case "max_output_tokens":
                return ThoughtTooLongError(Service.OPENAI, self.reason)
        return BrokenAnswerError(Service.OPENAI, self.reason or "no words")

    def take(self, event: ResponseStreamEvent) -> Iterator[AnswerPart]:
        """Yield what an event adds to the answer.

        Raises VoiceError for events that tell of a failure: the SDK does not.
        """
        match event:
            # The SDK lets through a delta, an item or a response that is none.
            case (
                ResponseTextDeltaEvent(delta=str(delta))
                | ResponseRefusalDeltaEvent(delta=str(delta))
            ):
                self.begun = self.answering = True
                yield Text(self._write(delta))
            case ResponseCodeInterpreterCallCodeDeltaEvent(delta=str(delta)):
                self.begun = self.answering = True
                yield CodeWritten(delta)
            case ResponseOutputItemAddedEvent(item=object(type="message")):
                # By its type: the SDK makes a message of an item it does not know.
                self.begun = self.first_words = True
                yield MessageBegun()
            case ResponseOutputItemAddedEvent(item=object(type=kind)):
                self.answering |= kind != "reasoning"
            case ResponseOutputItemDoneEvent(item=object(type=str()) as item):
                self.output.append(item)
                yield from _tool_called(item)
            case (
                ResponseCompletedEvent(response=Response() as response)
                | ResponseIncompleteEvent(response=Response() as response)
            ):
                self._close(response)
            case ResponseFailedEvent(response=Response() as response):
                raise _failure(response)
            case ResponseErrorEvent():
                raise told_error(
                    code=event.code, param=event.param, message=event.message
                )

    def _write(self, delta: str) -> str:
        """Add to what was written; returns what that adds to the whole answer."""
        if not (self.first_words and delta):
            self.written += delta
            return delta
        self.first_words = False
        apart = self.written or self.written_before
        self.written += BETWEEN + delta if self.written else delta
        return BETWEEN + delta if apart else delta

    def _close(self, response: Response) -> None:
        """Note how the response ended, and what it cost."""
        self.complete = response.status != "incomplete"
        self.cut_short = not self.complete
        if (details := response.incomplete_details) is not None:
            self.reason = details.reason or ""
        self.usage = _usage(response)


def _tool_called(item: ResponseOutputItem) -> Iterator[ToolCalled]:
    """Tell of a tool that the service itself ran."""
    match item.type:
        case "web_search_call":
            yield ToolCalled(
                "web_search", _action(item), "", failed=item.status == "failed"
            )
        case "code_interpreter_call":
            yield ToolCalled(
                "code_interpreter",
                {"code": item.code or ""},
                "".join(
                    output.logs if output.type == "logs" else f"[{output.type}]"
                    for output in item.outputs or ()
                ),
                failed=item.status == "failed",
            )


def _action(item: ResponseFunctionWebSearch) -> Mapping[str, Any]:
    """What was searched, opened or found; a search that failed at once has none."""
    action: BaseModel | None = item.action
    return {} if action is None else action.to_dict()


def _failure(response: Response) -> VoiceError:
    """Name the failure that a response ended with."""
    if response.error is None:
        return BrokenAnswerError(Service.OPENAI, "failed without a word")
    return told_error(code=response.error.code, message=response.error.message)


def _usage(response: Response) -> Usage:
    """Read the tokens of a response; servers other than OpenAI leave some out."""
    if (usage := response.usage) is None:
        return Usage()
    return Usage(
        input=_tokens(usage.input_tokens),
        cached=_tokens(getattr(usage.input_tokens_details, "cached_tokens", 0)),
        output=_tokens(usage.output_tokens),
        reasoning=_tokens(getattr(usage.output_tokens_details, "reasoning_tokens", 0)),
    )


def _tokens(told: object) -> int:
    """Take a number of tokens; the SDK lets through what is none."""
    return told if isinstance(told, int) else 0
