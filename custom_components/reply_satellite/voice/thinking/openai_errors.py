"""The one place where OpenAI's errors become those of the house."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from json import JSONDecodeError
from typing import Final

import httpx
import httpx2
import openai

from ..errors import (
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

# --- what this room itself can still do something about ---


class ThreadGoneError(RefusedError):
    """The service does not know the conversation (any more)."""


class ThreadBusyError(BusyError):
    """Another run holds the conversation, or the last one has not let go of it yet."""


class PictureRefusedError(RefusedError):
    """The service can't or won't look at a picture."""


class EffortRefusedError(RefusedError):
    """The model does not know this reasoning effort, or none at all."""


class UnansweredCallError(RefusedError):
    """The conversation holds a tool call without its output."""


class UnknownCallError(RefusedError):
    """The output of a tool call was sent that the conversation does not hold."""


_NO_FUNDS: Final = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
)
_CODES: Final[Mapping[str, type[VoiceError]]] = {
    **dict.fromkeys(_NO_FUNDS, NoFundsError),
    "model_not_found": UnknownNameError,
    "invalid_api_key": WrongKeyError,
    "invalid_authentication": WrongKeyError,
    "account_deactivated": WrongKeyError,
    "conversation_locked": ThreadBusyError,
    "rate_limit_exceeded": BusyError,
    "overloaded": BusyError,
    "overloaded_error": BusyError,
    "engine_overloaded": BusyError,
    "slow_down": BusyError,
    "server_error": UnreachableError,
    "internal_error": UnreachableError,
    "vector_store_timeout": UnreachableError,
}
"""What the service's codes mean, whichever way they are told."""
_STATUSES: Final[Mapping[int | None, type[VoiceError]]] = {
    401: WrongKeyError,
    408: UnreachableError,
    409: UnreachableError,
    429: BusyError,
    503: BusyError,
    529: BusyError,
}
"""What an HTTP status means where there is no code that says more."""
_SECRET: Final = re.compile(r"[^\w.\[\]-]")


@contextmanager
def translated() -> Generator[None]:
    """Let only errors of the house out. Raises VoiceError.

    Up to openai 3.10 the HTTP client's own errors come out of a stream unwrapped.
    """
    try:
        yield
    except TimeoutError as error:
        raise TooSlowError(Service.OPENAI) from error
    except (JSONDecodeError, UnicodeError) as error:
        raise BrokenAnswerError(Service.OPENAI, "no JSON") from error
    except openai.OpenAIError as error:
        raise _from_sdk(error) from error
    except (httpx.RequestError, httpx2.RequestError) as error:
        raise UnreachableError(Service.OPENAI, type(error).__name__) from error


def _from_sdk(error: openai.OpenAIError) -> VoiceError:
    """Name what the SDK raised."""
    match error:
        case openai.APITimeoutError():
            return TooSlowError(Service.OPENAI)
        case openai.APIConnectionError():
            return UnreachableError(Service.OPENAI)
        case openai.APIResponseValidationError():
            return BrokenAnswerError(Service.OPENAI, "unexpected shape")
        case openai.APIStatusError():
            return told_error(
                status=error.status_code,
                code=_code(error),
                param=error.param,
                message=error.message,
                headers=error.response.headers,
            )
        case openai.APIError():
            return told_error(
                code=_code(error), param=error.param, message=error.message
            )
    return BrokenAnswerError(Service.OPENAI, type(error).__name__)


def _code(error: openai.APIError) -> str:
    """Find the code that says most: an empty account looks like a rate limit."""
    kind, code = _text(error.type), _text(error.code)
    return kind if kind in _NO_FUNDS else code or kind


def _text(told: object) -> str:
    """What was told, if it is text: the SDK does not look."""
    return told if isinstance(told, str) else ""


def told_error(
    *,
    status: int | None = None,
    code: object = None,
    param: object = None,
    message: object = "",
    headers: Mapping[str, str] | None = None,
) -> VoiceError:
    """Name what the service told, by HTTP status or in the stream of an answer.

    The message serves to tell cases apart that have no code of their own; it never
    becomes part of the error, because it can repeat a part of the key or the words
    of the user.
    """
    name, about, words = _text(code), _text(param), _text(message).lower()
    detail = " ".join(
        _SECRET.sub("", part)[:80] for part in (str(status or ""), name, about) if part
    )
    kind = _kind(status, name, about, words)
    if issubclass(kind, BusyError):
        return kind(Service.OPENAI, detail, _told_wait(headers or {}))
    return kind(Service.OPENAI, detail)


def _kind(status: int | None, code: str, param: str, words: str) -> type[VoiceError]:
    """Find the class of what the service told: the first that fits."""
    if code in _CODES:
        return _CODES[code]
    if status == 403:
        # A key without the rights asked for; another key is what helps.
        return RefusedError if code.startswith("unsupported_") else WrongKeyError
    if status in _STATUSES:
        return _STATUSES[status]
    if status is not None and status >= 500:
        return UnreachableError
    return next(
        (
            kind
            for told, kind in (
                (status == 404 and "conversation" in words + param, ThreadGoneError),
                (status == 404 and "model" in words + param, UnknownNameError),
                ("no tool output found" in words, UnansweredCallError),
                ("no tool call found" in words, UnknownCallError),
                ("image" in code + param, PictureRefusedError),
                (
                    "reasoning" in param or "reasoning.effort" in words,
                    EffortRefusedError,
                ),
            )
            if told
        ),
        RefusedError,
    )


def _told_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds the service asks to wait, if it does (RFC 9110 10.2.3, no dates)."""
    for header, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            wait = float(headers.get(header, "")) * unit
        except ValueError:
            continue
        if 0 <= wait < float("inf"):
            return wait
    return None
