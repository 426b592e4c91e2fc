"""Porcupine: the real library as far as it runs without a paid key.

It reads its files before it looks at the key, so files are checked by itself. What
needs a key (hearing, activation) is stood in for at its door, `create`.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pvporcupine
import pytest

from custom_components.reply_satellite.voice.errors import (
    BusyError,
    NoFundsError,
    RefusedError,
    Service,
    UnreachableError,
    VoiceError,
    WrongKeyError,
)
from custom_components.reply_satellite.voice.hearing.porcupine import (
    SCORE,
    PorcupineSpotter,
)
from custom_components.reply_satellite.voice.hearing.porcupine_errors import (
    UnfitFileError,
    UnusableError,
)
from custom_components.reply_satellite.voice.hearing.spotter import Keyword

from .hardware import MARKS
from .picovoice import FIT, Engine

KEY = "secret-key-0123456789"

PATHS = {Keyword.REPLY: "/reply.ppn", Keyword.SNAPSHOT: "/snapshot.ppn"}
FIT_FILES = {Keyword.REPLY: str(FIT), Keyword.SNAPSHOT: str(FIT)}


@pytest.fixture
def created(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Accept the key; return what was asked for, with the engine."""
    asked: list[dict[str, Any]] = []

    def create(**wanted: Any) -> Engine:
        engine = Engine(len(wanted["keyword_paths"]))
        asked.append({**wanted, "engine": engine})
        return engine

    monkeypatch.setattr(pvporcupine, "create", create)
    return asked


def _sound(seconds: float, **words: float) -> np.ndarray[Any, np.dtype[np.int16]]:
    sound = np.zeros(int(seconds * 16_000), np.int16)
    for word, second in words.items():
        sound[int(second * 16_000)] = MARKS[Keyword(word)]
    return sound


# --- hearing ---


def test_hears_its_words_in_chunks_of_any_size(created: list[dict[str, Any]]) -> None:
    spotter = PorcupineSpotter(KEY, PATHS, {Keyword.REPLY: 0.75})
    spotter.sensitivities = dict.fromkeys(Keyword, 0.5)
    sound = _sound(4, computer=0.5, snapshot=2.0, reply=3.0)
    heard = [
        detection
        for at in range(0, len(sound), 640)
        for detection in spotter.process(sound[at : at + 640])
    ]
    assert [(each.keyword, each.score) for each in heard] == [
        (Keyword.COMPUTER, SCORE),
        (Keyword.SNAPSHOT, SCORE),
        (Keyword.REPLY, SCORE),
    ]
    assert [each.end for each in heard] == pytest.approx([0.5, 2.0, 3.0], abs=0.033)
    (asked,) = created
    assert asked["access_key"] == KEY
    assert asked["keyword_paths"][0].endswith("computer_linux.ppn")
    assert asked["keyword_paths"][1:] == ["/reply.ppn", "/snapshot.ppn"]
    assert asked["sensitivities"] == [0.5, 0.75, 0.5]


@pytest.mark.usefixtures("created")
def test_only_armed_words_are_told() -> None:
    spotter = PorcupineSpotter(KEY, PATHS)
    spotter.sensitivities = {Keyword.REPLY: 0.5}
    heard = spotter.process(_sound(2, computer=0.5, reply=1.5))
    assert [each.keyword for each in heard] == [Keyword.REPLY]


def test_reset_begins_a_new_stream(created: list[dict[str, Any]]) -> None:
    spotter = PorcupineSpotter(KEY, PATHS)
    spotter.process(_sound(1.01))
    spotter.reset()
    (heard,) = spotter.process(_sound(1, computer=0.5))
    assert heard.end == pytest.approx(0.5, abs=0.033)
    spotter.close()
    assert created[0]["engine"].deleted


def test_failure_in_the_middle_is_one_of_ours(created: list[dict[str, Any]]) -> None:
    spotter = PorcupineSpotter(KEY, PATHS)
    created[0]["engine"].failure = pvporcupine.PorcupineActivationError(KEY)
    with pytest.raises(WrongKeyError):
        spotter.process(_sound(1))


# --- failures ---


@pytest.mark.usefixtures("created")
def test_word_without_a_file_is_refused_not_passed_over() -> None:
    with pytest.raises(RefusedError, match="no keyword file for snapshot"):
        PorcupineSpotter(KEY, {Keyword.REPLY: "/reply.ppn"})


@pytest.mark.parametrize("key", ["", "x", KEY])
def test_malformed_key_is_wrong_and_told_to_nobody(key: str) -> None:
    with pytest.raises(WrongKeyError) as raised:
        PorcupineSpotter(key, FIT_FILES)
    assert raised.value.service is Service.PORCUPINE
    assert not key or len(key) == 1 or key not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (pvporcupine.PorcupineActivationError, WrongKeyError),
        (pvporcupine.PorcupineActivationRefusedError, WrongKeyError),
        (pvporcupine.PorcupineKeyError, WrongKeyError),
        (pvporcupine.PorcupineActivationLimitError, NoFundsError),
        (pvporcupine.PorcupineActivationThrottledError, BusyError),
        (pvporcupine.PorcupineRuntimeError, UnreachableError),
        (pvporcupine.PorcupineMemoryError, RefusedError),
        (OSError, UnusableError),
        (ValueError, RefusedError),
    ],
)
def test_each_failure_to_start_is_one_of_ours(
    raised: type[Exception],
    expected: type[VoiceError],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def create(**_wanted: Any) -> Engine:
        raise raised(f"something about {KEY}")

    monkeypatch.setattr(pvporcupine, "create", create)
    with pytest.raises(expected) as mapped:
        PorcupineSpotter(KEY, PATHS)
    assert type(mapped.value) is expected
    assert mapped.value.service is Service.PORCUPINE
    assert KEY not in str(mapped.value)


@pytest.mark.parametrize(
    "failure",
    [
        ImportError("no module"),
        NotImplementedError("Unsupported CPU: '0xd05'."),
        RuntimeError("Failed to identify the CPU"),
        ValueError("Unsupported system 'Plan9'."),
        OSError("libpv_porcupine.so: cannot open shared object file"),
    ],
)
def test_machine_porcupine_is_not_made_for(
    failure: Exception, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _replace_pvporcupine(monkeypatch, tmp_path, f"raise {failure!r}")
    with pytest.raises(UnusableError) as raised:
        PorcupineSpotter(KEY, PATHS)
    assert raised.value.service is Service.PORCUPINE


def test_library_that_does_not_load_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On musl the wheel installs, and its library does not load."""
    library = tmp_path / "libpv_porcupine.so"
    library.write_bytes(b"\x7fELF of another world")
    create = pvporcupine.create
    monkeypatch.setattr(
        pvporcupine,
        "create",
        lambda **wanted: create(library_path=str(library), **wanted),
    )
    with pytest.raises(UnusableError, match="does not load"):
        PorcupineSpotter(KEY, FIT_FILES)


def test_file_that_went_is_unfit() -> None:
    with pytest.raises(UnfitFileError, match="not there"):
        PorcupineSpotter(KEY, PATHS)


def _replace_pvporcupine(
    monkeypatch: pytest.MonkeyPatch, folder: Path, source: str
) -> None:
    (folder / "pvporcupine.py").write_text(source)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "pvporcupine")
