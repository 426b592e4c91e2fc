"""What went wrong, in the house's language."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from ..voice.errors import VoiceError


async def async_dialog_words(hass: HomeAssistant, error: VoiceError) -> str:
    """What a dialog says of an error; our texts may not be loaded yet."""
    texts = await async_get_translations(hass, hass.config.language, "config", {DOMAIN})
    return texts[f"component.{DOMAIN}.config.error.{error.key}"]


async def async_words(hass: HomeAssistant, error: HomeAssistantError) -> str:
    """What an error says of itself, which is English wherever it is just printed."""
    domain, key = error.translation_domain, error.translation_key
    if domain is None or key is None:
        return str(error)
    language = hass.config.language
    texts = await async_get_translations(hass, language, "exceptions", {domain})
    try:
        text = texts[f"component.{domain}.exceptions.{key}.message"]
        return text.format(**(error.translation_placeholders or {})).rstrip(".")
    except KeyError:
        # It has no translation, or one that wants what is not there.
        return str(error)
