"""What ElevenLabs and the way to it can answer -> the house's own errors."""

from collections.abc import Generator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import Final

import httpx
from elevenlabs.core import ApiError
from pydantic import ValidationError

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

BY_STATUS: Final[dict[str, type[VoiceError]]] = {
    # A quota that is used up comes as a 401, as a wrong key does.
    "quota_exceeded": NoFundsError,
    "payment_required": NoFundsError,
    "paid_plan_required": NoFundsError,
    "subscription_required": NoFundsError,
    "detected_unusual_activity": NoFundsError,
    "invalid_api_key": WrongKeyError,
    "missing_permissions": WrongKeyError,
    "needs_authorization": WrongKeyError,
    "voice_not_found": UnknownNameError,
    "model_not_found": UnknownNameError,
    "invalid_model": UnknownNameError,
    "model_can_not_do_text_to_speech": UnknownNameError,
    "too_many_concurrent_requests": BusyError,
    "concurrent_limit_exceeded": BusyError,
    "rate_limit_exceeded": BusyError,
    "system_busy": BusyError,
}

BY_CODE: Final[dict[int, type[VoiceError]]] = {
    401: WrongKeyError,
    402: NoFundsError,
    404: UnknownNameError,
    408: TooSlowError,
    429: BusyError,
}


@contextmanager
def mapped() -> Generator[None]:
    """Let nothing but VoiceError out of a call to ElevenLabs."""
    try:
        yield
    except ApiError as error:
        raise from_answer(error) from error
    except (TimeoutError, httpx.TimeoutException) as error:
        raise TooSlowError(Service.ELEVENLABS) from error
    except httpx.HTTPError as error:
        raise UnreachableError(Service.ELEVENLABS, type(error).__name__) from error
    except (JSONDecodeError, ValidationError) as error:
        raise BrokenAnswerError(Service.ELEVENLABS, type(error).__name__) from error


def from_answer(error: ApiError) -> VoiceError:
    """Tell what an answer that is no success means."""
    status = status_of(error.body)
    code = error.status_code or 0
    detail = f"{code} {status}".strip()
    kind = BY_STATUS.get(status)
    if kind is None:
        # A 401 that has a name of its own is no wrong key.
        kind = RefusedError if code == 401 and status else kind_of(code)
    if kind is BusyError:
        wait = retry_after(error.headers or {})
        return BusyError(Service.ELEVENLABS, detail, retry_after=wait)
    return kind(Service.ELEVENLABS, detail)


def kind_of(code: int) -> type[VoiceError]:
    """Tell what an HTTP status means where the body says nothing we know."""
    if code >= 500:
        return UnreachableError
    return BY_CODE.get(code, RefusedError)


def status_of(body: object) -> str:
    """Find the name of the error in `{"detail": {"status" or "code": ...}}`."""
    detail = body.get("detail") if isinstance(body, dict) else None
    if not isinstance(detail, dict):
        return ""
    names = (detail.get("status"), detail.get("code"))
    known = (name for name in names if name in BY_STATUS)
    return str(next(known, names[0] or names[1] or ""))


def retry_after(headers: dict[str, str]) -> float | None:
    """Read how many seconds the service asks to wait."""
    value = {name.lower(): text for name, text in headers.items()}.get("retry-after")
    try:
        return float(value) if value else None
    except ValueError:  # a date: nobody waits that long for a voice
        return None
