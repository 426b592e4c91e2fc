"""The level meter."""

import numpy as np
import pytest
from numpy.typing import NDArray

from custom_components.reply_satellite.voice.hearing.heard import LevelMeasured
from custom_components.reply_satellite.voice.hearing.level import LevelMeter


def _measure(sound: NDArray[np.int16], chunk: int = 640) -> list[LevelMeasured]:
    meter = LevelMeter()
    levels = (meter.hear(sound[at : at + chunk]) for at in range(0, len(sound), chunk))
    return [level for level in levels if level is not None]


def test_sine_at_full_scale() -> None:
    turns = np.arange(16_000) * 1000 / 16_000
    sine = (32_767 * np.sin(2 * np.pi * turns)).astype(np.int16)
    for level in _measure(sine):
        assert level.rms_dbfs == pytest.approx(-3.01, abs=0.02)
        assert level.peak_dbfs == pytest.approx(0.0, abs=0.02)


def test_nothing_is_one_least_significant_bit() -> None:
    levels = _measure(np.zeros(16_000, np.int16))
    assert levels[0].rms_dbfs == levels[0].peak_dbfs == pytest.approx(-90.3, abs=0.01)


def test_most_negative_sample_is_full_scale() -> None:
    levels = _measure(np.full(16_000, -32_768, np.int16))
    assert levels[0].rms_dbfs == levels[0].peak_dbfs == 0.0


def test_about_eight_a_second() -> None:
    assert 6 <= len(_measure(np.ones(16_000, np.int16))) <= 8


def test_each_period_is_measured_anew() -> None:
    sound = np.concatenate([np.full(4_000, 16_384), np.full(4_000, 3)])
    levels = _measure(sound.astype(np.int16), chunk=2_000)
    assert [round(level.peak_dbfs) for level in levels] == [-6, -6, -81, -81]
