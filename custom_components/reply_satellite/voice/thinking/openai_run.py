"""One answer: rounds of responses and tool calls until the model has said it all."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing
from typing import Final

from openai.types.responses import ResponseFunctionToolCall, ResponseIncludable
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming

from ..errors import Service, UnreachableError, VoiceError
from .assistant import AnswerPart, Finished, Remark, Request, Usage
from .openai_effort import Effort, Efforts, room_to_think, thinks
from .openai_events import Round
from .openai_input import (
    PICTURE_NOT_KEPT,
    Items,
    heard_items,
    history_items,
    message,
    output_item,
    question_item,
    said_items,
    tools,
    without_pictures,
)
from .openai_recovery import recover
from .openai_tools import Outcome, call_all, interrupted
from .openai_wire import Wire

MOST_ROUNDS: Final = 10
"""Requests of one answer; in the last one the model may not call tools any more."""
STALL: Final = 60.0
"""Seconds between two events of a stream; then TooSlowError."""
NOT_ALL_SAID: Final = "[The reply was cut off here.]"


class Run:
    """One answer on one thread, and what the thread must be told afterwards.

    A conversation takes in what a round was sent and what it answered when the round
    is complete, and not before. So a run that ends early leaves something owed: items
    that the next request on the thread carries first, above all the outputs of tool
    calls, for without them the conversation would refuse everything.
    """

    def __init__(
        self,
        wire: Wire,
        request: Request,
        efforts: Efforts,
        *,
        thread_id: str,
        stored: bool,
        owed: Items,
    ) -> None:
        """Prepare an answer; `stored`: the thread is a conversation at the service."""
        self.wire = wire
        self.request = request
        self.efforts = efforts
        self.thread_id = thread_id
        self.stored = stored
        self.head: Items = history_items(request.history)
        """What goes before the turn's own items."""
        if stored:
            last = [item for it in request.history[-1:] for item in heard_items(it)]
            self.head = [*owed, *(item for item in last if item not in owed)]
        self.recovered: set[type[VoiceError]] = set()
        """What was tried once already."""
        self.waited = 0.0
        """Seconds waited because the service was busy."""
        self._turn: Items = [question_item(request.question)]
        self._known = 0
        """How many items of the turn the conversation holds."""
        self._round = Round()
        self._written = False
        """Whether a round has written something."""
        self._unanswered: list[ResponseFunctionToolCall] = []
        self._interrupted = False
        self._usages: list[Usage] = []

    @property
    def input(self) -> Items:
        """What the next request sends."""
        return [*self.head, *self._turn[self._known :]]

    @property
    def effort(self) -> Effort | None:
        """The reasoning effort the next request asks for."""
        return self.efforts.best(self.request.model, self.request.reasoning)

    async def parts(self) -> AsyncGenerator[AnswerPart]:
        """Answer. Raises VoiceError."""
        try:
            for left in reversed(range(MOST_ROUNDS)):
                async with aclosing(self._respond(may_call=left > 0)) as parts:
                    async for part in parts:
                        yield part
                if not self._unanswered:
                    break
                for outcome in await self._call_tools():
                    yield outcome.told
            for part in self._end():
                yield part
        except asyncio.CancelledError, GeneratorExit:
            self._interrupted = True
            raise

    def owed(self) -> Items:
        """What the thread must be told before it can go on, once the run has ended.

        After an interruption that is also what was said on both sides. After a
        failure it is not: then the question will be asked again. Pictures are not
        kept.
        """
        if not self.stored:
            return []
        self._answer(self._unanswered, {})
        if not self._interrupted and not self._round.cut_short:
            return [*self.head, *self._turn[max(self._known, 1) :]]
        owed = without_pictures(self.input, PICTURE_NOT_KEPT)
        if self._round.written and not self._round.complete:
            owed.append(message("assistant", self._round.written))
            owed.append(message("developer", NOT_ALL_SAID))
        return owed

    def replace_thread(self, thread_id: str) -> None:
        """Go on with a new conversation, telling it all that is known."""
        self.thread_id = thread_id
        self.head = history_items(self.request.history)
        self._known = 0

    def drop_pictures(self, instead: str) -> None:
        """Put words in the place of all pictures that are still to be sent."""
        self.head = without_pictures(self.head, instead)
        self._turn = without_pictures(self._turn, instead)

    async def _respond(self, *, may_call: bool) -> AsyncGenerator[AnswerPart]:
        """One round, begun again where that helps and nothing was answered yet."""
        while True:
            self._round = Round(self._written)
            try:
                async with aclosing(self._stream(may_call=may_call)) as parts:
                    async for part in parts:
                        yield part
            except VoiceError as error:
                if self._round.begun:
                    raise
                remark = await recover(self, error)
            else:
                return
            if remark is not None:
                yield remark

    async def _stream(self, *, may_call: bool) -> AsyncGenerator[AnswerPart]:
        """One response, streamed. Raises VoiceError."""
        clock = asyncio.get_running_loop().time
        limit = clock() + self.request.first_token_within
        stream = await self.wire.respond(
            self._arguments(may_call=may_call),
            deadline=limit,
            guard=self.request.first_token_within + STALL,
        )
        try:
            while not self._round.ended:
                event = await self.wire.next_event(stream, limit)
                if event is None:
                    raise UnreachableError(Service.OPENAI, "stream cut")
                for part in self._round.take(event):
                    yield part
                if self._round.answering:
                    limit = clock() + STALL
                # Events that came in one piece are taken in one by one.
                await asyncio.sleep(0)
            self._take_in()
            await self.wire.read_to_end(stream)
        finally:
            await stream.close()

    def _arguments(self, *, may_call: bool) -> ResponseCreateParamsStreaming:
        """Everything a response is made from."""
        request, effort = self.request, self.effort
        room = room_to_think(request.model, effort)
        include: list[ResponseIncludable] = []
        if request.code_interpreter:
            include.append("code_interpreter_call.outputs")
        if not self.stored and thinks(request.model):
            include.append("reasoning.encrypted_content")
        arguments: ResponseCreateParamsStreaming = {
            "model": request.model,
            "input": self.input,
            "instructions": request.instructions,
            "max_output_tokens": request.longest_reply + room,
            "truncation": "auto",
            "stream": True,
        }
        if self.stored:
            arguments["conversation"] = self.thread_id
        else:
            arguments["store"] = False
        if include:
            arguments["include"] = include
        if offered := tools(request):
            arguments["tools"] = offered
            arguments["tool_choice"] = "auto" if may_call else "none"
        if effort is not None:
            arguments["reasoning"] = {"effort": effort}
        return arguments

    def _take_in(self) -> None:
        """Note what a round that has ended leaves behind."""
        self._written |= bool(self._round.written)
        self._usages.append(self._round.usage)
        if self.request.tally is not None:
            self.request.tally(self._round.usage)
        if not self._round.complete:
            return
        self._turn += said_items(self._round.output)
        self._unanswered = self._round.calls
        if self.stored:
            self.head = []
            self._known = len(self._turn)

    async def _call_tools(self) -> list[Outcome]:
        """Run the tools the round asks for; on cancellation they are answered too."""
        calls = self._unanswered
        outcomes: dict[str, Outcome] = {}
        try:
            await call_all(self.request.toolbox, calls, outcomes)
        finally:
            self._answer(calls, outcomes)
        return [outcomes[call.call_id] for call in calls]

    def _answer(
        self,
        calls: Iterable[ResponseFunctionToolCall],
        outcomes: Mapping[str, Outcome],
    ) -> None:
        """Put the outputs of calls into the turn, whatever became of them."""
        self._turn += [
            output_item(
                call.call_id, outcomes.get(call.call_id, interrupted(call)).output
            )
            for call in calls
        ]
        self._unanswered = []

    def _end(self) -> Iterator[AnswerPart]:
        """The last words on an answer. Raises VoiceError if there is none."""
        if self._round.cut_short or self._round.calls:
            if not self._round.written:
                raise self._round.nothing_said()
            yield Remark("cut_short")
        elif not self._written and len(self._usages) == 1:
            # After tools there may be nothing left to say; before them it is no answer.
            raise self._round.nothing_said()
        yield Finished(self.thread_id, sum(self._usages, Usage()))
