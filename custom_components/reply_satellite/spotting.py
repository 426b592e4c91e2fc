"""Which spotter a satellite hears with."""

from collections.abc import Callable, Mapping
from typing import Any

from .const import CONF_PORCUPINE_KEY, SpotterChoice
from .settings import Settings
from .voice.hearing.spotter import Spotter


def spotter_maker(
    accounts: Mapping[str, Any], settings: Settings
) -> Callable[[], Spotter]:
    """How the listener's thread makes its spotter. Making one may raise VoiceError."""
    if settings.spotter is SpotterChoice.PORCUPINE:
        key = accounts.get(CONF_PORCUPINE_KEY, "")
        return lambda: _porcupine(key, settings)
    return built_in
