"""From the SDK's stream events to the parts of an answer: one round at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

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

from ..errors import BrokenAnswerError, RefusedError, Service, VoiceError
from .assistant import AnswerPart, CodeWritten, MessageBegun, Text, ToolCalled, Usage
from .openai_errors import told_error


@dataclass(slots=True)
class Round:
    """One streamed response, taken in event by event."""

    begun: bool = False
    """Parts of an answer have been given out: the round can't be begun again."""
    answering: bool = False
    """There was a sign of an answer. A thought is none, nor is an empty message."""
    complete: bool = False
    cut_short: bool = False
    reason: str = ""
    """Why it was cut short."""
    written: str = ""
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
        if self.reason == "content_filter":
            return RefusedError(Service.OPENAI, self.reason)
        return BrokenAnswerError(Service.OPENAI, self.reason or "only tool calls")

    def take(self, event: ResponseStreamEvent) -> Iterator[AnswerPart]:
        """Yield what an event adds to the answer.

        Raises VoiceError for events that tell of a failure: the SDK does not.
        """
        match event:
            # The SDK lets a delta through that is none.
            case (
                ResponseTextDeltaEvent(delta=str(delta))
                | ResponseRefusalDeltaEvent(delta=str(delta))
            ):
                self.begun = self.answering = True
                self.written += delta
                yield Text(delta)
            case ResponseCodeInterpreterCallCodeDeltaEvent(delta=str(delta)):
                self.begun = self.answering = True
                yield CodeWritten(delta)
            case ResponseOutputItemAddedEvent(item=item) if item.type == "message":
                # By its type: the SDK makes a message of an item it does not know.
                self.begun = True
                yield MessageBegun()
            case ResponseOutputItemAddedEvent(item=item):
                self.answering |= item.type != "reasoning"
            case ResponseOutputItemDoneEvent():
                self.output.append(event.item)
                yield from _tool_called(event.item)
            case ResponseCompletedEvent() | ResponseIncompleteEvent():
                self._close(event.response)
            case ResponseFailedEvent():
                raise _failure(event.response)
            case ResponseErrorEvent():
                raise told_error(
                    code=event.code, param=event.param, message=event.message
                )

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
        input=usage.input_tokens or 0,
        cached=getattr(usage.input_tokens_details, "cached_tokens", 0) or 0,
        output=usage.output_tokens or 0,
        reasoning=getattr(usage.output_tokens_details, "reasoning_tokens", 0) or 0,
    )
