"""Cards that know no 16 kHz."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from custom_components.reply_satellite.voice.hearing.resampling import Resampler

from .hardware import pcm


def _tone(hertz: float, rate: int, seconds: float = 1.0) -> NDArray[np.float64]:
    times = np.arange(int(rate * seconds), dtype=np.float64) / rate
    tone: NDArray[np.float64] = 10_000 * np.sin(2 * np.pi * hertz * times)
    return tone


def _converted(
    sound: bytes, rate: int, channels: int = 1, piece: int = 3_840
) -> NDArray[np.float64]:
    resampler = Resampler(rate, channels)
    pieces = [sound[at : at + piece] for at in range(0, len(sound), piece)]
    result = b"".join(resampler.convert(each) for each in pieces)
    return np.frombuffer(result, "<i2").astype(np.float64)


def _level(sound: NDArray[np.float64]) -> float:
    """Return the level in dB over that of the tone, without its first 50 ms."""
    power = max(float(np.mean(sound[800:] ** 2)), 1e-3)
    return 10 * math.log10(power / (10_000**2 / 2))


@pytest.mark.parametrize("rate", [44_100, 48_000, 32_000, 96_000, 22_050, 8_000])
def test_a_second_is_a_second(rate: int) -> None:
    sound = _converted(pcm(_tone(440, rate)), rate)
    assert abs(len(sound) - 16_000) <= 2


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("hertz", [100, 1_000, 4_000])
def test_speech_passes(rate: int, hertz: float) -> None:
    assert _level(_converted(pcm(_tone(hertz, rate)), rate)) == pytest.approx(
        0.0, abs=0.6
    )


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("hertz", [10_000, 12_000, 15_000])
def test_nothing_is_folded_back(rate: int, hertz: float) -> None:
    assert _level(_converted(pcm(_tone(hertz, rate)), rate)) < -50


def test_pieces_make_no_seams() -> None:
    sound = pcm(_tone(1_000, 48_000))
    whole = _converted(sound, 48_000, piece=len(sound))
    cut = _converted(sound, 48_000, piece=960)
    assert np.array_equal(whole, cut)


def test_two_channels_are_mixed() -> None:
    left, right = _tone(1_000, 48_000), np.zeros(48_000)
    both = _converted(pcm(np.column_stack((left, right)).ravel()), 48_000, 2)
    assert _level(both) == pytest.approx(-6.0, abs=0.3)


def test_two_channels_at_16_khz_are_only_mixed() -> None:
    both = _converted(pcm([100, 300] * 1_000), 16_000, 2)
    assert set(both) == {200.0}


def test_own_rate_is_passed_on() -> None:
    sound = pcm(_tone(1_000, 16_000))
    assert Resampler(16_000, 1).convert(sound) == sound


def test_loud_sound_is_not_turned_around() -> None:
    """The low pass swings above a square wave: clipped, not wrapped."""
    square = pcm(np.sign(_tone(300, 48_000)) * 32_767)
    sound = _converted(square, 48_000)
    assert np.mean(np.abs(sound[800:]) > 28_000) > 0.9
