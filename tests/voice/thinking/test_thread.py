"""The hot rule, and a thread over a restart."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.reply_satellite.voice.thinking.thread import (
    DEFAULT_WINDOW,
    Thread,
    cools_at,
    is_hot,
)

NOW = 1_795_000_000.0

times = st.floats(min_value=0, max_value=4e9)
windows = st.floats(min_value=0, max_value=1e7)


def thread(touched: float = NOW) -> Thread:
    return Thread(id="conv_1", began=NOW - 1000, touched=touched)


@pytest.mark.parametrize(
    ("after", "window", "hot"),
    [
        (0, 90, True),
        (89.9, 90, True),
        (90, 90, False),
        (3600, 90, False),
        (0, 0, False),
        (10_000_000, None, True),
        (-0.1, 90, False),
        (-3600, 90, False),
        (-3600, None, True),
    ],
)
def test_hot(after: float, window: float | None, hot: bool) -> None:
    assert is_hot(thread(), NOW + after, window) is hot


def test_window_by_default() -> None:
    assert DEFAULT_WINDOW == 90


@pytest.mark.parametrize("window", [0, 90, None])
def test_no_thread_is_never_hot(window: float | None) -> None:
    assert not is_hot(None, NOW, window)
    assert cools_at(None, window) is None


@given(touched=times, now=times, window=windows)
def test_hot_for_the_window_and_no_longer(
    touched: float, now: float, window: float
) -> None:
    ends = cools_at(thread(touched), window)
    assert ends is not None
    assert is_hot(thread(touched), now, window) == (touched <= now < ends)


@given(touched=times, jump=st.floats(min_value=-1e9, max_value=0), window=windows)
def test_clock_set_back_keeps_no_thread_hot_for_longer(
    touched: float, jump: float, window: float
) -> None:
    """Whatever the clock says next, at most the window is left of being hot."""
    now = touched + jump
    if is_hot(thread(touched), now, window):
        ends = cools_at(thread(touched), window)
        assert ends is not None
        assert ends - now <= window + 1e-6


@given(touched=times, now=times)
def test_kept_thread_is_hot_whatever_the_clock_says(touched: float, now: float) -> None:
    assert is_hot(thread(touched), now, None)
    assert cools_at(thread(touched), None) is None


@given(touched=times, now=times, window=st.floats(min_value=1, max_value=1e7))
def test_touched_thread_is_hot(touched: float, now: float, window: float) -> None:
    assert is_hot(thread(touched).touch(now), now, window)


@given(touched=times, now=times, smaller=windows, larger=windows)
def test_larger_window_is_never_colder(
    touched: float, now: float, smaller: float, larger: float
) -> None:
    smaller, larger = sorted((smaller, larger))
    if is_hot(thread(touched), now, smaller):
        assert is_hot(thread(touched), now, larger)


def test_thread_survives_a_restart() -> None:
    kept = json.loads(json.dumps(thread().as_dict()))
    assert Thread.from_dict(kept) == thread()


@pytest.mark.parametrize("kept", [{}, {"id": "conv_1"}])
def test_thread_that_was_not_kept_whole(kept: dict[str, object]) -> None:
    with pytest.raises(KeyError):
        Thread.from_dict(kept)
