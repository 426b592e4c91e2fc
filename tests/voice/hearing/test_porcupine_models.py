"""Keyword files of Porcupine: checked by the real library, trained by a stand-in."""

from collections.abc import Iterator
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
from custom_components.reply_satellite.voice.hearing.porcupine_errors import (
    Unfit,
    UnfitFileError,
)
from custom_components.reply_satellite.voice.hearing.porcupine_models import (
    LARGEST,
    check_keyword_file,
    keyword_files,
    train_keyword,
)
from custom_components.reply_satellite.voice.hearing.spotter import Keyword

from .picovoice import FIT, UNFIT, Trainer

KEY = "secret-key-0123456789"


# --- keyword files ---


def test_fit_file_is_accepted() -> None:
    check_keyword_file(FIT)


@pytest.mark.parametrize(
    ("content", "unfit"),
    [
        (b"", Unfit.PLATFORM),
        (b"not a model", Unfit.PLATFORM),
        (FIT.read_bytes()[:2_000], Unfit.PLATFORM),
        (UNFIT.read_bytes(), Unfit.PLATFORM),
        (b"PK\3\4 and more", Unfit.ARCHIVE),
        (bytes(LARGEST + 1), Unfit.PLATFORM),
    ],
    ids=["empty", "text", "cut", "windows", "zip", "huge"],
)
def test_unfit_file_is_refused(content: bytes, unfit: Unfit, tmp_path: Path) -> None:
    path = tmp_path / "reply.ppn"
    path.write_bytes(content)
    with pytest.raises(UnfitFileError) as raised:
        check_keyword_file(path)
    assert raised.value.key is unfit


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnfitFileError, match="No such file"):
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
    with pytest.raises(
        UnfitFileError, match=r"3\.0\.0 while library is 4\.0"
    ) as raised:
        check_keyword_file(FIT)
    assert raised.value.key is Unfit.VERSION


# --- training ---


@pytest.fixture
def trainer(socket_enabled: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trainer]:
    """Picovoice's training service."""
    del socket_enabled
    trainer = Trainer()
    with trainer.serving() as address:
        monkeypatch.setattr(pvporcupine._util, "PV_API_URL", address)
        yield trainer


def test_word_is_trained_once(trainer: Trainer, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    first = train_keyword(KEY, Keyword.REPLY, folder)
    assert train_keyword(KEY, Keyword.REPLY, folder) == first
    ((key, path, body),) = trainer.asked
    assert (key, path, body["phrase"]) == (KEY, "/en/api/ppn", "reply")
    assert first.read_bytes() == FIT.read_bytes()
    assert list(folder.iterdir()) == [first]
    assert train_keyword(KEY, Keyword.SNAPSHOT, folder) != first


def test_only_words_without_a_file_are_trained(
    trainer: Trainer, tmp_path: Path
) -> None:
    files = keyword_files(KEY, {Keyword.REPLY: "own.ppn"}, tmp_path)
    assert files[Keyword.REPLY] == "own.ppn"
    assert Path(files[Keyword.SNAPSHOT]).read_bytes() == FIT.read_bytes()
    assert [body["phrase"] for _, _, body in trainer.asked] == ["snapshot"]


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (401, f"whose is {KEY}?", WrongKeyError),
        (403, "no", WrongKeyError),
        (402, "pay", NoFundsError),
        (429, "slow down", BusyError),
        (400, "phrase", RefusedError),
        (503, "later", UnreachableError),
        (200, "<html>not a model</html>", UnfitFileError),
    ],
)
def test_training_that_fails_leaves_nothing(
    status: int,
    answer: str,
    expected: type[VoiceError],
    trainer: Trainer,
    tmp_path: Path,
) -> None:
    trainer.status, trainer.answer = status, answer.encode()
    with pytest.raises(expected) as raised:
        train_keyword(KEY, Keyword.REPLY, tmp_path)
    assert type(raised.value) is expected
    assert KEY not in str(raised.value)
    assert raised.value.__cause__ is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("socket_enabled")
def test_training_service_that_can_not_be_reached(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Trainer().serving() as address:
        pass
    monkeypatch.setattr(pvporcupine._util, "PV_API_URL", address)
    with pytest.raises(UnreachableError):
        train_keyword(KEY, Keyword.REPLY, tmp_path)
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
