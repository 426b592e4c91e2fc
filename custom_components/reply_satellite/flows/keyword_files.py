"""Keyword models for Porcupine: the user's own, and those trained with the user's key.

They are kept in our folder of Home Assistant's configuration.
"""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from homeassistant.components.file_upload import process_uploaded_file
from homeassistant.core import HomeAssistant

from .. import const
from ..packages import async_provide_porcupine
from ..satellite.settings import Settings
from ..satellite.spotting import keyword_folder
from ..voice.errors import Service, TooSlowError
from ..voice.hearing.porcupine_models import (
    can_train,
    check_keyword_file,
    keyword_files,
)

TRAINED_WITHIN: Final = 60.0
"""Seconds a user waits for both words."""


async def async_can_train(hass: HomeAssistant) -> bool:
    """Tell whether Porcupine can train words here. Raises UnusableError."""
    await async_provide_porcupine(hass)
    return await hass.async_add_executor_job(can_train)


async def async_keep_keyword_file(hass: HomeAssistant, key: str, file_id: str) -> str:
    """Keep the file uploaded into a field; returns its path.

    Raises UnfitFileError where Porcupine can't use it, and UnusableError.
    """
    kept = keyword_folder(hass) / f"{key}-{file_id}.ppn"

    def keep() -> None:
        with process_uploaded_file(hass, file_id) as uploaded:
            check_keyword_file(uploaded)
            kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            kept.write_bytes(uploaded.read_bytes())

    await hass.async_add_executor_job(keep)
    return str(kept)


async def async_train(
    hass: HomeAssistant, accounts: Mapping[str, Any], satellite: Mapping[str, Any]
) -> None:
    """Have the words trained that a satellite has no models of. Raises VoiceError."""
    train = partial(
        keyword_files,
        accounts[const.CONF_PORCUPINE_KEY],
        Settings.of(satellite, accounts).keyword_files,
        keyword_folder(hass),
    )
    try:
        async with asyncio.timeout(TRAINED_WITHIN):
            await hass.async_add_executor_job(train)
    except TimeoutError:
        raise TooSlowError(Service.PORCUPINE, "training") from None
