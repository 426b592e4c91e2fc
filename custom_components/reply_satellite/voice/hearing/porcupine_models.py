"""Keyword files of Porcupine (.ppn): checked, and trained from a phrase.

Everything here blocks and belongs in an executor.
"""

import platform
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Final

from ..errors import RefusedError, Service, WrongKeyError
from .porcupine import create_porcupine, load_porcupine
from .porcupine_errors import Unfit, UnfitFileError, training_error
from .spotter import Keyword

LARGEST: Final = 1_000_000
"""Bytes; the files Porcupine brings have 4 to 13 thousand."""

WORDS: Final = (Keyword.REPLY, Keyword.SNAPSHOT)
"""The words that Porcupine has not built in."""

_LANGUAGE: Final = "en"
# Not a key, and seen to be none before anybody is asked about it.
_NO_KEY: Final = "-"


def check_keyword_file(path: Path) -> None:
    """Let Porcupine read a keyword file: its form, its platform, its version.

    It reads its files before it looks at the key, so no key is needed, and nobody is
    asked. Raises UnfitFileError, or UnusableError where Porcupine can't run.
    """
    try:
        with path.open("rb") as file:
            beginning = file.read(4)
        if path.stat().st_size > LARGEST:
            raise UnfitFileError(Unfit.PLATFORM, "far too large")
    except OSError as error:
        raise UnfitFileError(Unfit.PLATFORM, f"{error.strerror}") from error
    if beginning == b"PK\3\4":
        raise UnfitFileError(Unfit.ARCHIVE, "a ZIP archive, the .ppn is inside")
    with suppress(WrongKeyError):
        create_porcupine(_NO_KEY, [str(path)], [0.5])


def can_train() -> bool:
    """Tell whether this version can train words. Raises UnusableError."""
    return hasattr(load_porcupine(), "train_wake_word_from_phrase")


def keyword_files(
    key: str, uploaded: Mapping[Keyword, str], folder: Path
) -> dict[Keyword, str]:
    """Return a file for each word: the user's own, else one trained into `folder`.

    Raises VoiceError.
    """
    return {
        word: uploaded.get(word) or str(train_keyword(key, word, folder))
        for word in WORDS
    }


def train_keyword(key: str, keyword: Keyword, folder: Path) -> Path:
    """Have Picovoice make a word's keyword file, once; return where it is kept.

    The SDK sets no time limit: the caller must. Raises VoiceError.
    """
    porcupine = load_porcupine()
    major = version("pvporcupine").partition(".")[0]
    path = folder / f"{keyword}_{_LANGUAGE}_{platform.machine()}_v{major}.ppn"
    if path.exists():
        return path
    if not can_train():
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
        raise training_error(error) from None
    return path
