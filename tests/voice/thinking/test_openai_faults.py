"""Everything that can go wrong at the service, and what becomes of the answer."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import httpx2
import openai
import pytest

from custom_components.reply_satellite.voice import errors
from custom_components.reply_satellite.voice.thinking import (
    openai_recovery,
    openai_run,
    openai_wire,
)
from custom_components.reply_satellite.voice.thinking.assistant import (
    Exchange,
    Finished,
    Text,
)
from custom_components.reply_satellite.voice.thinking.openai_assistant import (
    OpenAIAssistant,
)
from tests.standins.openai import OpenAIStandin
from tests.standins.script import Fault, FaultKind, Latency

from .asking import Box, hear, jpeg, picture, request, sent, words

RESPONSES = "/v1/responses"


@pytest.fixture(params=[httpx.AsyncClient, httpx2.AsyncClient])
async def http_client(request: pytest.FixtureRequest) -> AsyncGenerator[Any]:
    """Their errors come out of the SDK in different ways."""
    async with request.param() as made:
        yield made


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_recovery, "LOCKED_WAIT", 0.01)
    monkeypatch.setattr(openai_recovery, "DROPPED_WAIT", 0.01)
    monkeypatch.setattr(openai_recovery, "FIRST_WAIT", 0.01)


async def fails(
    assistant: OpenAIAssistant, error: type[errors.VoiceError], **how: Any
) -> errors.VoiceError:
    thread = await assistant.begin_thread()
    with pytest.raises(errors.VoiceError) as raised:
        await hear(assistant, thread, request(**how))
    assert type(raised.value) is error or error in type(raised.value).__bases__
    assert raised.value.service is errors.Service.OPENAI
    return raised.value


@pytest.mark.parametrize(
    ("name", "error", "tries"),
    [
        ("invalid_api_key", errors.WrongKeyError, 1),
        ("permission_denied", errors.WrongKeyError, 1),
        ("insufficient_quota", errors.NoFundsError, 1),
        ("model_not_found", errors.UnknownNameError, 1),
        ("bad_request", errors.RefusedError, 1),
        ("not_found", errors.RefusedError, 1),
        ("context_length_exceeded", errors.RefusedError, 1),
        ("server_error", errors.UnreachableError, 2),
        ("conversation_locked", errors.BusyError, 2),
    ],
)
async def test_refusals(
    service: OpenAIStandin,
    assistant: OpenAIAssistant,
    name: str,
    error: type[errors.VoiceError],
    tries: int,
) -> None:
    service.script(RESPONSES, fault=service.error(name))
    await fails(assistant, error)
    assert len(sent(service)) == tries


@pytest.mark.parametrize(
    "name", ["server_error", "conversation_locked", "rate_limit_exceeded", "overloaded"]
)
async def test_one_refusal_is_got_over(
    service: OpenAIStandin, assistant: OpenAIAssistant, name: str
) -> None:
    service.script(RESPONSES, times=1, fault=service.error(name))
    thread = await assistant.begin_thread()
    heard = await hear(assistant, thread, request())
    assert heard.text
    assert heard.remarks == []


async def test_wait_is_as_long_as_told(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    waits = ({"retry_after_ms": "150"}, {"retry_after": "0.2"})
    for number, told in enumerate(waits, start=1):
        busy = service.error("rate_limit_exceeded", **told)
        service.script(RESPONSES, nth=number, fault=busy)
    thread = await assistant.begin_thread()
    assert (await hear(assistant, thread, request())).text
    first, second, third = sent(service)
    assert second.started - first.ended >= 0.14
    assert third.started - second.ended >= 0.19


async def test_wait_longer_than_a_voice_can(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    busy = service.error("rate_limit_exceeded", retry_after="21")
    service.script(RESPONSES, fault=busy)
    error = await fails(assistant, errors.BusyError)
    assert isinstance(error, errors.BusyError)
    assert error.retry_after == 21
    assert len(sent(service)) == 1


@pytest.mark.parametrize("told", ["Sun, 22 Nov 2026 18:00:00 GMT", "-1", "inf"])
async def test_wait_that_makes_no_sense(
    service: OpenAIStandin, assistant: OpenAIAssistant, told: str
) -> None:
    busy = service.error("rate_limit_exceeded", retry_after=told)
    service.script(RESPONSES, times=1, fault=busy)
    thread = await assistant.begin_thread()
    assert (await hear(assistant, thread, request())).text


async def test_busy_for_too_long(
    service: OpenAIStandin,
    assistant: OpenAIAssistant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openai_recovery, "LONGEST_WAIT", 0.1)
    service.script(RESPONSES, fault=service.error("overloaded"))
    error = await fails(assistant, errors.BusyError)
    assert error.passing
    # 0.01, 0.01, 0.02, 0.04, and 0.08 would be too much.
    assert len(sent(service)) == 5


async def test_busy_service_that_says_at_once(
    service: OpenAIStandin,
    assistant: OpenAIAssistant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openai_recovery, "SHORTEST_WAIT", 0.01)
    monkeypatch.setattr(openai_recovery, "LONGEST_WAIT", 0.1)
    busy = service.error("rate_limit_exceeded", retry_after="0")
    service.script(RESPONSES, fault=busy)
    await fails(assistant, errors.BusyError)
    assert 3 < len(sent(service)) < 10


async def test_deleted_thread_is_replaced(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    thread = await assistant.begin_thread()
    service.store.conversations.clear()
    history = (Exchange("My name is Ada.", "Hello Ada."),)
    heard = await hear(assistant, thread, request("Who am I?", history=history))

    assert heard.remarks == ["thread_replaced"]
    new = heard.finished.thread_id
    assert new != thread
    assert list(service.store.conversations) == [new]
    said = [words(item) for item in sent(service)[-1].body["input"]]
    assert said == [["My name is Ada."], ["Hello Ada."], ["Who am I?"]]
    assert (await hear(assistant, new, request())).remarks == []


async def test_thread_deleted_between_two_rounds(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    async def delete() -> str:
        service.store.conversations.clear()
        return '{"done": true}'

    box = Box(delete=delete)
    service.script(RESPONSES, times=1, reply={"tool": {"name": "delete"}})
    thread = await assistant.begin_thread()
    heard = await hear(assistant, thread, request("Do it.", toolbox=box))
    assert heard.text == "Done. The tool answered done True."
    assert heard.remarks == ["thread_replaced"]
    assert len(box.called) == 1


async def test_no_new_thread_to_be_had(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script(RESPONSES, fault=service.error("conversation_not_found"))
    thread = await assistant.begin_thread()
    service.script("/v1/conversations", fault=service.error("server_error"))
    with pytest.raises(errors.UnreachableError):
        await hear(assistant, thread, request())


async def test_call_without_output_that_nobody_can_find(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    status, body = service.errors["bad_request"]
    message = "No tool output found for function call call_1."
    fault = Fault(
        kind=FaultKind.STATUS, status=status, body=service.reword(body, message)
    )
    service.script(RESPONSES, times=1, fault=fault)
    thread = await assistant.begin_thread()
    heard = await hear(assistant, thread, request())
    assert heard.remarks == ["thread_replaced"]
    assert heard.text


@pytest.mark.parametrize(
    "broken", [b"not a picture", jpeg()[:300]], ids=["garbage", "truncated"]
)
async def test_refused_picture(
    service: OpenAIStandin, assistant: OpenAIAssistant, broken: bytes
) -> None:
    thread = await assistant.begin_thread()
    heard = await hear(
        assistant, thread, request("Who is there?", picture(jpeg=broken))
    )
    assert heard.remarks == ["picture_refused"]
    assert heard.text.startswith("You said Who is there.")
    (message,) = sent(service)[-1].body["input"]
    assert words(message)[-1].startswith("[Here was a picture that could not")


async def test_picture_refused_in_the_stream(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    failed = {"code": "image_content_policy_violation", "message": "No."}
    service.script(RESPONSES, times=1, reply={"failed": failed, "tool": {"name": "x"}})
    thread = await assistant.begin_thread()
    heard = await hear(assistant, thread, request("Who is there?", picture()))
    assert heard.remarks == ["picture_refused"]
    assert heard.text.startswith("You said Who is there.")


async def test_refused_picture_where_there_is_none(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    failed = {"code": "invalid_image", "message": "No."}
    service.script(RESPONSES, reply={"failed": failed, "tool": {"name": "x"}})
    await fails(assistant, errors.RefusedError)


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
        ("max_output_tokens", errors.BrokenAnswerError),
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
    await fails(assistant, error)


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
    assert len(sent(service)) == 1


async def test_answer_may_last_longer_than_its_first_token(
    service: OpenAIStandin, assistant: OpenAIAssistant
) -> None:
    service.script(RESPONSES, reply={"sentences": 2}, latency=Latency(each=0.05))
    thread = await assistant.begin_thread()
    heard = await hear(assistant, thread, request(first_token_within=0.4))
    assert len(heard.of(Text)) * 0.05 > 0.4
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
