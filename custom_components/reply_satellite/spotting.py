"""Which spotter a satellite hears with."""

from collections.abc import Callable, Mapping
from typing import Any

from .const import CONF_PORCUPINE_KEY, SpotterChoice
from .packages import has_porcupine
from .satellite.settings import Settings
from .voice.hearing.porcupine import PorcupineSpotter
from .voice.hearing.spotter import BuiltinSpotter, Spotter


def spotter_maker(
    accounts: Mapping[str, Any], settings: Settings
) -> Callable[[], Spotter]:
    """How the listener's thread makes the spotter the user chose.

    What is given back blocks, and raises VoiceError.
    """
    if settings.spotter is SpotterChoice.BUILTIN or not has_porcupine():
        return BuiltinSpotter
    key = accounts.get(CONF_PORCUPINE_KEY, "")
    return lambda: PorcupineSpotter(key, settings.keyword_files, settings.sensitivities)
