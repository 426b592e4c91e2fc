"""Recordings that end by themselves: a speaker falls silent, or only pauses."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import override

import numpy as np
import pytest
from numpy.typing import NDArray

from custom_components.reply_satellite.voice.hearing.ear import Ear
from custom_components.reply_satellite.voice.hearing.heard import FellSilent
from custom_components.reply_satellite.voice.hearing.silence import (
    BEFORE_SPEECH,
    LoudVoice,
    MicroVoice,
    Silence,
    Voice,
    best_voice,
)
from tests.house.voices import say

from .hardware import Posts, chunks, noise, pcm

RATE = 16_000
PAUSE = 0.8
SILENT = 1.5


@pytest.fixture(scope="module")
def speech() -> tuple[NDArray[np.float64], float]:
    """A sentence with a pause in it and half a minute after it; when it ends."""
    said = say("the washing machine has finished", PAUSE, "and the window is open", 8.0)
    return said.samples.astype(np.float64), said.parts[-1].end


def _noisy(sound: NDArray[np.float64], rms: float) -> bytes:
    return pcm(sound + np.random.default_rng(4).normal(0, rms, sound.size))


def _ends(sound: bytes, silence: Silence, chunk: int = 640) -> float | None:
    """Return the second at which the silence had lasted."""
    samples = np.frombuffer(sound, "<i2")
    for at in range(0, samples.size, chunk):
        if silence.hear(samples[at : at + chunk]):
            return (at + chunk) / RATE
    return None


@pytest.mark.parametrize("rms", [3, 300])
@pytest.mark.parametrize("chunk", [640, 333])
def test_it_is_told_when_speech_has_ended_and_not_in_a_pause(
    speech: tuple[NDArray[np.float64], float], rms: float, chunk: int
) -> None:
    sound, end = speech
    told = _ends(_noisy(sound, rms), Silence(SILENT, MicroVoice()), chunk)
    assert told == pytest.approx(end + SILENT, abs=0.3)


def test_without_microvad_what_is_loud_speaks(
    speech: tuple[NDArray[np.float64], float],
) -> None:
    sound, end = speech
    told = _ends(_noisy(sound, 3), Silence(SILENT, LoudVoice()))
    assert told == pytest.approx(end + SILENT, abs=0.3)


@pytest.mark.parametrize("voice", [MicroVoice, LoudVoice])
def test_who_has_not_begun_to_speak_may_think(voice: Callable[[], Voice]) -> None:
    told = _ends(noise(10), Silence(SILENT, voice()))
    assert told == pytest.approx(BEFORE_SPEECH, abs=0.05)
    patient = 2 * BEFORE_SPEECH
    told = _ends(noise(patient + 1), Silence(patient, voice()))
    assert told == pytest.approx(patient, abs=0.05)


@pytest.mark.parametrize("voice", [MicroVoice, LoudVoice])
def test_the_rest_of_the_word_that_began_it_is_no_speech(
    voice: Callable[[], Voice],
) -> None:
    word = say(0.2, "computer", 10.0)
    end = word.parts[-1].end
    rest = word.samples[round((end - 0.2) * RATE) :].astype(np.float64)
    told = _ends(_noisy(rest, 3), Silence(SILENT, voice()))
    assert told == pytest.approx(BEFORE_SPEECH, abs=0.3)


@pytest.mark.parametrize("voice", [MicroVoice, LoudVoice])
def test_who_speaks_from_the_start_and_never_pauses_is_heard(
    voice: Callable[[], Voice],
) -> None:
    said = say(0.5, "yes please do", 10.0)
    start = int(np.flatnonzero(np.abs(said.samples) > 200)[0])
    sound = said.samples[start:].astype(np.float64)
    told = _ends(_noisy(sound, 3), Silence(SILENT, voice()))
    end = said.parts[-1].end - start / RATE
    assert told == pytest.approx(end + SILENT, abs=0.3)


def test_the_best_voice_is_that_of_home_assistant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert isinstance(best_voice(), MicroVoice)
    monkeypatch.setitem(sys.modules, "pymicro_vad", None)
    assert isinstance(best_voice(), LoudVoice)


class Mute(Voice):
    """Hears nobody, and counts what it was asked."""

    lag = 0.0

    def __init__(self) -> None:
        """Begin."""
        self.asked = 0

    @override
    def hear(self, samples: NDArray[np.int16]) -> bool:
        self.asked += samples.size
        return False


@pytest.fixture
def mute(monkeypatch: pytest.MonkeyPatch) -> Mute:
    """The voice of every recording."""
    voice = Mute()
    monkeypatch.setattr(
        "custom_components.reply_satellite.voice.hearing.ear.best_voice",
        lambda: voice,
    )
    return voice


def _hear(ear: Ear, seconds: float) -> None:
    for chunk in chunks(noise(seconds)):
        ear.hear(chunk)


def test_a_recording_tells_it_once(
    ear: Ear, posts: Posts, mute: Mute, tmp_path: Path
) -> None:
    _hear(ear, 1)
    assert mute.asked == 0
    ear.begin_recording(tmp_path / "a.pcm", since=0.5, silence=SILENT)
    _hear(ear, BEFORE_SPEECH + SILENT + 2)
    assert posts.of(FellSilent) == [FellSilent()]


@pytest.mark.parametrize("silence", [0.0, SILENT])
def test_it_costs_nothing_where_nobody_waits_for_it(
    ear: Ear, posts: Posts, mute: Mute, tmp_path: Path, silence: float
) -> None:
    ear.begin_recording(tmp_path / "a.pcm", since=0, silence=silence)
    if silence:
        ear.end_recording()
    _hear(ear, 2 * BEFORE_SPEECH)
    assert mute.asked == 0
    assert not posts.of(FellSilent)
