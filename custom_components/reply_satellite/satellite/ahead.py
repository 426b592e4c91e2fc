"""The answer to what was said so far, asked for before the speaker says "reply"."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, override

from ..voice.hearing.spotter import Keyword
from ..voice.speaking.sentences import Sentences
from ..voice.thinking.assistant import (
    AnswerPart,
    Exchange,
    Question,
    Request,
    Text,
    Toolbox,
    ToolOutput,
    ToolSpec,
)
from ..voice.transcribing.transcript import ends_with, same_words
from .answering import Answer, Prepared, ask, prepare, request_for

if TYPE_CHECKING:
    from ..coordinator import Satellite
    from .running_turn import RunningTurn
    from .speech import Speech

FEWEST_WORDS: Final = 3
"""Fewer are hardly ever all that somebody wants to say."""


class Ahead:
    """What the assistant of one turn is asked ahead: one question at a time.

    Until an answer is adopted nobody is told of it, and none of its tools is called.
    """

    def __init__(self, satellite: Satellite, running: RunningTurn) -> None:
        """Begin with no question."""
        self._satellite = satellite
        self._running = running
        self._asking: asyncio.Task[None] | None = None
        self._begun: _Begun | None = None

    def think(self) -> None:
        """The speaker paused: ask what was said so far."""
        self._ask_no_more()
        self._asking = self._running.start(self._ask(), "ahead")

    def rehearse(self) -> None:
        """The speaker is done, it seems: have the voice ready with the beginning."""
        begun = self._begun
        if begun is not None and begun.speech is None:
            begun.rehearse(self._running.voice())

    async def adopt(self, thread_id: str, question: Question) -> Answer | None:
        """Give the answer to a question, if that was asked ahead, word for word.

        It waits for the answer to begin: what fails before is as if never asked.
        """
        self._ask_no_more()
        if (begun := self._begun) is not None and self._is_to(
            begun, thread_id, question
        ):
            begun.gate.open()
            if (first := await begun.first()) is not None:
                self._begun = None
                parts, toolbox = begun.parts(first), begun.prepared.toolbox
                return Answer(parts, toolbox, begun.speech)
        self.throw_away()
        return None

    def throw_away(self) -> None:
        """Nobody wants to know."""
        self._ask_no_more()
        self._drop()

    def _ask_no_more(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def _drop(self) -> None:
        if self._begun is not None:
            self._begun.task.cancel()
            if (speech := self._begun.speech) is not None:
                self._running.start(speech.stop(), "rehearsed")
            self._begun = None

    async def _ask(self) -> None:
        """Ask, unless this is what is being answered. Raises VoiceError."""
        satellite, running = self._satellite, self._running
        said = await running.utterance.so_far()
        text = running.utterance.without_keywords(said)
        if ends_with(said, Keyword.REPLY) or len(text.split()) < FEWEST_WORDS:
            return
        question = Question(text, await running.snapshots.pictures(said))
        thread_id = await running.choose_thread()
        if self._begun is not None:
            if self._is_to(self._begun, thread_id, question):
                return
            self._drop()
        prepared = await prepare(satellite, running.turn)
        request = request_for(satellite, running.turn, question, prepared)
        self._begun = _Begun(satellite, running, thread_id, request, prepared)

    def _is_to(self, begun: _Begun, thread_id: str, question: Question) -> bool:
        """Whether an answer is one to this question, after all that went before."""
        return begun.answers(
            thread_id, question, self._satellite.memory.history(thread_id)
        )


class _Begun:
    """An answer that was asked for ahead, and what has come of it by now."""

    def __init__(
        self,
        satellite: Satellite,
        running: RunningTurn,
        thread_id: str,
        request: Request,
        prepared: Prepared,
    ) -> None:
        """Ask, and keep what comes."""
        self.prepared = prepared
        self.gate = Gate(prepared.toolbox)
        self.speech: Speech | None = None
        """Who says the beginning already, for nobody to hear yet."""
        self._unsaid: list[str] = []
        self._beginning = Sentences()
        self._rehearsing = True
        self._thread_id = thread_id
        self._request = replace(request, toolbox=self.gate)
        self._came: asyncio.Queue[AnswerPart] = asyncio.Queue()
        answer = ask(satellite, running.turn, thread_id, self._request)
        self.task = running.start(self._follow(answer), "answer ahead")

    def answers(
        self, thread_id: str, question: Question, history: Sequence[Exchange]
    ) -> bool:
        """Whether this is what was asked, and there is an answer to be had."""
        asked = self._request.question
        return (
            self._thread_id == thread_id
            and same_words(asked.text, question.text)
            and asked.pictures == question.pictures
            and self._request.history == history
            and not self.gate.missed
            and not self._failed
        )

    @property
    def _failed(self) -> bool:
        """Whether there will be no whole answer."""
        task = self.task
        return task.done() and (task.cancelled() or task.exception() is not None)

    def rehearse(self, speech: Speech | None) -> None:
        """Have the first sentence said, as far as it is there, and as it comes."""
        self.speech = speech
        unsaid, self._unsaid = self._unsaid, []
        for delta in unsaid:
            self._rehearse(delta)

    def _rehearse(self, delta: str) -> None:
        """Have no more said than the first sentence: it may be for nothing."""
        if self.speech is None:
            self._unsaid.append(delta)
        elif self._rehearsing:
            self.speech.rehearse(delta)
            self._rehearsing = not self._beginning.feed(delta)

    async def first(self) -> AnswerPart | None:
        """Wait for the first part; None if the answer failed before."""
        try:
            return await self._came.get()
        except asyncio.QueueShutDown:
            return None

    async def parts(self, first: AnswerPart) -> AsyncGenerator[AnswerPart]:
        """The parts that have come, and those that are to come. Raises VoiceError."""
        part: AnswerPart | None = first
        try:
            while part is not None:
                yield part
                part = await self.first()
            await self.task
        finally:
            self.task.cancel()

    async def _follow(self, answer: AsyncGenerator[AnswerPart]) -> None:
        """Keep what comes."""
        try:
            async with aclosing(answer) as parts:
                async for part in parts:
                    if isinstance(part, Text):
                        self._rehearse(part.delta)
                    self._came.put_nowait(part)
        finally:
            self._came.shutdown()


class Gate(Toolbox):
    """A toolbox that does nothing before its question is known to be one."""

    def __init__(self, toolbox: Toolbox) -> None:
        """Begin shut."""
        self.missed = False
        """Whether a call was given up before it could be made."""
        self._toolbox = toolbox
        self._opened = asyncio.Event()

    def open(self) -> None:
        """Let the calls through."""
        self._opened.set()

    @property
    @override
    def specs(self) -> Sequence[ToolSpec]:
        return self._toolbox.specs

    @override
    async def call(self, name: str, arguments: Mapping[str, Any]) -> ToolOutput:
        try:
            await self._opened.wait()
        except asyncio.CancelledError:
            self.missed = True
            raise
        return await self._toolbox.call(name, arguments)
