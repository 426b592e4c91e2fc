"""The answer to a turn, as it streams: to its record, the voice, and who watches."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from homeassistant.exceptions import TemplateError
from homeassistant.helpers.template import Template

from ..const import TurnEvent
from ..tools import LOOK, HomeToolbox, async_toolbox
from ..voice.errors import RefusedError, Service
from ..voice.thinking.assistant import (
    AnswerPart,
    CodeWritten,
    Finished,
    MessageBegun,
    Question,
    Remark,
    Request,
    Text,
    ToolCalled,
)
from ..voice.turn import Asker, Step, ToolUse, Turn

if TYPE_CHECKING:
    from ..coordinator import Satellite
    from .running_turn import RunningTurn
    from .speech import Speech

MOST_OUTPUT: Final = 4000
"""Characters of a tool's output that an event tells; the record has them all."""


def instructions(satellite: Satellite, asker: Asker) -> str:
    """What the assistant is told with every turn. Raises RefusedError."""
    template = Template(satellite.settings.instructions, satellite.hass)
    known = {
        "satellite": satellite.name,
        "area": satellite.identity.area_of(asker.device_id),
        "language": asker.language,
    }
    try:
        return str(template.async_render(known, parse_result=False))
    except TemplateError as error:
        raise RefusedError(Service.HOUSE, f"instructions: {error}") from error


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is known of an answer before the question is."""

    toolbox: HomeToolbox
    instructions: str


async def prepare(satellite: Satellite, turn: Turn) -> Prepared:
    """Gather tools and instructions. Raises RefusedError."""
    asker = turn.asker or satellite.identity.speaker
    toolbox = await async_toolbox(satellite, asker)
    told = (instructions(satellite, asker), toolbox.prompt, asker.told)
    return Prepared(toolbox, "\n".join(filter(None, told)))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was asked for, and the tools it was offered."""

    parts: AsyncGenerator[AnswerPart]
    toolbox: HomeToolbox
    speech: Speech | None = None
    """Who has rehearsed its beginning."""


def request_for(
    satellite: Satellite, turn: Turn, question: Question, prepared: Prepared
) -> Request:
    """Everything that the answer to a turn's question is made from."""
    settings = satellite.settings
    return Request(
        question=question,
        instructions="\n".join((prepared.instructions, *_done_before(turn))),
        model=settings.model,
        reasoning=settings.reasoning,
        web_search=settings.web_search,
        code_interpreter=settings.code_interpreter,
        toolbox=prepared.toolbox,
        first_token_within=settings.first_token_within,
        history=satellite.memory.history(turn.thread_id),
        tally=turn.spend,
    )


def _done_before(turn: Turn) -> list[str]:
    """Tell of the tools that a first try used, for they are not to be used twice."""
    if not turn.used:
        return []
    # Not what they gave: that is from the house, and no instruction.
    used = (f"- {tool}" for tool in turn.used)
    return ["Your first try was cut off after you had used these tools:", *used]


def ask(
    satellite: Satellite, turn: Turn, thread_id: str, request: Request
) -> AsyncGenerator[AnswerPart]:
    """Put a turn's question to the assistant; who asks closes what this gives."""
    turn.left_the_house("openai", "words")
    if any(picture.jpeg for picture in request.question.pictures):
        turn.left_the_house("openai", "pictures")
    return satellite.parts.assistant.answer(thread_id, request)


async def take(
    satellite: Satellite, running: RunningTurn, answer: Answer, speech: Speech | None
) -> None:
    """Stream an answer to wherever it belongs. Raises VoiceError."""
    turn = running.turn
    # Another try goes on with the thread that the first one began.
    starts = turn.thread_new and not turn.thread_told
    begun = TurnEvent.THREAD_STARTED if starts else TurnEvent.THREAD_CONTINUED
    turn.thread_told = True
    satellite.teller.tell(begun, turn, thread_id=turn.thread_id)
    async with aclosing(answer.parts) as parts:
        async for part in parts:
            _take(satellite, running, part, speech)
    if answer.toolbox.thread_ended and not running.thread_left:
        satellite.threads.forget()
    satellite.teller.tell(TurnEvent.REPLY_RECEIVED, turn, reply=turn.reply)


def _take(
    satellite: Satellite,
    running: RunningTurn,
    part: AnswerPart,
    speech: Speech | None,
) -> None:
    """Put one part of the answer where it belongs."""
    turn = running.turn
    match part:
        case MessageBegun():
            if speech is not None:
                speech.begin()
        case Text(delta):
            _take_text(satellite, running, delta, speech)
        case ToolCalled(name, arguments, output, failed):
            if name == LOOK and not failed:
                turn.left_the_house("openai", "pictures")
            turn.tools.append(
                ToolUse(
                    name=name, arguments=dict(arguments), output=output, failed=failed
                )
            )
            satellite.teller.tell(
                TurnEvent.TOOL_CALLED,
                turn,
                tool=name,
                arguments=dict(arguments),
                output=output[:MOST_OUTPUT],
                failed=failed,
            )
        case CodeWritten(delta):
            satellite.teller.live("code", delta=delta)
        case Remark(key):
            turn.remarks.append(key)
        case Finished(thread_id):
            running.mark(Step.REPLY)
            turn.thread_id = thread_id
            _answered(satellite, running)


def _answered(satellite: Satellite, running: RunningTurn) -> None:
    """The turn's thread is hot from now, unless the user left it meanwhile."""
    if running.thread_left:
        satellite.threads.use(running.turn.thread_id)
    else:
        satellite.threads.answered(running.turn.thread_id)


def _take_text(
    satellite: Satellite, running: RunningTurn, delta: str, speech: Speech | None
) -> None:
    turn = running.turn
    if not turn.reply:
        running.mark(Step.FIRST_TOKEN)
        # Who interrupts the answer goes on with its thread.
        _answered(satellite, running)
        satellite.teller.tell(TurnEvent.REPLY_STARTED, turn)
    turn.reply += delta
    if speech is not None:
        speech.write(delta)
    if running.watch is not None:
        running.watch(delta)
    satellite.teller.live("reply", delta=delta)
    # What the loudspeaker will say must not wake the satellite.
    satellite.arming.arm()
