"""Log-mel frames."""

import numpy as np
import pytest

from custom_components.reply_satellite.voice.hearing.features import (
    BANDS,
    FLOOR,
    HOP,
    SAMPLE_RATE,
    WINDOW,
    LogMel,
    mel_filters,
)


def _tone(hertz: float, level: float = 0.1) -> np.ndarray:
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    return np.round(32_767 * level * np.sin(2 * np.pi * hertz * time)).astype(np.int16)


def test_every_band_hears_something() -> None:
    filters = mel_filters()
    assert filters.shape == (257, BANDS)
    assert filters.min() == 0.0
    # Each is of area one, as well as bins of 31.25 Hz can tell.
    assert np.allclose(filters.sum(axis=0) * 31.25, 1.0, atol=0.25)


def test_one_frame_per_whole_window() -> None:
    assert LogMel()(np.zeros(WINDOW, np.int16)).shape == (1, BANDS)
    assert LogMel()(np.zeros(WINDOW + HOP - 1, np.int16)).shape == (1, BANDS)
    assert LogMel()(np.zeros(WINDOW + 3 * HOP, np.int16)).shape == (4, BANDS)


@pytest.mark.parametrize("hertz", [150.0, 440.0, 900.0, 1700.0, 3400.0])
def test_tone_is_loudest_in_its_band(hertz: float) -> None:
    frames = LogMel()(_tone(hertz))
    known = np.array([60.0, hertz, 3800.0])
    above = 15 + 27 * np.log(known / 1000) / np.log(6.4)
    mel = np.where(known < 1000, known * 3 / 200, above)
    expected = (mel[1] - mel[0]) / (mel[2] - mel[0]) * (BANDS + 1) - 1
    assert abs(float(frames.mean(axis=0).argmax()) - expected) <= 1.0


def test_ten_times_the_amplitude_is_a_hundred_times_the_power() -> None:
    quiet, loud = LogMel()(_tone(1000, 0.05)), LogMel()(_tone(1000, 0.5))
    band = int(loud.mean(axis=0).argmax())
    assert np.allclose(loud[:, band] - quiet[:, band], np.log(100), atol=0.01)


def test_silence_is_the_floor() -> None:
    assert np.allclose(LogMel()(np.zeros(800, np.int16)), np.log(FLOOR))
