"""The private place where recordings and pictures lie until they are answered.

Blocking: called from the listener's thread or the executor only. One folder a turn,
0700, files 0600, under Home Assistant's configuration, outside `www` and `media`.
"""

import os
import shutil
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant

from ..const import DOMAIN

LARGEST: Final = 512 * 1024 * 1024
"""Bytes one satellite may keep: four hours of sound and a few hundred pictures."""

UNANSWERED_DAYS: Final = 3
"""How long a turn that failed or was stopped can be tried again."""


def spool_folder(hass: HomeAssistant, satellite_id: str) -> Path:
    """Where a satellite's spool lies."""
    return Path(hass.config.path(DOMAIN, satellite_id))


class Spool:
    """One satellite's recordings and pictures."""

    def __init__(self, root: Path) -> None:
        """Keep everything under `root`, which is made when it is needed."""
        self._root = root
        self._removing = threading.Lock()
        """Several threads of the executor may be tidying up."""

    def recording(self, turn_id: str) -> Path:
        """Where a turn's recording lies: raw PCM, int16 LE, mono, 16 kHz."""
        return self._root / turn_id / "recording.pcm"

    def begin(self, turn_id: str) -> None:
        """Make a turn's folder. Raises OSError."""
        (self._root / turn_id).mkdir(mode=0o700, parents=True, exist_ok=True)

    def keep_picture(self, turn_id: str, index: int, jpeg: bytes) -> None:
        """Keep a turn's picture. Raises OSError."""
        self.begin(turn_id)
        path = self._root / turn_id / f"picture_{index}.jpg"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(jpeg)

    def drop_picture(self, turn_id: str, index: int) -> None:
        """Keep a turn's picture no more. Raises OSError."""
        (self._root / turn_id / f"picture_{index}.jpg").unlink(missing_ok=True)

    def picture(self, turn_id: str, index: int) -> bytes:
        """A turn's picture, as JPEG. Raises OSError."""
        return (self._root / turn_id / f"picture_{index}.jpg").read_bytes()

    def pictures(self, turn_id: str) -> dict[int, float]:
        """The numbers of a turn's pictures, and when each was kept (UNIX time)."""
        kept: dict[int, float] = {}
        for file in (self._root / turn_id).glob("picture_*.jpg"):
            # Another thread may be removing it.
            with suppress(FileNotFoundError):
                kept[int(file.stem.rpartition("_")[2])] = file.stat().st_mtime
        return kept

    def has_recording(self, turn_id: str) -> bool:
        """Whether a turn's sound is still here."""
        return self.recording(turn_id).is_file()

    def turns(self) -> list[str]:
        """The turns that have something here, oldest first."""
        if not self._root.is_dir():
            return []
        ages: dict[str, float] = {}
        for folder in self._root.iterdir():
            # Another thread may be removing it.
            with suppress(FileNotFoundError):
                if folder.is_dir():
                    ages[folder.name] = _age(folder)
        return sorted(ages, key=ages.__getitem__)

    def forget_all(self) -> None:
        """Remove everything."""
        with self._removing:
            shutil.rmtree(self._root, ignore_errors=True)

    def tidy(self, turns: Iterable[str], unanswered: set[str], days: int) -> None:
        """Remove what is older than the user said, and the oldest over the limit.

        Of these `turns` those go that are older than `days`; but the `unanswered`,
        which can be tried again, stay at least `UNANSWERED_DAYS`.
        """
        with self._removing:
            now = time.time()
            for turn_id in turns:
                kept = max(days, UNANSWERED_DAYS) if turn_id in unanswered else days
                # It may have been removed since the turns were listed.
                with suppress(FileNotFoundError):
                    # With no time to wait for, a clock that was set back is no matter.
                    if not kept or _age(self._root / turn_id) <= now - kept * 86_400:
                        self._remove(turn_id)
            self._keep_within(LARGEST)

    def _keep_within(self, limit: int) -> None:
        """Remove the oldest turns over a limit, in bytes."""
        sizes = {turn_id: self._size(turn_id) for turn_id in self.turns()}
        excess = sum(sizes.values()) - limit
        for turn_id, size in sizes.items():
            if excess <= 0:
                return
            self._remove(turn_id)
            excess -= size

    def _remove(self, turn_id: str) -> None:
        shutil.rmtree(self._root / turn_id, ignore_errors=True)

    def _size(self, turn_id: str) -> int:
        return sum(file.stat().st_size for file in (self._root / turn_id).iterdir())


def _age(folder: Path) -> float:
    return folder.stat().st_mtime
