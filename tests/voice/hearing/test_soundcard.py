"""The program around soundcard, and what becomes of its failures."""

import json
import runpy
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from custom_components.reply_satellite.voice.hearing import soundcard_microphone
from custom_components.reply_satellite.voice.hearing.microphone import (
    DeviceError,
    Fault,
)
from custom_components.reply_satellite.voice.hearing.soundcard_microphone import (
    SoundcardMicrophone,
    list_soundcard_inputs,
)
from tests.house.sound import Sink, SoundCard

PROGRAM = str(soundcard_microphone._PROGRAM)


class Source:
    """A source that brings full scale, then more, until there is no more of it."""

    isloopback = False

    def __init__(self, name: str, blocks: int = 3) -> None:
        """Bring so many blocks."""
        self.id = name
        self.name = name.title()
        self.when_read: Callable[[], None] = lambda: None
        self._blocks = blocks

    @contextmanager
    def recorder(self, rate: int, channels: int, blocksize: int) -> Iterator[Source]:
        """Be recorded."""
        assert (rate, channels, blocksize) == (16_000, 1, 1_280)
        yield self

    def record(self, samples: int) -> NDArray[np.float32]:
        """Return a block, shape (samples, 1), or be no more."""
        self.when_read()
        self._blocks -= 1
        if self._blocks < 0:
            raise RuntimeError("stream is in status FAILED")
        return np.full((samples, 1), 1.5 if self._blocks else -0.5, np.float32)


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> list[Source]:
    """The sources that soundcard finds; the first one is the default."""
    found = [Source("mike"), Source("other", blocks=100)]
    stand_in = SimpleNamespace(
        all_microphones=lambda **_which: list(found),
        default_microphone=lambda: found[0],
    )
    monkeypatch.setitem(sys.modules, "soundcard", stand_in)
    return found


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", [PROGRAM, *arguments])
    runpy.run_path(PROGRAM, run_name="__main__")


def test_program_lists_loopbacks_last(
    sources: list[Source],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sources[0].isloopback = True
    _run(monkeypatch, "list")
    assert json.loads(capsys.readouterr().out) == [
        ["other", "Other"],
        ["mike", "Mike"],
    ]


@pytest.mark.parametrize("arguments", [("mike",), ()])
def test_program_writes_samples_clipped(
    sources: list[Source],
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
    arguments: tuple[str, ...],
) -> None:
    assert sources
    with pytest.raises(RuntimeError, match="FAILED"):
        _run(monkeypatch, "record", "30", *arguments)
    samples = np.frombuffer(capfdbinary.readouterr().out, "<i2")
    assert samples.size == 3 * 1_280
    assert set(samples[:2560]) == {32_767}
    assert set(samples[2560:]) == {-16_384}


def test_program_ends_without_such_a_source(
    sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sources
    with pytest.raises(SystemExit, match="no source named nobody"):
        _run(monkeypatch, "record", "30", "nobody")


def test_program_ends_when_the_source_is_gone(
    sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    sources[1].when_read = sources.clear
    with pytest.raises(SystemExit, match="no source named other"):
        _run(monkeypatch, "record", "0.08", "other")


def test_program_ends_when_the_default_is_another(
    sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    sources[0].when_read = sources.reverse
    with pytest.raises(SystemExit, match="another source"):
        _run(monkeypatch, "record", "0.16")


def test_library_that_is_missing_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "soundcard.py").write_text("raise ImportError('no libpulse')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(DeviceError, match="no libpulse") as raised:
        list_soundcard_inputs()
    assert raised.value.fault is Fault.NOT_INSTALLED
    with SoundcardMicrophone(None) as microphone, pytest.raises(DeviceError) as raised:
        microphone.read()
    assert raised.value.fault is Fault.NOT_INSTALLED


def test_sound_server_that_hangs_when_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "soundcard.py").write_text("import time; time.sleep(60)")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(soundcard_microphone, "_ASK_TIMEOUT", 0.5)
    with pytest.raises(DeviceError) as raised:
        list_soundcard_inputs()
    assert raised.value.fault is Fault.STALLED


@pytest.mark.sound
def test_libpulse_is_found_where_python_finds_no_library(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sound_card: SoundCard
) -> None:
    """As on musl, of which Home Assistant's own image is made."""
    text = "import ctypes.util\nctypes.util.find_library = lambda name: None\n"
    (tmp_path / "sitecustomize.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    assert f"soundcard:{Sink.ROOM.monitor}" in {
        one.id for one in list_soundcard_inputs()
    }
