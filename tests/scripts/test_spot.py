"""scripts/spot, run as anybody runs it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.house.voices import Voice, say
from tests.house.wav import write_wav

ROOT = Path(__file__).parents[2]
# The first run makes the environment.
_TIMEOUT = 300


def _spot(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts" / "spot", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recordings with words, one of them FLAC at another rate, and one without."""
    folder = tmp_path_factory.mktemp("recordings")
    say(0.8, "computer", 0.3, "reply", 0.5).write(folder / "a.wav")
    (folder / "inner").mkdir()
    target = folder / "inner" / "b.flac"
    subprocess.run(
        ["ffmpeg", "-i", folder / "a.wav", "-ar", "44100", "-ac", "2", target],
        capture_output=True,
        check=True,
        timeout=60,
    )
    say("the weather is fine").write(folder / "inner" / "c.wav")
    (folder / "notes.txt").write_text("not a recording", "utf-8")
    return folder


def _lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_one_json_line_a_recording(folder: Path) -> None:
    done = _spot("--engine", "builtin", "--sensitivity", 0.5, "--json", folder)
    assert done.returncode == 0, done.stderr
    lines = _lines(done.stdout)
    assert [Path(line["file"]).name for line in lines] == ["a.wav", "b.flac", "c.wav"]
    for line in lines[:2]:
        assert [one["keyword"] for one in line["detections"]] == ["computer", "reply"]
        assert line["seconds"] == pytest.approx(lines[0]["seconds"], abs=0.01)
        assert 0.0 < line["cpu_seconds"] < line["seconds"]
        for one in line["detections"]:
            assert 0.5 <= one["score"] <= 1.0
            assert 1.0 < one["end_s"] < line["seconds"]
    assert lines[2]["detections"] == []


def test_sensitivity_is_used(folder: Path) -> None:
    """Of words that noise nearly drowns, a generous spotter hears more."""
    speech = say(0.8, "computer", 0.3, "reply", 0.5, voice=Voice.AWB)
    noise = np.random.default_rng(3).normal(0, 300, len(speech.samples))
    drowned = folder.parent / "drowned.wav"
    write_wav(drowned, (speech.samples / 4 + noise).astype(np.int16))
    strict, generous = (
        _lines(_spot("--sensitivity", at, "--json", drowned).stdout)[0]["detections"]
        for at in (0.0, 0.8)
    )
    assert len(strict) < len(generous)


def test_people_can_read_it_too(folder: Path) -> None:
    done = _spot(folder / "a.wav", folder / "inner" / "c.wav")
    first, second = done.stdout.splitlines()
    assert "computer" in first
    assert second.endswith("c.wav: -")


def test_what_cannot_be_read_is_told_and_the_rest_is_heard(folder: Path) -> None:
    done = _spot("--json", folder / "notes.txt", folder / "none.wav", folder / "a.wav")
    assert done.returncode == 1
    assert "notes.txt" in done.stderr
    assert "none.wav" in done.stderr
    assert len(_lines(done.stdout)) == 1


@pytest.mark.parametrize("wrong", [["--sensitivity", "2"], ["--engine", "other"], []])
def test_wrong_arguments_are_refused(folder: Path, wrong: list[str]) -> None:
    done = _spot(*wrong, *([folder] if wrong else []))
    assert done.returncode == 2
    assert "usage" in done.stderr
