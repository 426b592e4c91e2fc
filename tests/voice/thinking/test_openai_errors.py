"""What the service tells, and what the house calls it."""

import json

import httpx
import httpx2
import openai
import pytest

from custom_components.reply_satellite.voice import errors
from custom_components.reply_satellite.voice.thinking import openai_errors
from custom_components.reply_satellite.voice.thinking.openai_errors import (
    told_error,
    translated,
)

REQUEST = httpx2.Request("POST", "http://127.0.0.1/v1/responses")


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"status": 401}, errors.WrongKeyError),
        ({"status": 403}, errors.WrongKeyError),
        (
            {"status": 403, "code": "unsupported_country_region_territory"},
            errors.RefusedError,
        ),
        ({"status": 403, "code": "model_not_found"}, errors.UnknownNameError),
        (
            {"status": 404, "message": "model 'x' not found, try pulling it first"},
            errors.UnknownNameError,
        ),
        ({"status": 404, "message": "Not Found"}, errors.RefusedError),
        (
            {"status": 404, "message": "Conversation with id 'conv_1' not found."},
            openai_errors.ThreadGoneError,
        ),
        ({"status": 408}, errors.UnreachableError),
        ({"status": 409}, errors.UnreachableError),
        ({"status": 429}, errors.BusyError),
        ({"status": 429, "code": "insufficient_quota"}, errors.NoFundsError),
        ({"status": 400, "code": "billing_hard_limit_reached"}, errors.NoFundsError),
        ({"status": 500}, errors.UnreachableError),
        ({"status": 502}, errors.UnreachableError),
        ({"status": 503}, errors.BusyError),
        ({"status": 529}, errors.BusyError),
        ({"code": "slow_down"}, errors.BusyError),
        ({"code": "vector_store_timeout"}, errors.UnreachableError),
        ({"code": "image_parse_error"}, openai_errors.PictureRefusedError),
        ({"code": "empty_image_file"}, openai_errors.PictureRefusedError),
        (
            {"status": 400, "param": "input[0].content[1].image_url"},
            openai_errors.PictureRefusedError,
        ),
        (
            {"status": 400, "param": "reasoning.effort"},
            openai_errors.EffortRefusedError,
        ),
        (
            {
                "status": 400,
                "param": "tools",
                "message": "web_search can't be used with reasoning.effort 'minimal'",
            },
            openai_errors.EffortRefusedError,
        ),
        ({"code": "invalid_prompt"}, errors.RefusedError),
        ({}, errors.RefusedError),
    ],
)
def test_told_errors(told: dict[str, object], kind: type[errors.VoiceError]) -> None:
    error = told_error(**told)  # type: ignore[arg-type]
    assert type(error) is kind
    assert error.service is errors.Service.OPENAI


def test_errors_of_this_room_are_errors_of_the_house_outside() -> None:
    assert openai_errors.ThreadBusyError.key == errors.BusyError.key
    for kind in (
        openai_errors.ThreadGoneError,
        openai_errors.PictureRefusedError,
        openai_errors.EffortRefusedError,
        openai_errors.UnansweredCallError,
        openai_errors.UnknownCallError,
    ):
        assert kind.key == errors.RefusedError.key


def test_message_does_not_come_out() -> None:
    """It can hold a part of the key, or the user's words."""
    error = told_error(
        status=401,
        code="invalid_api_key",
        param="sk-proj-1234 <b>",
        message="Incorrect API key provided: sk-proj-1234",
    )
    assert "Incorrect" not in str(error)
    assert "<" not in str(error)
    assert str(error).startswith("openai: 401 invalid_api_key")


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (TimeoutError(), errors.TooSlowError),
        (openai.APITimeoutError(request=REQUEST), errors.TooSlowError),
        (openai.APIConnectionError(request=REQUEST), errors.UnreachableError),
        (httpx.RemoteProtocolError("cut"), errors.UnreachableError),
        (httpx2.RemoteProtocolError("cut"), errors.UnreachableError),
        (json.JSONDecodeError("no", "", 0), errors.BrokenAnswerError),
        (
            openai.APIResponseValidationError(
                response=httpx2.Response(200, request=REQUEST), body=None
            ),
            errors.BrokenAnswerError,
        ),
        (
            openai.APIError("no", request=REQUEST, body={"code": "slow_down"}),
            errors.BusyError,
        ),
        (
            openai.APIError(
                "no", request=REQUEST, body={"type": "insufficient_quota", "code": "x"}
            ),
            errors.NoFundsError,
        ),
        (openai.OpenAIError("no"), errors.BrokenAnswerError),
    ],
)
def test_raised_errors(raised: Exception, kind: type[errors.VoiceError]) -> None:
    with pytest.raises(errors.VoiceError) as error, translated():
        raise raised
    assert type(error.value) is kind
    assert error.value.__cause__ is raised


def test_other_errors_are_left_alone() -> None:
    with pytest.raises(ZeroDivisionError), translated():
        raise ZeroDivisionError
