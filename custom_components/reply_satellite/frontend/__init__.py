"""Gives the dashboard its card."""

from pathlib import Path
from typing import Final

from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration

from ..const import DOMAIN

CARD: Final = "reply-satellite-card.js"


async def async_register_card(hass: HomeAssistant) -> None:
    """Serve the card, and have every dashboard load it."""
    integration = await async_get_integration(hass, DOMAIN)
    url = f"/{DOMAIN}/{CARD}"
    file = Path(__file__).parent / CARD
    await hass.http.async_register_static_paths(
        [StaticPathConfig(url, str(file), cache_headers=True)]
    )
    if "frontend" in hass.config.components:
        # Browsers keep it for a month: its address must change with its content.
        add_extra_js_url(hass, f"{url}?v={integration.version}")
