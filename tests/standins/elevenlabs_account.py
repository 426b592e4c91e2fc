"""What the voice's service has: voices, models, formats, dictionaries and errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .script import Json
from .voice import Speaker

_LANGUAGES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "sv": "Swedish",
}


@dataclass(frozen=True, slots=True)
class Model:
    """A model and what it takes."""

    name: str
    characters: int  # at most, in one request
    languages: tuple[str, ...] = tuple(_LANGUAGES)
    streams: bool = True  # by POST
    stitches: bool = True  # takes previous_* and next_*
    takes_language: bool = True  # others take it from the text, and ignore it


MODELS: Mapping[str, Model] = {
    "eleven_flash_v2_5": Model("Eleven Flash v2.5", 40_000),
    "eleven_flash_v2": Model("Eleven Flash v2", 30_000, ("en",)),
    "eleven_turbo_v2_5": Model("Eleven Turbo v2.5", 40_000),
    "eleven_multilingual_v2": Model(
        "Eleven Multilingual v2", 10_000, takes_language=False
    ),
    "eleven_v3": Model("Eleven v3", 5_000, stitches=False),
    "eleven_v4_turbo": Model("Eleven v4 Turbo", 5_000, streams=False, stitches=False),
}
VOICES: Mapping[str, tuple[str, Speaker]] = {
    "21m00Tcm4TlvDq8ikWAM": ("Rachel", Speaker("slt", "+f3")),
    "EXAVITQu4vr4xnSDxMaL": ("Sarah", Speaker("slt", "+f2")),
    "JBFqnCBsd6RMkjVDRZzb": ("George", Speaker("rms", "+m3")),
    "pNInz6obpgDQGcFmaJgB": ("Adam", Speaker("kal16", "+m1")),
    "onwK4e9ZLuTAKqWW03F9": ("Daniel", Speaker("awb", "+m2")),
}
DICTIONARIES: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    # id: name, version, and what is said instead of what
    "dict-house": ("House", "version-1", {"HA": "Home Assistant"}),
    "dict-names": ("Names", "version-1", {"TTS": "text to speech"}),
    "dict-three": ("Third", "version-1", {}),
    "dict-four": ("Fourth", "version-1", {}),
}
OUTPUT_FORMATS = frozenset(
    {f"mp3_44100_{rate}" for rate in (32, 64, 96, 128, 192)}
    | {"mp3_22050_32", "mp3_24000_48", "ulaw_8000", "alaw_8000"}
    | {f"pcm_{rate}" for rate in (8000, 16000, 22050, 24000, 32000, 44100, 48000)}
    | {f"opus_48000_{rate}" for rate in (32, 64, 96, 128, 192)}
)
DEFAULT_SETTINGS: Mapping[str, Any] = {
    "stability": 0.5,
    "similarity_boost": 0.75,
    "style": 0.0,
    "speed": 1.0,
    "use_speaker_boost": True,
}
SETTING_RANGES: Mapping[str, tuple[float, float]] = {
    "stability": (0.0, 1.0),
    "similarity_boost": (0.0, 1.0),
    "style": (0.0, 1.0),
    "speed": (0.7, 1.2),
}


def _detail(status: int, name: str, message: str) -> tuple[int, Json]:
    return status, {"detail": {"status": name, "message": message}}


ERRORS: Mapping[str, tuple[int, Json]] = {
    "invalid_api_key": _detail(401, "invalid_api_key", "Invalid API key"),
    "quota_exceeded": _detail(
        401, "quota_exceeded", "This request exceeds your quota."
    ),
    "missing_permissions": _detail(
        401,
        "missing_permissions",
        "The API key you used is missing the permission text_to_speech to execute this"
        " operation.",
    ),
    "forbidden": _detail(
        403, "output_format_not_allowed", "Your subscription does not allow this."
    ),
    "voice_not_found": _detail(
        404, "voice_not_found", "A voice with that voice_id was not found."
    ),
    "model_not_found": _detail(
        400, "model_not_found", "A model with that model_id does not exist."
    ),
    "unsupported_model": _detail(
        400, "unsupported_model", "This model does not support the request."
    ),
    "unsupported_language": _detail(
        400, "unsupported_language", "The model does not support this language_code."
    ),
    "invalid_voice_settings": _detail(
        400, "invalid_voice_settings", "Invalid setting received."
    ),
    "max_character_limit_exceeded": _detail(
        400, "max_character_limit_exceeded", "The text is too long for this model."
    ),
    "invalid_request_ids": _detail(
        400, "request_ids_not_found", "Some of the previous request ids are unknown."
    ),
    "pronunciation_dictionary_not_found": _detail(
        404, "pronunciation_dictionary_not_found", "No such pronunciation dictionary."
    ),
    "empty_text": _detail(400, "input_text_empty", "The text is empty."),
    "too_many_concurrent_requests": _detail(
        429,
        "too_many_concurrent_requests",
        "You have exceeded the maximum number of concurrent requests.",
    ),
    "system_busy": _detail(
        429, "system_busy", "We are experiencing heavy traffic. Please try again later."
    ),
    "server_error": _detail(500, "internal_server_error", "Something went wrong."),
    "unavailable": _detail(503, "service_unavailable", "Try again later."),
    "not_found": (404, {"detail": "Not Found"}),
}


def show_models() -> list[dict[str, Any]]:
    """The models as the service lists them."""
    return [
        {
            "model_id": model_id,
            "name": model.name,
            "can_do_text_to_speech": True,
            "can_do_voice_conversion": False,
            "can_use_style": "v2" in model_id,
            "can_use_speaker_boost": True,
            "maximum_text_length_per_request": model.characters,
            "languages": [
                {"language_id": code, "name": _LANGUAGES[code]}
                for code in model.languages
            ],
        }
        for model_id, model in MODELS.items()
    ]


def show_voices() -> list[dict[str, Any]]:
    """The voices as the service lists them."""
    return [
        {"voice_id": voice_id, "name": name, "category": "premade", "labels": {}}
        for voice_id, (name, _) in VOICES.items()
    ]


def show_dictionaries() -> list[dict[str, Any]]:
    """The pronunciation dictionaries as the service lists them."""
    return [
        {
            "id": dictionary_id,
            "latest_version_id": version,
            "latest_version_rules_num": len(rules),
            "name": name,
            "created_by": "user",
            "creation_time_unix": 1_763_800_000,
        }
        for dictionary_id, (name, version, rules) in DICTIONARIES.items()
    ]
