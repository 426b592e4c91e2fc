"""Reading a request for speech, and refusing what the service refuses."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .elevenlabs_account import (
    DICTIONARIES,
    MODELS,
    OUTPUT_FORMATS,
    SETTING_RANGES,
    VOICES,
    Model,
)
from .exchange import RefusedError
from .script import Json
from .voice import Utterance

if TYPE_CHECKING:
    from .elevenlabs import ElevenLabsStandin


def invalid(where: str, message: str, kind: str) -> RefusedError:
    """A request whose types are wrong."""
    detail = {"loc": ["body", where], "msg": message, "type": kind}
    return RefusedError(422, {"detail": [detail]})


def read_request(
    service: ElevenLabsStandin, voice_id: str, output_format: str, body: Json
) -> Utterance:
    """Read a request for speech.

    Raises:
        RefusedError: the service would not take it.
    """
    if not isinstance(body, dict) or "text" not in body:
        raise invalid("text", "field required", "value_error.missing")
    text = body["text"]
    if not isinstance(text, str):
        raise invalid("text", "str type expected", "type_error.str")
    if voice_id not in VOICES:
        raise service.refuse(
            "voice_not_found", f"A voice with voice_id {voice_id} was not found."
        )
    if not text.strip():
        raise service.refuse("empty_text")
    if output_format not in OUTPUT_FORMATS:
        raise RefusedError(
            422,
            {"detail": [{"loc": ["query", "output_format"], "msg": "not a format"}]},
        )
    if output_format in {"pcm_44100", "pcm_48000"} and service.tier != "pro":
        raise service.refuse("forbidden")
    model_id = body.get("model_id") or "eleven_multilingual_v2"
    model = _read_model(service, model_id, body)
    if len(text) > model.characters:
        raise service.refuse("max_character_limit_exceeded")
    _check_previous(service, model_id, model, body)
    return Utterance(
        _pronounce(service, text, body),
        VOICES[voice_id][1],
        _language(model, body),
        _read_settings(service, body.get("voice_settings") or {}),
        output_format,
    )


def _read_model(
    service: ElevenLabsStandin, model_id: str, body: Mapping[str, Any]
) -> Model:
    model = MODELS.get(model_id)
    if model is None:
        raise service.refuse(
            "model_not_found", f"A model with model ID {model_id} does not exist."
        )
    if not model.streams:
        raise service.refuse(
            "unsupported_model",
            f"The model {model_id} is not available on this endpoint.",
        )
    language = body.get("language_code")
    if model.takes_language and language not in {None, *model.languages}:
        raise service.refuse(
            "unsupported_language",
            f"Model '{model_id}' does not support the language_code {language}.",
        )
    return model


def _language(model: Model, body: Mapping[str, Any]) -> str:
    return (model.takes_language and body.get("language_code")) or "en"


def _check_previous(
    service: ElevenLabsStandin,
    model_id: str,
    model: Model,
    body: Mapping[str, Any],
) -> None:
    names = ("previous_text", "next_text", "previous_request_ids", "next_request_ids")
    given = [name for name in names if body.get(name)]
    if given and not model.stitches:
        raise service.refuse(
            "unsupported_model",
            f"Providing {given[0]} is not yet supported with the '{model_id}' model.",
        )
    for name in names[2:]:
        ids = body.get(name) or []
        if len(ids) > 3:
            raise invalid(name, "at most 3 items", "value_error.list.max_items")
        if not set(ids) <= service.request_ids:
            raise service.refuse("invalid_request_ids")


def _read_settings(service: ElevenLabsStandin, settings: Mapping[str, Any]) -> float:
    """Check the voice settings; the speed."""
    for name, (least, most) in SETTING_RANGES.items():
        value = settings.get(name)
        if value is None:
            continue
        if not isinstance(value, int | float):
            raise invalid(name, "value is not a valid float", "type_error.float")
        if not least <= value <= most:
            raise service.refuse(
                "invalid_voice_settings",
                f"Invalid setting for {name} received, expected to be greater or equal"
                f" to {least} and less or equal to {most}, received {value}",
            )
    return float(settings.get("speed") or 1.0)


def _pronounce(service: ElevenLabsStandin, text: str, body: Mapping[str, Any]) -> str:
    """The text with the pronunciation dictionaries' words in it."""
    locators = body.get("pronunciation_dictionary_locators") or []
    if len(locators) > 3:
        raise invalid(
            "pronunciation_dictionary_locators",
            "at most 3 items",
            "value_error.list.max_items",
        )
    for locator in locators:
        known = DICTIONARIES.get(locator.get("pronunciation_dictionary_id"))
        if known is None or locator.get("version_id") not in {None, known[1]}:
            raise service.refuse("pronunciation_dictionary_not_found")
        for word, said in known[2].items():
            text = re.sub(rf"\b{re.escape(word)}\b", said, text)
    return text
