"""Log-mel frames, and their running mean."""

import numpy as np
import pytest

from custom_components.reply_satellite.voice.hearing.features import (
    BANDS,
    HOP,
    SAMPLE_RATE,
    WINDOW,
    LogMel,
    RunningMean,
    mel_filters,
)


def _tone(hertz: float, level: float = 0.1) -> np.ndarray:
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    return np.round(32_767 * level * np.sin(2 * np.pi * hertz * time)).astype(np.int16)


def test_every_band_hears_something() -> None:
    filters = mel_filters()
    assert filters.shape == (257, BANDS)
    assert filters.min() == 0.0
    assert (filters.sum(axis=0) > 0.3).all()


def test_one_frame_per_whole_window() -> None:
    assert LogMel()(np.zeros(WINDOW, np.int16)).shape == (1, BANDS)
    assert LogMel()(np.zeros(WINDOW + HOP - 1, np.int16)).shape == (1, BANDS)
    assert LogMel()(np.zeros(WINDOW + 3 * HOP, np.int16)).shape == (4, BANDS)


@pytest.mark.parametrize("hertz", [150.0, 440.0, 1000.0, 3000.0, 7000.0])
def test_tone_is_loudest_in_its_band(hertz: float) -> None:
    frames = LogMel()(_tone(hertz))
    mel = 2595 * np.log10(1 + np.array([60.0, hertz, 7600.0]) / 700)
    expected = (mel[1] - mel[0]) / (mel[2] - mel[0]) * (BANDS + 1) - 1
    assert abs(float(frames.mean(axis=0).argmax()) - expected) <= 1.0


def test_ten_times_the_amplitude_is_a_hundred_times_the_power() -> None:
    quiet, loud = LogMel()(_tone(1000, 0.05)), LogMel()(_tone(1000, 0.5))
    band = int(loud.mean(axis=0).argmax())
    assert np.allclose(loud[:, band] - quiet[:, band], np.log(100), atol=0.01)


def test_silence_is_the_floor() -> None:
    assert np.allclose(LogMel()(np.zeros(800, np.int16)), np.log(1e-7))


def test_mean_is_exact_at_first() -> None:
    frames = np.random.default_rng(1).normal(size=(20, BANDS)).astype(np.float32)
    centred = RunningMean()(frames)
    expected = [frame - frames[: at + 1].mean(0) for at, frame in enumerate(frames)]
    assert np.allclose(centred, expected, atol=1e-5)


def test_gain_does_not_matter() -> None:
    frames = np.random.default_rng(2).normal(size=(300, BANDS)).astype(np.float32)
    assert np.allclose(RunningMean()(frames), RunningMean()(frames + 3.0), atol=1e-4)


def test_mean_follows_a_new_room() -> None:
    mean = RunningMean()
    mean(np.zeros((500, BANDS), np.float32))
    after = mean(np.ones((450, BANDS), np.float32))
    assert after[0].min() > 0.95
    assert after[150].max() < 0.4
    assert after[-1].max() < 0.06


def test_mean_begins_anew() -> None:
    mean = RunningMean()
    frames = np.random.default_rng(3).normal(size=(40, BANDS)).astype(np.float32)
    first = mean(frames)
    mean.reset()
    assert np.array_equal(mean(frames), first)
