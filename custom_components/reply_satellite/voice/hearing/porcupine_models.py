"""Keyword files of Porcupine (.ppn): checked, and trained from a phrase.

Everything here blocks and belongs in an executor.
"""

import platform
import re
import tempfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Final

from ..errors import (
    BusyError,
    NoFundsError,
    RefusedError,
    Service,
    UnreachableError,
    VoiceError,
    WrongKeyError,
)
from .porcupine import create_porcupine, load_porcupine
from .spotter import Keyword

LARGEST: Final = 1_000_000
"""Bytes; the files Porcupine brings have 4 to 13 thousand."""

_LANGUAGE: Final = "en"
_STATUS: Final = re.compile(r"^HTTP (\d{3})")
# Not a key, and seen to be none before anybody is asked about it.
_NO_KEY: Final = "-"


def check_keyword_file(path: Path) -> None:
    """Let Porcupine read a keyword file: its form, its platform, its version.

    It reads its files before it looks at the key, so no key is needed, and nobody is
    asked. Raises VoiceError if the file is unfit, or Porcupine can't run here.
    """
    try:
        with path.open("rb") as file:
            beginning = file.read(4)
        if path.stat().st_size > LARGEST:
            raise RefusedError(Service.PORCUPINE, "keyword file: far too large")
    except OSError as error:
        detail = f"keyword file: {error.strerror}"
        raise RefusedError(Service.PORCUPINE, detail) from error
    if beginning == b"PK\3\4":
        detail = "keyword file: a ZIP archive, the .ppn is inside"
        raise RefusedError(Service.PORCUPINE, detail)
    with suppress(WrongKeyError):
        create_porcupine(_NO_KEY, [str(path)], [0.5])


def train_keyword(key: str, keyword: Keyword, folder: Path) -> Path:
    """Have Picovoice make a word's keyword file, once; return where it is kept.

    The SDK sets no time limit: the caller must. Raises VoiceError.
    """
    porcupine = load_porcupine()
    major = version("pvporcupine").partition(".")[0]
    path = folder / f"{keyword}_{_LANGUAGE}_{platform.machine()}_v{major}.ppn"
    if path.exists():
        return path
    if not hasattr(porcupine, "train_wake_word_from_phrase"):
        raise RefusedError(Service.PORCUPINE, "this version can't train words")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as unfinished:
            trained = Path(unfinished, path.name)
            porcupine.train_wake_word_from_phrase(
                key, str(trained), _LANGUAGE, keyword.value
            )
            check_keyword_file(trained)
            trained.rename(path)
    except (RuntimeError, OSError, ValueError) as error:
        # Without its cause, whose words may hold the key.
        raise _training_error(error) from None
    return path


def _training_error(error: Exception) -> VoiceError:
    """Make one of ours of what the training raised, by its HTTP status."""
    status = _STATUS.match(str(error))
    detail = f"training: {status[0]}" if status else "training failed"
    match int(status[1]) if status else None:
        case 401 | 403:
            return WrongKeyError(Service.PORCUPINE, detail)
        case 402:
            return NoFundsError(Service.PORCUPINE, detail)
        case 429:
            return BusyError(Service.PORCUPINE, detail)
        case int(code) if code < 500:
            return RefusedError(Service.PORCUPINE, detail)
    return UnreachableError(Service.PORCUPINE, detail)
