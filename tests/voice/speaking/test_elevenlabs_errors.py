"""Tests of what ElevenLabs can answer -> the house's own errors."""

import json

import httpx
import pytest
from elevenlabs.core import ApiError
from pydantic import BaseModel, ValidationError

from custom_components.reply_satellite.voice.errors import (
    BrokenAnswerError,
    BusyError,
    NoFundsError,
    RefusedError,
    Service,
    TooSlowError,
    UnknownNameError,
    UnreachableError,
    VoiceError,
    WrongKeyError,
)
from custom_components.reply_satellite.voice.speaking.elevenlabs_errors import mapped
from tests.standins.elevenlabs_account import ERRORS


def met(error: Exception) -> VoiceError:
    """What becomes of an error."""
    with pytest.raises(VoiceError) as raised, mapped():
        raise error
    assert raised.value.service is Service.ELEVENLABS
    assert raised.value.__cause__ is error
    return raised.value


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("invalid_api_key", WrongKeyError),
        ("quota_exceeded", NoFundsError),
        ("missing_permissions", WrongKeyError),
        ("forbidden", RefusedError),
        ("voice_not_found", UnknownNameError),
        ("model_not_found", UnknownNameError),
        ("unsupported_model", RefusedError),
        ("unsupported_language", RefusedError),
        ("invalid_voice_settings", RefusedError),
        ("max_character_limit_exceeded", RefusedError),
        ("pronunciation_dictionary_not_found", UnknownNameError),
        ("too_many_concurrent_requests", BusyError),
        ("system_busy", BusyError),
        ("server_error", UnreachableError),
        ("unavailable", UnreachableError),
        ("not_found", UnknownNameError),
    ],
)
def test_the_services_own_errors(name: str, kind: type[VoiceError]) -> None:
    status, body = ERRORS[name]
    error = met(ApiError(status_code=status, body=body))
    assert type(error) is kind
    assert str(status) in error.detail


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, "text", WrongKeyError),
        (401, {"detail": "text"}, WrongKeyError),
        (401, {"detail": {"status": "some_new_name"}}, RefusedError),
        (400, {"detail": {"code": "voice_not_found"}}, UnknownNameError),
        (
            401,
            {"detail": {"status": "unauthorized", "code": "quota_exceeded"}},
            NoFundsError,
        ),
        (402, {}, NoFundsError),
        (408, {}, TooSlowError),
        (422, {"detail": [{"loc": ["body"], "msg": "no"}]}, RefusedError),
        (429, None, BusyError),
        (502, "<html>", UnreachableError),
        (None, None, RefusedError),
    ],
)
def test_other_answers(
    status: int | None, body: object, kind: type[VoiceError]
) -> None:
    assert type(met(ApiError(status_code=status, body=body))) is kind


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "Sun, 22 Nov 2026 10:00:00 GMT"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str] | None, seconds: float) -> None:
    error = met(ApiError(status_code=429, headers=headers))
    assert isinstance(error, BusyError)
    assert error.retry_after == seconds


class _Model(BaseModel):
    name: str


def _invalid() -> ValidationError:
    with pytest.raises(ValidationError) as raised:
        _Model.model_validate({})
    return raised.value


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("no"), UnreachableError),
        (httpx.RemoteProtocolError("cut"), UnreachableError),
        (httpx.ConnectTimeout("slow"), TooSlowError),
        (TimeoutError(), TooSlowError),
        (json.JSONDecodeError("no", "x", 0), BrokenAnswerError),
        (_invalid(), BrokenAnswerError),
    ],
)
def test_trouble_on_the_way(error: Exception, kind: type[VoiceError]) -> None:
    assert type(met(error)) is kind


def test_nothing_of_a_key_or_a_text_is_told() -> None:
    body = {"detail": {"status": "quota_exceeded", "message": "sk_secret said hello"}}
    error = met(ApiError(status_code=401, body=body, headers={"xi-api-key": "sk_x"}))
    assert "sk_" not in str(error)
    assert "hello" not in str(error)


def test_what_is_ours_passes() -> None:
    with pytest.raises(BrokenAnswerError) as raised, mapped():
        raise BrokenAnswerError(Service.ELEVENLABS, "no audio")
    assert raised.value.__cause__ is None
