"""Keyword files of Porcupine: checked by the real library, trained by a stand-in."""

from pathlib import Path
from typing import Any

import pvporcupine
import pytest

from custom_components.reply_satellite.voice.errors import (
    BusyError,
    NoFundsError,
    RefusedError,
    UnreachableError,
    VoiceError,
    WrongKeyError,
)
from custom_components.reply_satellite.voice.hearing import porcupine_models
from custom_components.reply_satellite.voice.hearing.porcupine_models import (
    LARGEST,
    check_keyword_file,
    train_keyword,
)
from custom_components.reply_satellite.voice.hearing.spotter import Keyword

KEY = "secret-key-0123456789"
FILES = Path(pvporcupine.__file__).parent / "resources" / "keyword_files"
FIT = FILES / "linux" / "alexa_linux.ppn"


# --- keyword files ---


def test_fit_file_is_accepted() -> None:
    check_keyword_file(FIT)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "another platform"),
        (b"not a model", "another platform"),
        (FIT.read_bytes()[:2_000], "another platform"),
        ((FILES / "windows" / "alexa_windows.ppn").read_bytes(), "another platform"),
        (b"PK\3\4 and more", "ZIP"),
        (bytes(LARGEST + 1), "too large"),
    ],
    ids=["empty", "text", "cut", "windows", "zip", "huge"],
)
def test_unfit_file_is_refused(content: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "reply.ppn"
    path.write_bytes(content)
    with pytest.raises(RefusedError, match=told):
        check_keyword_file(path)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="No such file"):
        check_keyword_file(tmp_path / "reply.ppn")


def test_file_of_another_version_says_of_which(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the words of version 4.0.3 for a file of version 3."""
    words = (
        "Keyword file (.ppn) file belongs to a different version of the library. "
        "File is `3.0.0` while library is `4.0.0`."
    )
    said = pvporcupine.PorcupineInvalidArgumentError(
        "Initialization failed", [words, "Loading keyword file at `x` failed"]
    )

    def create(**_wanted: Any) -> None:
        raise said

    monkeypatch.setattr(pvporcupine, "create", create)
    with pytest.raises(RefusedError, match=r"File is 3\.0\.0 while library is 4\.0\.0"):
        check_keyword_file(FIT)


# --- training ---


def _trainer(
    monkeypatch: pytest.MonkeyPatch, outcome: bytes | Exception
) -> list[tuple[str, ...]]:
    """Stand in for Picovoice's training service."""
    asked: list[tuple[str, ...]] = []

    def train(key: str, path: str, language: str, phrase: str) -> None:
        asked.append((key, language, phrase))
        if isinstance(outcome, Exception):
            raise outcome
        Path(path).write_bytes(outcome)

    monkeypatch.setattr(pvporcupine, "train_wake_word_from_phrase", train)
    return asked


def test_word_is_trained_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = _trainer(monkeypatch, FIT.read_bytes())
    folder = tmp_path / "models"
    first = train_keyword(KEY, Keyword.REPLY, folder)
    assert train_keyword(KEY, Keyword.REPLY, folder) == first
    assert asked == [(KEY, "en", "reply")]
    assert first.read_bytes() == FIT.read_bytes()
    assert list(folder.iterdir()) == [first]
    assert train_keyword(KEY, Keyword.SNAPSHOT, folder) != first


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (RuntimeError(f"HTTP 401: {KEY}"), WrongKeyError),
        (RuntimeError("HTTP 403: no"), WrongKeyError),
        (RuntimeError("HTTP 402: pay"), NoFundsError),
        (RuntimeError("HTTP 429: slow down"), BusyError),
        (RuntimeError("HTTP 400: phrase"), RefusedError),
        (RuntimeError("HTTP 503: later"), UnreachableError),
        (RuntimeError("Request failed: no route"), UnreachableError),
        (b"<html>not a model</html>", RefusedError),
    ],
)
def test_training_that_fails_leaves_nothing(
    outcome: bytes | Exception,
    expected: type[VoiceError],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    _trainer(monkeypatch, outcome)
    with pytest.raises(expected) as raised:
        train_keyword(KEY, Keyword.REPLY, tmp_path)
    assert KEY not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_version_that_can_not_train(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delattr(pvporcupine, "train_wake_word_from_phrase")
    with pytest.raises(RefusedError, match="can't train"):
        train_keyword(KEY, Keyword.REPLY, tmp_path)


def test_key_used_to_check_files_is_none() -> None:
    """It must be seen to be malformed before anybody is asked about it."""
    with pytest.raises(pvporcupine.PorcupineInvalidArgumentError, match="parse"):
        pvporcupine.create(
            access_key=porcupine_models._NO_KEY, keyword_paths=[str(FIT)]
        )
