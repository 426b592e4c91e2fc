"""Pictures that come with a written question: of image entities, media and files."""

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from homeassistant.components import camera, image, media_source
from homeassistant.core import HomeAssistant, valid_entity_id
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..voice.thinking.assistant import Picture, PictureKind
from ..voice.thinking.pictures import PictureError, scale
from .snapshot import TIMEOUT

LARGEST_FILE: Final = 20_000_000
"""Bytes: what the service takes of one picture. A file is read no further."""
_ENTITY_SOURCES: Final = (camera.DOMAIN, image.DOMAIN)
"""Media sources that are nothing but entities."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A picture before anybody has looked into it."""

    name: str
    taken: dt.datetime
    content: bytes


async def given_pictures(
    hass: HomeAssistant, given: Sequence[str]
) -> tuple[Picture, ...]:
    """Get pictures, in their order, ready for the assistant.

    Each is named by an image entity, a media source's address, or the path of a file
    in a folder that Home Assistant may read. Raises ServiceValidationError.
    """
    return tuple(await asyncio.gather(*(_picture(hass, one) for one in given)))


async def _picture(hass: HomeAssistant, given: str) -> Picture:
    found = await _found(hass, given)
    try:
        jpeg = await hass.async_add_executor_job(scale, found.content)
    except PictureError as error:
        raise _invalid("not_a_picture", given) from error
    return Picture(
        camera=found.name,
        taken=dt_util.as_local(found.taken).isoformat(timespec="seconds"),
        jpeg=jpeg,
        kind=PictureKind.IMAGE,
    )


async def _found(hass: HomeAssistant, given: str) -> _Found:
    if (entity_id := _entity_of(given)) is not None:
        return await _from_entity(hass, entity_id)
    path = Path(hass.config.path(given))
    if media_source.is_media_source_id(given):
        try:
            media = await media_source.async_resolve_media(hass, given, None)
        except HomeAssistantError as error:
            raise _invalid("picture_not_found", given) from error
        if media.path is None:
            raise _invalid("picture_not_here", given)
        path = media.path
    elif not await hass.async_add_executor_job(hass.config.is_allowed_path, str(path)):
        raise _invalid("picture_not_allowed", given)
    try:
        return await hass.async_add_executor_job(_read, path)
    except OverflowError as error:
        raise _invalid("picture_too_large", given) from error
    except OSError as error:
        raise _invalid("picture_not_found", given) from error


def _entity_of(given: str) -> str | None:
    """The entity a picture is of, if it is of one."""
    for domain in _ENTITY_SOURCES:
        if given.startswith(prefix := f"media-source://{domain}/"):
            return given.removeprefix(prefix)
    domain, _, _ = given.partition(".")
    return given if domain in _ENTITY_SOURCES and valid_entity_id(given) else None


async def _from_entity(hass: HomeAssistant, entity_id: str) -> _Found:
    if (state := hass.states.get(entity_id)) is None:
        raise _invalid("picture_not_found", entity_id)
    taken = dt_util.utcnow()
    try:
        if state.domain == camera.DOMAIN:
            shown = await camera.async_get_image(hass, entity_id, timeout=TIMEOUT)
            return _Found(state.name, taken, shown.content)
        drawn = await image.async_get_image(hass, entity_id, timeout=TIMEOUT)
    except HomeAssistantError as error:
        raise _invalid("picture_not_found", entity_id) from error
    # The state of an image entity is the time of its picture.
    taken = dt_util.parse_datetime(state.state) or taken
    return _Found(state.name, taken, drawn.content)


def _read(path: Path) -> _Found:
    """Read a file. Blocking. Raises OSError, and OverflowError if it is too large."""
    if not path.is_file():
        raise FileNotFoundError(path)
    with path.open("rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise OverflowError
    return _Found(path.name, dt_util.utc_from_timestamp(path.stat().st_mtime), content)


def _invalid(key: str, given: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"picture": given},
    )
