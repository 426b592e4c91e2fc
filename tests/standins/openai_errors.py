"""The errors of the assistant's service, by their codes."""

from collections.abc import Mapping

from .exchange import RefusedError
from .script import Json


def _error(
    status: int,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    kind: str = "invalid_request_error",
) -> tuple[int, Json]:
    return status, {
        "error": {"message": message, "type": kind, "param": param, "code": code}
    }


ERRORS: Mapping[str, tuple[int, Json]] = {
    "bad_request": _error(400, "Invalid request."),
    "invalid_api_key": _error(
        401, "Incorrect API key provided.", code="invalid_api_key"
    ),
    "permission_denied": _error(
        403,
        "You have insufficient permissions for this operation.",
    ),
    "not_found": _error(404, "Invalid URL."),
    "conversation_not_found": _error(404, "Conversation not found."),
    "conversation_locked": _error(
        400,
        "Another process is currently operating on this conversation. Please retry in"
        " a few seconds.",
        code="conversation_locked",
        param="conversation",
    ),
    "model_not_found": _error(
        400,
        "The requested model does not exist.",
        code="model_not_found",
        param="model",
    ),
    "context_length_exceeded": _error(
        400,
        "Your input exceeds the context window of this model. Please adjust your input"
        " and try again.",
        code="context_length_exceeded",
        param="input",
    ),
    "rate_limit_exceeded": _error(
        429,
        "Rate limit reached for requests.",
        code="rate_limit_exceeded",
        kind="requests",
    ),
    "insufficient_quota": _error(
        429,
        "You exceeded your current quota, please check your plan and billing details.",
        code="insufficient_quota",
        kind="insufficient_quota",
    ),
    "server_error": _error(
        500,
        "The server had an error while processing your request.",
        code="server_error",
        kind="server_error",
    ),
    "overloaded": _error(
        503, "The engine is currently overloaded, please try again later."
    ),
}


def bad_request(
    message: str, *, param: str | None = None, code: str | None = None
) -> RefusedError:
    """A request that the service calls invalid."""
    return RefusedError(*_error(400, message, param=param, code=code))


def not_found(message: str) -> RefusedError:
    """Something asked for by an id that the service does not have."""
    return RefusedError(*_error(404, message))
