"""The one place where AssemblyAI's failures become the house's errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import assemblyai
import httpx

from ..errors import (
    BrokenAnswerError,
    BusyError,
    NoFundsError,
    RefusedError,
    Service,
    TooSlowError,
    UnreachableError,
    VoiceError,
    WrongKeyError,
)

_NO_FUNDS: Final = ("balance", "insufficient", "funds", "top up", "billing")
"""Words of a refusal that is about money: AssemblyAI answers "Your current account
balance is negative. Please top up ..." with 400 or 402, and names no error code."""

_NOTHING_TO_HEAR: Final = ("too short", "no spoken audio")
"""From "Audio duration is too short." and "language_detection cannot be performed on
files with no spoken audio."."""

_BY_STATUS: Final[dict[int, type[VoiceError]]] = {
    401: WrongKeyError,
    408: TooSlowError,
    504: TooSlowError,
}
_BY_CLASS: Final[dict[int, type[VoiceError]]] = {4: RefusedError, 5: UnreachableError}

_LONGEST_DETAIL: Final = 200


@contextmanager
def voice_errors() -> Iterator[None]:
    """Raise VoiceError for whatever the SDK and its HTTP client raise inside."""
    try:
        yield
    except assemblyai.types.AssemblyAIError as error:
        raise _from_answer(error) from error
    except (httpx.ConnectTimeout, httpx.ConnectError) as error:
        raise UnreachableError(Service.ASSEMBLYAI, _named(error)) from error
    except (httpx.TimeoutException, TimeoutError) as error:
        raise TooSlowError(Service.ASSEMBLYAI, _named(error)) from error
    except httpx.DecodingError as error:
        raise BrokenAnswerError(Service.ASSEMBLYAI, _named(error)) from error
    except httpx.HTTPError as error:
        raise UnreachableError(Service.ASSEMBLYAI, _named(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # The SDK parses answers without a guard of its own. These errors quote what
        # they could not parse, which may be a transcript: only the kind is kept.
        kind = type(error).__name__
        raise BrokenAnswerError(Service.ASSEMBLYAI, kind) from None


def is_too_short(error: assemblyai.types.AssemblyAIError) -> bool:
    """Tell whether the service only complains that there was nothing to hear."""
    return getattr(error, "error_code", None) == "audio_too_short"


def is_nothing_to_hear(detail: str) -> bool:
    """Tell whether a job ended with "error" only because nobody spoke."""
    folded = detail.casefold()
    return any(word in folded for word in _NOTHING_TO_HEAR)


def job_error(detail: str) -> VoiceError:
    """Give the error of a transcription job that ended with the status "error"."""
    if _is_about_money(detail):
        return NoFundsError(Service.ASSEMBLYAI, _shortened(detail))
    return RefusedError(Service.ASSEMBLYAI, _shortened(detail))


def _from_answer(error: assemblyai.types.AssemblyAIError) -> VoiceError:
    """Give the error for an HTTP status."""
    status = error.status_code or 0
    code = getattr(error, "error_code", None)
    detail = f"HTTP {status}" + (f" {_shortened(str(code))}" if code else "")
    if status in {429, 503}:
        retry_after = getattr(error, "retry_after", None)
        return BusyError(Service.ASSEMBLYAI, detail, retry_after)
    if status == 402 or (400 <= status < 500 and _is_about_money(str(error))):
        return NoFundsError(Service.ASSEMBLYAI, detail)
    kind = _BY_STATUS.get(status) or _BY_CLASS.get(status // 100, BrokenAnswerError)
    if kind is RefusedError:
        detail += f": {_shortened(str(error))}"
    return kind(Service.ASSEMBLYAI, detail)


def _is_about_money(message: str) -> bool:
    """Tell whether a refusal is about money."""
    folded = message.casefold()
    return any(word in folded for word in _NO_FUNDS)


def _named(error: Exception) -> str:
    """Name a transport error; its text is often empty."""
    text = _shortened(str(error))
    kind = type(error).__name__
    return f"{kind}: {text}" if text else kind


def _shortened(text: str) -> str:
    """Keep one line of a service's words, and no more than a log line can bear."""
    return " ".join(text.split())[:_LONGEST_DETAIL]
