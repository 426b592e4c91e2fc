"""Requests that the service refuses, and what the assistant does about it."""

import pytest

from custom_components.reply_satellite.voice import errors
from custom_components.reply_satellite.voice.thinking import (
    openai_recovery,
)
from custom_components.reply_satellite.voice.thinking.assistant import (
    Exchange,
)
from custom_components.reply_satellite.voice.thinking.openai_assistant import (
    OpenAIAssistant,
)
from tests.standins.openai import OpenAIStandin
from tests.standins.script import Fault, FaultKind

from .asking import Box, hear, jpeg, picture, request, sent, words
from .failing import fails, http_client, short_waits  # fixtures too

RESPONSES = "/v1/responses"

__all__ = ["http_client", "short_waits"]


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
