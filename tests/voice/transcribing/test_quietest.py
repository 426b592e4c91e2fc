"""Where to cut while somebody speaks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from custom_components.reply_satellite.voice.transcribing.quietest import quietest

RATE = 16_000


def _noise(seconds: float) -> np.ndarray:
    dice = np.random.default_rng(7)
    return dice.integers(-8_000, 8_000, round(seconds * RATE)).astype("<i2")


@given(gap=st.integers(80, 480))
def test_the_gap_between_two_words_is_found(gap: int) -> None:
    samples = _noise(6.0)
    samples[gap * RATE // 100 : gap * RATE // 100 + RATE // 20] //= 50
    place = quietest(samples.tobytes(), margin=RATE)
    assert abs(place / 2 / RATE - (gap / 100 + 0.025)) <= 0.011
    assert place % 2 == 0


def test_the_margins_are_left_alone() -> None:
    samples = _noise(2.0)
    samples[: RATE // 2] = 0
    samples[-RATE // 2 :] = 0
    place = quietest(samples.tobytes(), margin=RATE)
    assert RATE <= place <= samples.nbytes - RATE


def test_too_little_sound_is_cut_in_the_middle() -> None:
    assert quietest(b"\1\0" * 100, margin=80) == 100
    assert quietest(b"\1\0" * 101, margin=80) % 2 == 0
