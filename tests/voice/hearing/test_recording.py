"""The spool on disk."""

import io
import os
import stat
import subprocess
import sys
import wave
from pathlib import Path

import pytest

import custom_components
from custom_components.reply_satellite.voice.hearing.recording import (
    Recording,
    RecordingFile,
    wav_header,
)

from .hardware import noise

HOUSE = Path(custom_components.__file__).parent / "reply_satellite"


def test_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "spool" / "turn" / "recording.pcm"
    RecordingFile(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_file_of_another_recording_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "recording.pcm"
    path.write_bytes(b"sound")
    with pytest.raises(FileExistsError):
        RecordingFile(path)
    assert path.read_bytes() == b"sound"


def test_what_is_written_is_there_without_closing(tmp_path: Path) -> None:
    """So a kill of the process loses nothing."""
    file = RecordingFile(tmp_path / "recording.pcm")
    file.write(noise(0.04))
    assert (tmp_path / "recording.pcm").read_bytes() == noise(0.04)
    file.close()


def test_samples_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "recording.pcm"
    file = RecordingFile(path)
    file.write(noise(1))
    file.close()
    os.truncate(path, 7)
    assert Recording(path, 0.0).seconds == 3 / 16_000
    with wave.open(io.BytesIO(Recording(path, 0.0).wav())) as wav:
        assert wav.getnframes() == 3


def test_wav_is_what_python_reads_and_writes(tmp_path: Path) -> None:
    path = tmp_path / "recording.pcm"
    path.write_bytes(noise(5))
    recording = Recording(path, began=12.0)
    assert recording.seconds == 5.0
    expected = io.BytesIO()
    with wave.open(expected, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(16_000)
        wav.writeframes(noise(5))
    assert recording.wav() == expected.getvalue()
    assert len(wav_header(0)) == 44


def test_wav_of_a_growing_recording_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "recording.pcm"
    path.write_bytes(noise(5))
    blocks = Recording(path, 0.0).wav_blocks()
    header = next(blocks)
    with path.open("ab") as more:
        more.write(noise(5))
    sound = b"".join(blocks)
    assert header == wav_header(len(sound))
    assert sound == noise(5)


def test_missing_recording_is_an_os_error(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "recording.pcm", 0.0)
    with pytest.raises(FileNotFoundError):
        _ = recording.seconds
    with pytest.raises(FileNotFoundError):
        recording.wav()


@pytest.mark.faults
def test_kill_loses_nothing_that_was_written(tmp_path: Path) -> None:
    """The process is killed in mid-recording, as by a lack of memory."""
    path = tmp_path / "spool" / "recording.pcm"
    program = (
        "import sys, time, pathlib\n"
        # Without Home Assistant, which takes its time to be imported.
        "sys.path.insert(0, sys.argv[2])\n"
        "from voice.hearing.recording import RecordingFile\n"
        "file = RecordingFile(pathlib.Path(sys.argv[1]))\n"
        "while True:\n"
        "    file.write(bytes(1280))\n"
        "    print('written', flush=True)\n"
        "    time.sleep(0.002)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path), str(HOUSE)],
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        written = [writer.stdout.readline() for _ in range(25)]
        writer.kill()
    assert written == ["written\n"] * 25
    assert Recording(path, 0.0).seconds >= 1.0
    assert len(Recording(path, 0.0).wav()) % 1280 == 44
