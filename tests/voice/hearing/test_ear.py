"""What becomes of each chunk of sound."""

from pathlib import Path

import numpy as np
import pytest

from custom_components.reply_satellite.voice.hearing.ear import Ear
from custom_components.reply_satellite.voice.hearing.heard import (
    KeywordHeard,
    LevelMeasured,
    Lulled,
    QuietBegan,
    QuietEnded,
    SpotterFailed,
)
from custom_components.reply_satellite.voice.hearing.kept import KEPT_SECONDS, Kept
from custom_components.reply_satellite.voice.hearing.spotter import Keyword, Spotter

from .hardware import SPOTTER_ERROR, MarkSpotter, Posts, chunks, marked, noise, pcm

ALL_WORDS = dict.fromkeys(Keyword, 0.5)


def _hear(ear: Ear, sound: bytes) -> None:
    for chunk in chunks(sound):
        ear.hear(chunk)


# --- what is kept ---


def test_last_seconds_are_kept() -> None:
    kept = Kept()
    sound = noise(10)
    for chunk in chunks(sound):
        kept.add(chunk)
    assert kept.since(16_000) == sound[-32_000:]
    everything = kept.since(1_000_000)
    assert sound.endswith(everything)
    assert KEPT_SECONDS <= len(everything) / 32_000 <= KEPT_SECONDS + 0.1
    assert kept.since(0) == b""


# --- keywords ---


def test_keywords_have_the_position_of_the_stream(ear: Ear, posts: Posts) -> None:
    ear.use_spotter(MarkSpotter)
    ear.arm(ALL_WORDS)
    _hear(ear, marked(noise(3), computer=0.5, snapshot=1.0, reply=2.25))
    words = posts.of(KeywordHeard)
    assert words == posts.all
    assert [(word.keyword, word.end, word.score) for word in words] == [
        (Keyword.COMPUTER, 0.5, 0.9),
        (Keyword.SNAPSHOT, 1.0, 0.9),
        (Keyword.REPLY, 2.25, 0.9),
    ]
    # The chunk with the word had been heard to its end at 1000 s.
    assert [word.clock for word in words] == pytest.approx([999.94, 999.96, 999.93])


def test_only_armed_words_are_heard(ear: Ear, posts: Posts) -> None:
    ear.use_spotter(MarkSpotter)
    ear.arm({Keyword.COMPUTER: 0.5})
    _hear(ear, marked(noise(1), computer=0.5, reply=0.6))
    ear.arm({Keyword.REPLY: 0.5})
    _hear(ear, marked(noise(1), computer=0.5, reply=0.6))
    words = [(heard.keyword, heard.end) for heard in posts.of(KeywordHeard)]
    assert words == [(Keyword.COMPUTER, 0.5), (Keyword.REPLY, 1.6)]


def test_nothing_armed_costs_no_spotting(ear: Ear) -> None:
    spotter = MarkSpotter()
    ear.use_spotter(lambda: spotter)
    _hear(ear, noise(1))
    assert spotter.heard == 0


def test_position_is_right_after_a_time_unarmed(ear: Ear, posts: Posts) -> None:
    ear.use_spotter(MarkSpotter)
    ear.arm(ALL_WORDS)
    _hear(ear, noise(1))
    ear.arm({})
    _hear(ear, noise(2))
    ear.arm(ALL_WORDS)
    _hear(ear, marked(noise(1), reply=0.5))
    assert [heard.end for heard in posts.of(KeywordHeard)] == [3.5]


def test_position_is_right_after_a_lost_device(ear: Ear, posts: Posts) -> None:
    spotter = MarkSpotter()
    ear.use_spotter(lambda: spotter)
    ear.arm(ALL_WORDS)
    _hear(ear, noise(1))
    before = spotter.resets
    ear.interrupt()
    assert spotter.resets == before + 1
    _hear(ear, marked(noise(1), computer=0.5))
    assert [heard.end for heard in posts.of(KeywordHeard)] == [1.5]


def test_spotter_that_fails_is_told_and_dropped(ear: Ear, posts: Posts) -> None:
    spotter = MarkSpotter(fails_at=16_000)
    ear.use_spotter(lambda: spotter)
    ear.arm(ALL_WORDS)
    _hear(ear, marked(noise(3), computer=0.5, reply=2.5))
    assert [type(heard) for heard in posts.all] == [KeywordHeard, SpotterFailed]
    assert posts.of(SpotterFailed)[0].error is SPOTTER_ERROR
    assert spotter.closed


def test_spotter_that_can_not_be_made_is_told(ear: Ear, posts: Posts) -> None:
    def make() -> Spotter:
        raise SPOTTER_ERROR

    ear.use_spotter(make)
    _hear(ear, noise(1))
    assert posts.all == [SpotterFailed(SPOTTER_ERROR)]


def test_any_fault_of_a_spotter_is_told(
    ear: Ear, posts: Posts, caplog: pytest.LogCaptureFixture
) -> None:
    def make() -> Spotter:
        raise ZeroDivisionError

    ear.use_spotter(make)
    (failed,) = posts.of(SpotterFailed)
    assert failed.error.detail == "spotter: ZeroDivisionError"
    assert "ZeroDivisionError" in caplog.text
    caplog.clear()


def test_another_spotter_takes_over_with_the_words_armed(
    ear: Ear, posts: Posts
) -> None:
    first = MarkSpotter()
    ear.use_spotter(lambda: first)
    ear.arm({Keyword.REPLY: 0.25})
    _hear(ear, noise(1))
    second = MarkSpotter()
    ear.use_spotter(lambda: second)
    _hear(ear, marked(noise(1), reply=0.5))
    assert first.closed
    assert second.sensitivities == {Keyword.REPLY: 0.25}
    assert [heard.end for heard in posts.of(KeywordHeard)] == [1.5]


# --- quiet and level ---


def test_quiet_is_told_while_recording_only(
    ear: Ear, posts: Posts, tmp_path: Path
) -> None:
    quiet, loud = noise(2, rms=20), noise(2, rms=3_000, seed=3)
    _hear(ear, quiet + loud + quiet)
    assert posts.all == []
    ear.begin_recording(tmp_path / "a.pcm", since=6.0)
    _hear(ear, loud + quiet + loud)
    ear.end_recording()
    _hear(ear, quiet)
    assert [quiet.since for quiet in posts.of(QuietBegan)] == pytest.approx(
        [8.0], abs=0.1
    )
    assert [lull.since for lull in posts.of(Lulled)] == pytest.approx([8.0], abs=0.1)
    assert [quiet.at for quiet in posts.of(QuietEnded)] == pytest.approx(
        [10.0], abs=0.1
    )


def test_quiet_that_goes_on_is_told_to_each_recording(
    ear: Ear, posts: Posts, tmp_path: Path
) -> None:
    _hear(ear, noise(3, rms=20))
    for name in "ab":
        ear.begin_recording(tmp_path / name, since=100)
        _hear(ear, noise(1, rms=20))
    assert [quiet.since for quiet in posts.of(QuietBegan)] == [
        pytest.approx(3.0, abs=0.05),
        pytest.approx(4.0, abs=0.05),
    ]


def test_level_is_told_as_long_as_it_is_wanted(ear: Ear, posts: Posts) -> None:
    _hear(ear, noise(1))
    ear.measure_level(wanted=True)
    _hear(ear, pcm(np.full(16_000, 16_384)))
    ear.measure_level(wanted=False)
    _hear(ear, noise(1))
    levels = posts.of(LevelMeasured)
    assert 6 <= len(levels) <= 8
    assert {round(level.rms_dbfs) for level in levels} == {-6}
