"""The satellite's own short sounds, played on its players.

They are drawn by scripts/chimes, and served from a static path: they are the same for
everybody, so that there is nothing to protect.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from homeassistant.components.http import StaticPathConfig
from homeassistant.components.media_player.browse_media import (
    async_process_play_media_url,
)
from homeassistant.core import HomeAssistant

from ..voice.machine import Chime
from .players import Players

CHIMES_URL: Final = "/reply_satellite_sounds"
FOLDER: Final = Path(__file__).parent / "sounds"


async def async_serve_chimes(hass: HomeAssistant) -> None:
    """Make the sounds fetchable; once for every start of Home Assistant."""
    await hass.http.async_register_static_paths(
        [StaticPathConfig(CHIMES_URL, str(FOLDER), cache_headers=True)]
    )


async def async_play_chime(
    hass: HomeAssistant, chime: Chime, players: Sequence[str]
) -> None:
    """Play a sound at the players' own volume; what goes wrong is only logged.

    A player that would have to give up its music for it is left alone.
    """
    address = async_process_play_media_url(hass, f"{CHIMES_URL}/{chime}.mp3")
    await Players(hass, Players(hass, players).free).play(address)
