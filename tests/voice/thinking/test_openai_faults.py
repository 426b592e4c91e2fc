"""Streams that break, stall or tell of a failure; and a service that is gone."""

import asyncio
from typing import Any

import openai
import pytest

from custom_components.reply_satellite.voice import errors
from custom_components.reply_satellite.voice.thinking import (
    openai_run,
    openai_wire,
)
from custom_components.reply_satellite.voice.thinking.assistant import (
    Finished,
    Text,
)
from custom_components.reply_satellite.voice.thinking.openai_assistant import (
    OpenAIAssistant,
)
from tests.standins.openai import OpenAIStandin
from tests.standins.script import Fault, FaultKind, Latency

from .asking import Box, hear, request, sent
from .failing import fails, http_client, short_waits  # fixtures too

RESPONSES = "/v1/responses"

__all__ = ["http_client", "short_waits"]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("server_error", errors.UnreachableError),
        ("rate_limit_exceeded", errors.BusyError),
        ("insufficient_quota", errors.NoFundsError),
        ("invalid_prompt", errors.RefusedError),
    ],
)
@pytest.mark.parametrize("how", ["failed", "error"])
async def test_failure_told_in_the_stream(
    service: OpenAIStandin,
    assistant: OpenAIAssistant,
    how: str,
    code: str,
    error: type[errors.VoiceError],
) -> None:
    """The SDK does not raise for these."""
    reply = {how: {"code": code, "message": "No."}, "after": 2, "sentences": 3}
    service.script(RESPONSES, reply=reply)
    await fails(assistant, error)
    # A part of the answer has been heard: it is not begun again.
    assert len(sent(service)) == 1


async def test_failure_in_the_stream_before_the_answer(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    busy = {"code": "rate_limit_exceeded", "message": "No."}
    service.script(RESPONSES, times=1, reply={"failed": busy, "tool": {"name": "x"}})
    thread = await assistant.begin_thread()
    assert (await hear(assistant, thread, request())).text


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("max_output_tokens", errors.ThoughtTooLongError),
        ("content_filter", errors.RefusedError),
    ],
)
async def test_cut_short_before_the_first_word(
    service: OpenAIStandin,
    assistant: OpenAIAssistant,
    reason: str,
    error: type[errors.VoiceError],
) -> None:
    service.script(RESPONSES, reply={"incomplete": reason, "sentences": 1})
    # It would cost as much again, and end the same.
    assert not (await fails(assistant, error)).passing


async def test_model_that_does_not_stop_calling(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    async def again() -> str:
        return "{}"

    service.script(RESPONSES, times=10, reply={"tool": {"name": "again"}})
    thread = await assistant.begin_thread()
    with pytest.raises(errors.BrokenAnswerError):
        await hear(assistant, thread, request(toolbox=Box(again=again)))
    assert len(sent(service)) == 10
    # And the thread goes on.
    assert (await hear(assistant, thread, request())).text


@pytest.mark.parametrize("latency", [{"first_byte": 30.0}, {"first": 30.0}])
async def test_first_token_too_late(
    service: OpenAIStandin, assistant: OpenAIAssistant, latency: dict[str, float]
) -> None:
    service.script(RESPONSES, latency=Latency(**latency))
    await fails(assistant, errors.TooSlowError, first_token_within=0.2)
    assert len(sent(service)) <= 1


async def test_answer_may_last_longer_than_its_first_token(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script(RESPONSES, reply={"sentences": 3}, latency=Latency(each=0.1))
    thread = await assistant.begin_thread()
    heard = await hear(assistant, thread, request(first_token_within=1.5))
    assert len(heard.of(Text)) * 0.1 > 1.6
    assert isinstance(heard.parts[-1], Finished)


async def test_stall_between_two_words(
    service: OpenAIStandin,
    assistant: OpenAIAssistant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openai_run, "STALL", 0.2)
    service.script(RESPONSES, fault=Fault(kind=FaultKind.STALL, after=3))
    await fails(assistant, errors.TooSlowError)


@pytest.mark.parametrize(
    ("kind", "after", "error", "tries"),
    [
        (FaultKind.CUT, 0, errors.UnreachableError, 2),
        (FaultKind.CUT, 2, errors.UnreachableError, 1),
        (FaultKind.EMPTY, 0, errors.UnreachableError, 2),
        (FaultKind.EMPTY, 2, errors.UnreachableError, 1),
        (FaultKind.GARBAGE, 0, errors.BrokenAnswerError, 1),
        (FaultKind.GARBAGE, 2, errors.BrokenAnswerError, 1),
    ],
)
async def test_broken_streams(
    service: OpenAIStandin,
    assistant: OpenAIAssistant,
    kind: FaultKind,
    after: int,
    error: type[errors.VoiceError],
    tries: int,
) -> None:
    service.script(RESPONSES, fault=Fault(kind=kind, after=after))
    await fails(assistant, error)
    assert len(sent(service)) == tries


async def test_nobody_there(service: OpenAIStandin, assistant: OpenAIAssistant) -> None:
    thread = await assistant.begin_thread()
    async with service.refusing():
        with pytest.raises(errors.UnreachableError):
            await hear(assistant, thread, request())
        for work in (
            assistant.check(),
            assistant.models(),
            assistant.begin_thread(),
            assistant.delete_thread(thread),
        ):
            with pytest.raises(errors.UnreachableError):
                await work
        await assistant.warm()
    # The same question, asked again, is answered.
    heard = await hear(assistant, thread, request("Hello."))
    assert heard.text == "You said Hello."


@pytest.mark.usefixtures("socket_enabled")
async def test_wrong_key_everywhere(http_client: Any) -> None:
    async with OpenAIStandin(key="another") as service:
        client = openai.AsyncOpenAI(
            api_key="sk-wrong", base_url=service.base_url, http_client=http_client
        )
        assistant = OpenAIAssistant(client)
        for work in (
            assistant.check(),
            assistant.models(),
            assistant.begin_thread(),
            assistant.delete_thread("conv_1"),
            hear(assistant, "conv_1", request()),
        ):
            with pytest.raises(errors.WrongKeyError) as raised:
                await work
            assert "sk-" not in str(raised.value)
        await assistant.warm()


async def test_service_slow_to_give_a_thread(
    service: OpenAIStandin,
    client: openai.AsyncOpenAI,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openai_wire, "REQUEST_WITHIN", 0.1)
    service.script("/v1/conversations", latency=Latency(first_byte=30.0))
    with pytest.raises(errors.TooSlowError):
        await OpenAIAssistant(client).begin_thread()


async def test_failed_turn_can_be_asked_again(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script(RESPONSES, times=1, fault=Fault(kind=FaultKind.CUT, after=2))
    thread = await assistant.begin_thread()
    with pytest.raises(errors.UnreachableError):
        await hear(assistant, thread, request("Hello."))
    heard = await hear(assistant, thread, request("Hello."))
    assert heard.text == "You said Hello."
    assert isinstance(heard.finished, Finished)
    assert heard.of(Text)


async def test_unanswered_lock_is_let_go(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    """A run that failed does not keep others from its thread."""
    service.script(RESPONSES, times=1, fault=service.error("bad_request"))
    thread = await assistant.begin_thread()
    with pytest.raises(errors.RefusedError):
        await hear(assistant, thread, request())
    async with asyncio.timeout(5):
        await hear(assistant, thread, request())
