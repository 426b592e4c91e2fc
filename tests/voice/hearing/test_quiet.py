"""When nobody speaks, in any room and at any level."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from custom_components.reply_satellite.voice.hearing.quiet import (
    Began,
    Change,
    Ended,
    Lulled,
    QuietDetector,
)
from tests.house.voices import Speech, Voice, say

RATE = 16_000


@pytest.fixture(scope="module")
def speech() -> Speech:
    """Two sentences with a second between them, half a second around."""
    return say(
        1.0,
        "The washing machine has finished and the window in the kitchen is open",
        1.0,
        "I wonder whether it will be raining again tomorrow morning",
        1.0,
        voice=Voice.RMS,
    )


def _noise(size: int, rms: float, seed: int = 5) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, rms, size)


def _changes(sound: NDArray[np.floating], chunk: int = 640) -> list[Change]:
    samples = np.clip(sound, -32_768, 32_767).astype(np.int16)
    detector = QuietDetector()
    return [
        change
        for at in range(0, len(samples), chunk)
        for change in detector.hear(samples[at : at + chunk])
    ]


def _with_noise(speech: Speech, snr: float, gain: float = 1.0) -> NDArray[np.float64]:
    """Return the speech with white noise so many dB under its mean power."""
    samples = gain * speech.samples.astype(np.float64)
    spoken = np.concatenate(
        [samples[int(p.start * RATE) : int(p.end * RATE)] for p in speech.parts]
    )
    rms = float(np.sqrt(np.mean(spoken**2))) * 10 ** (-snr / 20)
    return samples + _noise(len(samples), rms)


def _quiets(changes: list[Change]) -> list[Began | Ended]:
    """Leave out the lulls, and the ends of those that did not become quiet."""
    found: list[Began | Ended] = []
    for change in changes:
        if isinstance(change, Began) or (
            isinstance(change, Ended) and found and isinstance(found[-1], Began)
        ):
            found.append(change)
    return found


def _check(changes: list[Change], speech: Speech, within: float) -> None:
    """See that quiet is told where nobody speaks, and nowhere else."""
    changes = list(_quiets(changes))
    first, second = speech.parts
    began = [change.position for change in changes if isinstance(change, Began)]
    ended = [change.position for change in changes if isinstance(change, Ended)]
    assert ended == pytest.approx([first.start, second.start], abs=within)
    assert began[0] < first.start
    assert began[1:] == pytest.approx([first.end, second.end], abs=within)


@pytest.mark.parametrize("gain", [0.03, 0.3, 1.0, 3.0])
def test_pauses_in_a_silent_room(speech: Speech, gain: float) -> None:
    sound = gain * speech.samples + _noise(len(speech.samples), 2.0)
    _check(_changes(sound), speech, within=0.12)


@pytest.mark.parametrize("gain", [0.1, 1.0])
@pytest.mark.parametrize("snr", [20, 10])
def test_pauses_in_a_noisy_room(speech: Speech, snr: float, gain: float) -> None:
    _check(_changes(_with_noise(speech, snr, gain)), speech, within=0.3)


def test_offset_of_the_card_is_no_sound(speech: Speech) -> None:
    noisy = _with_noise(speech, 20)
    assert _changes(noisy + 3_000.0) == _changes(noisy)


def test_position_is_where_the_quiet_began_not_where_it_is_told() -> None:
    loud, quiet = _noise(2 * RATE, 3_000), _noise(2 * RATE, 20, seed=6)
    detector = QuietDetector()
    detector.hear(np.concatenate((quiet, loud)).astype(np.int16))
    told = []
    for at in range(0, len(quiet), 320):
        told += [
            (at / RATE + 0.02, change.position)
            for change in detector.hear(quiet[at : at + 320].astype(np.int16))
        ]
    assert [position for _, position in told] == pytest.approx([4.0, 4.0], abs=0.07)
    # First the lull, then the quiet that it became.
    later = [when - position + 4.0 for when, position in told]
    assert later == pytest.approx([0.1, 0.2])


def test_gap_within_a_word_is_no_quiet() -> None:
    room = _noise(6 * RATE, 20)
    talk = _noise(4 * RATE, 2_000, seed=6)
    talk[RATE : RATE + int(0.15 * RATE)] = 0
    room[RATE : 5 * RATE] += talk
    kinds = [type(change) for change in _changes(room)]
    assert kinds == [Lulled, Began, Ended, Lulled, Ended, Lulled, Began]


def test_click_does_not_end_a_quiet() -> None:
    room = _noise(4 * RATE, 20)
    room[2 * RATE : 2 * RATE + 80] = 20_000
    assert [type(change) for change in _changes(room)] == [Lulled, Began]


def test_louder_noise_is_quiet_too_once_it_is_known() -> None:
    """A fan is switched on in mid-recording."""
    room = np.concatenate((_noise(3 * RATE, 20), _noise(8 * RATE, 200, seed=6)))
    changes = _quiets(_changes(room))
    assert [type(change) for change in changes] == [Began, Ended, Began]
    assert changes[1].position == pytest.approx(3.0, abs=0.05)
    assert changes[2].position < 7.0


def test_digital_silence_is_quiet() -> None:
    assert _changes(np.zeros(2 * RATE)) == [Lulled(0.0), Began(0.0)]


def test_quiet_that_goes_on_is_told_again_to_a_new_recording() -> None:
    detector = QuietDetector()
    room = _noise(RATE, 20).astype(np.int16)
    assert [type(change) for change in detector.hear(room)] == [Lulled, Began]
    assert detector.hear(room) == []
    detector.begin()
    lull, again = detector.hear(room)
    assert lull.position == again.position == pytest.approx(2.0, abs=0.03)


@settings(max_examples=20, deadline=None)
@given(sizes=st.lists(st.integers(1, 3_000), min_size=1, max_size=8))
def test_chunks_of_any_size_give_the_same(sizes: list[int]) -> None:
    room = _noise(4 * RATE, 20)
    room[RATE : 2 * RATE] += _noise(RATE, 2_000, seed=6)
    samples = room.astype(np.int16)
    detector = QuietDetector()
    changes, at, turn = [], 0, 0
    while at < len(samples):
        size = sizes[turn % len(sizes)]
        changes += detector.hear(samples[at : at + size])
        at, turn = at + size, turn + 1
    assert changes == _changes(room)
