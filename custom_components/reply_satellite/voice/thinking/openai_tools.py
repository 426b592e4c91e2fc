"""The calls of one round: run side by side, each answered whatever happens."""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from openai.types.responses import ResponseFunctionToolCall

from .assistant import Toolbox, ToolCalled, ToolError, ToolOutput

_LOGGER = logging.getLogger(__name__)

TOOL_WITHIN: Final = 30.0
"""Seconds a tool may take: somebody is waiting for the answer."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call went: for the model, and for the turn's record."""

    output: ToolOutput
    told: ToolCalled


def _failed(name: str, arguments: Mapping[str, Any], why: str) -> Outcome:
    """Tell the model, and the record, that a call did not work."""
    output = json.dumps({"error": why}, ensure_ascii=False)
    return Outcome(ToolOutput(output), ToolCalled(name, arguments, output, failed=True))


async def call_all(
    toolbox: Toolbox | None,
    calls: Sequence[ResponseFunctionToolCall],
    outcomes: dict[str, Outcome],
) -> None:
    """Run all calls at once; every outcome is filed under its call's id.

    When this is cancelled the calls are too, and `outcomes` holds those that ended
    before; `interrupted` is the outcome of the others.
    """
    async with asyncio.TaskGroup() as group:
        for call in calls:
            group.create_task(_call(toolbox, call, outcomes))


def interrupted(call: ResponseFunctionToolCall) -> Outcome:
    """The outcome of a call that was not waited for."""
    return _failed(call.name, {}, "interrupted by the user; it may have been done")


async def _call(
    toolbox: Toolbox | None,
    call: ResponseFunctionToolCall,
    outcomes: dict[str, Outcome],
) -> None:
    """Run one call and file its outcome."""
    try:
        arguments = json.loads(call.arguments or "{}")
    except json.JSONDecodeError:
        arguments = None
    if not isinstance(arguments, dict):
        outcomes[call.call_id] = _failed(
            call.name, {}, "the arguments are not a JSON object"
        )
        return
    outcomes[call.call_id] = await _outcome(toolbox, call.name, arguments)


async def _outcome(
    toolbox: Toolbox | None, name: str, arguments: dict[str, Any]
) -> Outcome:
    """Run a tool; its failure is an answer too."""
    if toolbox is None:
        return _failed(name, arguments, "there is no such tool")
    try:
        async with asyncio.timeout(TOOL_WITHIN):
            output = await toolbox.call(name, arguments)
    except ToolError as error:
        return _failed(name, arguments, str(error))
    except TimeoutError:
        return _failed(name, arguments, f"no answer within {TOOL_WITHIN:.0f} seconds")
    except Exception:
        # The top of a task, over code of any integration: the turn must go on.
        _LOGGER.exception("Tool %s failed in an unexpected way", name)
        return _failed(name, arguments, "unexpected error")
    told = ToolCalled(name, arguments, output.text, failed=output.failed)
    return Outcome(output, told)
