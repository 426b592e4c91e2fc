"""Keyword models the user brings along: kept in our folder of the configuration."""

from pathlib import Path
from typing import Final

from homeassistant.components.file_upload import process_uploaded_file
from homeassistant.core import HomeAssistant

from ..const import DOMAIN

FOLDER: Final = "keywords"


def keep_keyword_file(hass: HomeAssistant, file_id: str, name: str) -> str:
    """Keep an uploaded file as `name`; returns its path. Blocking."""
    folder = Path(hass.config.path(DOMAIN, FOLDER))
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / name
    with process_uploaded_file(hass, file_id) as uploaded:
        kept.write_bytes(uploaded.read_bytes())
    return str(kept)
