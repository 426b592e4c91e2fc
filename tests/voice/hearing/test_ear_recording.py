"""Recordings: what they hold, where they begin and end, and disks that fail."""

import errno
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from custom_components.reply_satellite.voice.hearing.ear import Ear
from custom_components.reply_satellite.voice.hearing.heard import (
    Audio,
    Heard,
    Lulled,
    QuietBegan,
    RecordingEnded,
    RecordingFailed,
)
from custom_components.reply_satellite.voice.hearing.kept import KEPT_SECONDS
from custom_components.reply_satellite.voice.hearing.microphone import CHUNK_BYTES
from custom_components.reply_satellite.voice.hearing.recording import (
    Recording,
    RecordingFile,
)

from .hardware import MarkSpotter, Posts, chunks, noise


def _hear(ear: Ear, sound: bytes) -> None:
    for chunk in chunks(sound):
        ear.hear(chunk)


def _sound(posts: Posts) -> bytes:
    """Return what was told as audio, having checked that nothing is missing."""
    pieces = posts.of(Audio)
    for piece, following in pairwise(pieces):
        end = piece.position + len(piece.samples) / 32_000
        assert following.position == pytest.approx(end, abs=1e-9)
    return b"".join(piece.samples for piece in pieces)


# --- recording ---


def test_recording_begins_in_the_past(ear: Ear, posts: Posts, tmp_path: Path) -> None:
    sound = noise(5)
    _hear(ear, sound[: 4 * 32_000])
    ear.begin_recording(tmp_path / "a.pcm", since=2.0)
    assert posts.of(Audio)[0].position == 2.0
    _hear(ear, sound[4 * 32_000 :])
    ear.end_recording()
    assert _sound(posts) == sound[2 * 32_000 :]
    assert (tmp_path / "a.pcm").read_bytes() == sound[2 * 32_000 :]
    recording = Recording(tmp_path / "a.pcm", 2.0)
    assert posts.all[-1] == RecordingEnded(recording, 5.0)
    assert recording.seconds == 3.0


def test_recording_begins_as_early_as_sound_is_kept(
    ear: Ear, posts: Posts, tmp_path: Path
) -> None:
    sound = noise(10)
    _hear(ear, sound)
    ear.begin_recording(tmp_path / "a.pcm", since=1.0)
    ear.end_recording()
    assert sound.endswith(_sound(posts))
    began = posts.of(RecordingEnded)[0].recording.began
    assert 10 - KEPT_SECONDS - 0.1 <= began <= 10 - KEPT_SECONDS
    assert posts.of(Audio)[0].position == began


def test_recording_begins_now_at_the_latest(
    ear: Ear, posts: Posts, tmp_path: Path
) -> None:
    _hear(ear, noise(1))
    ear.begin_recording(tmp_path / "a.pcm", since=7.0)
    assert not posts.of(Audio)
    _hear(ear, noise(1, seed=2))
    ear.end_recording()
    assert _sound(posts) == noise(1, seed=2)
    assert posts.of(RecordingEnded)[0].recording.began == 1.0


def test_what_is_told_is_in_the_file_already(tmp_path: Path) -> None:
    """Who falls back on the file, misses nothing of what was told."""
    sound, path = noise(2), tmp_path / "a.pcm"
    told, kept = [0], [0]

    def post(heard: Heard) -> None:
        if isinstance(heard, Audio):
            told.append(told[-1] + len(heard.samples))
            kept.append(path.stat().st_size)

    listening = Ear(post, clock=lambda: 0.0)
    _hear(listening, sound[:32_000])
    listening.begin_recording(path, since=0)
    _hear(listening, sound[32_000:])
    listening.close()
    assert told == kept
    assert told[-1] == len(sound)


def test_new_recording_ends_the_old_one(ear: Ear, posts: Posts, tmp_path: Path) -> None:
    ear.begin_recording(tmp_path / "a.pcm", since=0)
    _hear(ear, noise(1))
    ear.begin_recording(tmp_path / "b.pcm", since=0.5)
    _hear(ear, noise(1))
    ear.end_recording()
    ended = posts.of(RecordingEnded)
    assert [(end.recording.path.name, end.ended) for end in ended] == [
        ("a.pcm", 1.0),
        ("b.pcm", 2.0),
    ]
    assert (tmp_path / "b.pcm").stat().st_size == 48_000


def test_no_recording_can_be_ended(ear: Ear, posts: Posts) -> None:
    ear.end_recording()
    _hear(ear, noise(4))
    assert posts.all == []


def test_closing_ends_the_recording_and_forgets_the_sound(
    ear: Ear, posts: Posts, tmp_path: Path
) -> None:
    spotter = MarkSpotter()
    ear.use_spotter(lambda: spotter)
    ear.begin_recording(tmp_path / "a.pcm", since=0)
    _hear(ear, noise(1))
    ear.close()
    assert posts.of(RecordingEnded)[0].ended == 1.0
    assert spotter.closed
    ear.begin_recording(tmp_path / "b.pcm", since=0)
    assert (tmp_path / "b.pcm").read_bytes() == b""


def test_disk_that_takes_nothing_ends_the_file_not_the_recording(
    ear: Ear, posts: Posts, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "a.pcm"
    ear.begin_recording(path, since=0)
    _hear(ear, noise(1))
    ear.end_recording()
    assert [type(heard) for heard in posts.all if not isinstance(heard, Audio)] == [
        RecordingFailed,
        Lulled,
        QuietBegan,
        RecordingEnded,
    ]
    assert _sound(posts) == noise(1)


@contextmanager
def small_disk() -> Iterator[None]:
    """Let no file grow beyond 20,000 bytes; nor the one that pytest reports to."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_disk_that_fills_up_keeps_what_it_has(
    ear: Ear, posts: Posts, tmp_path: Path
) -> None:
    sound = noise(2)
    with small_disk():
        ear.begin_recording(tmp_path / "a.pcm", since=0)
        _hear(ear, sound)
        ear.end_recording()
    assert [failed.detail for failed in posts.of(RecordingFailed)] == ["File too large"]
    assert (tmp_path / "a.pcm").read_bytes() == sound[: 7 * CHUNK_BYTES]
    assert _sound(posts) == sound
    assert posts.of(RecordingEnded)[0].ended == 2.0


def test_disk_that_fails_at_closing_is_told(
    ear: Ear, posts: Posts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As network disks do, which write only then."""

    def fail(_file: RecordingFile) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(RecordingFile, "close", fail)
    ear.begin_recording(tmp_path / "a.pcm", since=0)
    _hear(ear, noise(1))
    ear.end_recording()
    assert [failed.detail for failed in posts.of(RecordingFailed)] == [
        "Disk quota exceeded"
    ]
    assert posts.of(RecordingEnded)[0].ended == 1.0
