"""What is louder than the room, and what is the room."""

import numpy as np
import pytest

from custom_components.reply_satellite.voice.hearing.features import HOP, WINDOW, LogMel
from custom_components.reply_satellite.voice.hearing.stillness import Stillness
from tests.house.voices import say

RATE = 16_000
FRAMES = 8
BLOCK = FRAMES * HOP


def _room(seconds: float, level: float) -> np.ndarray:
    noise = np.random.default_rng(4).normal(0, level, int(seconds * RATE))
    return noise.astype(np.int16)


def _heard(samples: np.ndarray, stillness: Stillness | None = None) -> list[bool]:
    """Return for each block whether something was heard in it."""
    stillness = stillness or Stillness(FRAMES)
    frames = LogMel()(samples)
    blocks = frames[: len(frames) // FRAMES * FRAMES].reshape(-1, FRAMES, 32)
    return [stillness.hears(block) for block in blocks]


@pytest.mark.parametrize("level", [0, 2, 10, 300, 5000])
def test_a_room_is_still_however_loud_it_is(level: int) -> None:
    assert not any(_heard(_room(60, level)))


@pytest.mark.parametrize("decibels", [10, 5])
def test_a_word_in_noise_is_heard(decibels: float) -> None:
    word = say(4.0, "computer", 0.3).samples
    said = word[4 * RATE :].astype(float)
    level = np.sqrt((said**2).mean()) / 10 ** (decibels / 20)
    noise = np.random.default_rng(5).normal(0, level, len(word))
    heard = _heard((word + noise).astype(np.int16))
    before = (4 * RATE - WINDOW) // BLOCK
    assert not any(heard[:before])
    assert sum(heard[before:]) >= 3


def test_a_fan_is_the_room_after_three_seconds() -> None:
    heard = _heard(np.concatenate([_room(5, 20), _room(10, 200)]))
    began, ended = heard.index(True), len(heard) - heard[::-1].index(True)
    assert began * 0.08 == pytest.approx(5.0, abs=0.1)
    assert ended * 0.08 == pytest.approx(8.0, abs=0.2)


def test_a_room_can_be_forgotten() -> None:
    stillness = Stillness(FRAMES)
    assert not any(_heard(_room(2, 20), stillness))
    stillness.reset()
    assert not any(_heard(_room(2, 200), stillness))
