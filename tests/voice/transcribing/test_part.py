"""Parts of a kept recording."""

import io
import wave
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custom_components.reply_satellite.voice.transcribing.part import (
    BYTES_PER_SECOND,
    Part,
)

SAMPLES = bytes(range(256)) * 1000  # 8 s


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "recording.pcm"
    path.write_bytes(SAMPLES)
    return path


def test_a_whole_recording(recording: Path) -> None:
    with Part.of(recording) as part:
        assert part.seconds == 8.0
        assert io.BufferedReader(part).read() == SAMPLES


@given(start=st.floats(-1, 10), length=st.floats(-1, 10))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_part_is_whole_samples_of_the_recording(
    recording: Path, start: float, length: float
) -> None:
    with Part.of(recording, start, start + length) as part:
        read = part.readall()
        assert read is not None
        assert len(read) % 2 == 0
        assert len(read) == round(part.seconds * BYTES_PER_SECOND)
        first = min(max(0, round(start * 16_000) * 2), len(SAMPLES))
        assert SAMPLES[first : first + len(read)] == read
        wanted = min(max(0.0, start + length), 8.0) - min(max(0.0, start), 8.0)
        assert part.seconds == pytest.approx(max(0.0, wanted), abs=1e-4)


def test_a_wav_part_is_a_wav_file(recording: Path) -> None:
    with Part.of(recording, 1.0, 3.0, wav=True) as part:
        whole = io.BytesIO(part.readall() or b"")
    with wave.open(whole) as file:
        assert file.getparams()[:4] == (1, 2, 16_000, 32_000)
        assert file.readframes(32_000) == SAMPLES[32_000:96_000]


def test_its_length_can_be_asked_and_it_can_be_read_again(recording: Path) -> None:
    with Part.of(recording, 1.0, 2.0, wav=True) as part:
        assert part.seekable()
        assert part.readable()
        assert part.seek(0, io.SEEK_END) == 44 + 32_000
        assert part.seek(-10, io.SEEK_CUR) == 44 + 32_000 - 10
        assert part.tell() == 44 + 32_000 - 10
        assert part.read(100) == SAMPLES[64_000 - 10 : 64_000]
        assert part.read(100) == b""
        part.seek(0)
        assert part.read(4) == b"RIFF"


def test_a_read_is_never_more_than_a_slow_line_takes(recording: Path) -> None:
    with Part.of(recording) as part:
        assert len(part.read(10**6) or b"") == 64 * 1024


def test_a_recording_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Part.of(tmp_path / "none.pcm")
