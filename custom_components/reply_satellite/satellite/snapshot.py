"""Pictures from Home Assistant's cameras, ready for the assistant."""

import asyncio
import logging
from collections.abc import Sequence

from homeassistant.components import camera
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..voice.thinking.assistant import Picture
from ..voice.thinking.pictures import PictureError, scale

_LOGGER = logging.getLogger(__name__)

TIMEOUT = 10
"""Seconds a camera may take."""


async def take_pictures(hass: HomeAssistant, cameras: Sequence[str]) -> list[Picture]:
    """Ask all cameras at once; one that fails gives a picture that says why."""
    return await asyncio.gather(*(_take(hass, entity_id) for entity_id in cameras))


async def _take(hass: HomeAssistant, entity_id: str) -> Picture:
    taken = dt_util.now().isoformat(timespec="seconds")
    state = hass.states.get(entity_id)
    name = entity_id if state is None else state.name
    try:
        image = await camera.async_get_image(hass, entity_id, timeout=TIMEOUT)
        jpeg = await hass.async_add_executor_job(scale, image.content)
    except (HomeAssistantError, PictureError) as error:
        return Picture(camera=name, taken=taken, jpeg=b"", failure=str(error))
    except Exception as error:
        # Home Assistant lets through whatever a camera's integration raises.
        _LOGGER.exception("%s gave no picture", name)
        failure = str(error) or type(error).__name__
        return Picture(camera=name, taken=taken, jpeg=b"", failure=failure)
    return Picture(camera=name, taken=taken, jpeg=jpeg)
