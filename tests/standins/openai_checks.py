"""What the service checks of a request before it looks at its thread."""

from collections.abc import Mapping, Sequence
from typing import Any

from .openai_errors import bad_request
from .openai_store import Item
from .pictures import MAXIMUM_COUNT, MAXIMUM_TOTAL_BYTES, Picture
from .script import Json

MODELS: Mapping[str, int] = {  # context window in tokens
    "gpt-6-luna": 400_000,
    "gpt-6-astra": 400_000,
    "gpt-5-mini": 400_000,
    "gpt-4o-mini": 128_000,
    "gpt-4o": 128_000,
}
_REASONING_EFFORTS = frozenset({"none", "minimal", "low", "medium", "high", "xhigh"})
_TOOL_TYPES = frozenset(
    {"function", "code_interpreter", "web_search", "web_search_preview", "mcp"}
    | {"image_generation", "file_search"}
)


def read_model(body: Mapping[str, Any]) -> str:
    """The model asked for, which must take the other settings.

    Raises:
        RefusedError: the service would not take them.
    """
    model = body.get("model")
    if not isinstance(model, str):
        raise bad_request("Missing required parameter: 'model'.", param="model")
    if model not in MODELS:
        raise bad_request(
            f"The requested model '{model}' does not exist.",
            param="model",
            code="model_not_found",
        )
    if effort := (body.get("reasoning") or {}).get("effort"):
        if model.startswith("gpt-4"):
            raise bad_request(
                "Unsupported parameter: 'reasoning.effort' is not supported with this"
                " model.",
                param="reasoning.effort",
                code="unsupported_parameter",
            )
        if effort not in _REASONING_EFFORTS:
            raise bad_request(
                f"Invalid value: '{effort}'.",
                param="reasoning.effort",
                code="invalid_value",
            )
        if effort != "none" and {"temperature", "top_p"} & body.keys():
            raise bad_request(
                "Unsupported parameter: 'temperature' and 'top_p' are not supported"
                " this model.",
                param="temperature",
                code="unsupported_parameter",
            )
    if (wanted := body.get("truncation")) not in {None, "auto", "disabled"}:
        raise bad_request(
            f"Invalid value: '{wanted}'.", param="truncation", code="invalid_value"
        )
    return model


def read_input(given: Json) -> list[Item]:
    """The input as items.

    Raises:
        RefusedError: it has none, or one of a wrong shape.
    """
    if isinstance(given, str) and given:
        return [{"type": "message", "role": "user", "content": given}]
    if not isinstance(given, list) or not given:
        raise bad_request(
            "Missing required parameter: 'input'.",
            param="input",
            code="missing_required_parameter",
        )
    for number, item in enumerate(given):
        if not isinstance(item, dict):
            raise bad_request("Expected an object.", param=f"input[{number}]")
        _check_item(item, f"input[{number}]")
    return given


def _check_item(item: Item, where: str) -> None:
    match item.get("type", "message"):
        case "message":
            if item.get("role") not in {"user", "assistant", "system", "developer"}:
                raise bad_request(
                    f"Invalid value: '{item.get('role')}'.", param=f"{where}.role"
                )
            _check_content(item, where)
        case "function_call" | "function_call_output":
            if not item.get("call_id"):
                raise bad_request(
                    f"Missing required parameter: '{where}.call_id'.",
                    param=f"{where}.call_id",
                    code="missing_required_parameter",
                )
        case "reasoning" | "web_search_call" | "code_interpreter_call":
            pass
        case "item_reference" | "mcp_call" | "image_generation_call":
            pass
        case unknown:
            raise bad_request(
                f"Invalid value: '{unknown}'.",
                param=f"{where}.type",
                code="invalid_value",
            )


def _check_content(item: Item, where: str) -> None:
    content = item.get("content")
    if isinstance(content, str):
        return
    allowed = {"input_text", "input_image", "input_file"}
    if item["role"] == "assistant":
        allowed = {"output_text", "refusal"}
    for number, part in enumerate(content or []):
        if part.get("type") not in allowed:
            raise bad_request(
                f"Invalid value: '{part.get('type')}'. Supported values are:"
                f" {', '.join(sorted(allowed))}.",
                param=f"{where}.content[{number}]",
                code="invalid_value",
            )


def check_tools(tools: Sequence[Mapping[str, Any]]) -> None:
    """Check the tools offered.

    Raises:
        RefusedError: one has a wrong shape.
    """
    for number, tool in enumerate(tools):
        where = f"tools[{number}]"
        if tool.get("type") not in _TOOL_TYPES:
            raise bad_request(
                f"Invalid value: '{tool.get('type')}'.",
                param=f"{where}.type",
                code="invalid_value",
            )
        if tool["type"] == "function" and not tool.get("name"):
            raise bad_request(
                f"Missing required parameter: '{where}.name'.", param=f"{where}.name"
            )
        if tool["type"] == "code_interpreter" and not tool.get("container"):
            raise bad_request(
                f"Missing required parameter: '{where}.container'.",
                param=f"{where}.container",
                code="missing_required_parameter",
            )


def check_pictures(pictures: Sequence[Picture]) -> None:
    """Check all pictures of a request together.

    Raises:
        RefusedError: they are too many or too large.
    """
    if len(pictures) > MAXIMUM_COUNT:
        raise bad_request("Too many images.", param="input")
    if sum(picture.size for picture in pictures) > MAXIMUM_TOTAL_BYTES:
        raise bad_request("The images are larger than 50 MB together.", param="input")
