"""What the end-to-end tests share."""

import shutil

import pytest

from tests.house.home_assistant import LIVE

PROGRAMS = ("pulseaudio", "pactl", "paplay", "parec", "mpd", "ffmpeg", "flite")


@pytest.fixture(autouse=True)
def house_is_built() -> None:
    """Skip where the house cannot be: scripts/setup makes all of it on Debian."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if not (LIVE / "bin" / "hass").exists():
        missing.append("Home Assistant in .local/live")
    if missing:
        pytest.skip(f"run scripts/setup; missing: {', '.join(missing)}")
