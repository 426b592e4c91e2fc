"""A tts entity of somebody else's."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, override

from homeassistant.components.tts import TextToSpeechEntity, TtsAudioType

SOUND = Path(__file__).parent.parent / (
    "custom_components/reply_satellite/playing/sounds/failed.mp3"
)


class Engine(TextToSpeechEntity):
    """Speaks whole texts only, in its own time."""

    _attr_name = "Somebody"

    def __init__(
        self,
        *,
        languages: Sequence[str] = ("en", "de"),
        fault: type[Exception] | None = None,
        hangs: bool = False,
    ) -> None:
        """Fail or hang, if told so."""
        self.entity_id = "tts.somebody"
        self._attr_supported_languages = list(languages)
        self._attr_default_language = languages[0]
        self.spoken: list[tuple[str, str]] = []
        self._fault = fault
        self.released = asyncio.Event()
        if not hangs:
            self.released.set()

    @override
    async def async_get_tts_audio(
        self, message: str, language: str, options: dict[str, Any]
    ) -> TtsAudioType:
        self.spoken.append((message, language))
        await self.released.wait()
        if self._fault is not None:
            raise self._fault
        return "mp3", await asyncio.to_thread(SOUND.read_bytes)
