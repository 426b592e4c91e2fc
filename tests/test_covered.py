"""Tests of the check that every module is tested enough."""

import subprocess
import sys
from pathlib import Path

import pytest

from .covered import is_enough
from .metadata import ROOT


@pytest.mark.parametrize(
    ("module", "percent", "enough"),
    [
        ("voice/turn.py", 95.0, True),
        ("voice/turn.py", 94.9, False),
        ("config_flow.py", 99.9, False),
        ("flows/schemas.py", 99.9, False),
        ("flows/schemas.py", 100.0, True),
    ],
)
def test_flows_are_tested_whole(module: str, percent: float, enough: bool) -> None:
    assert is_enough(module, percent) is enough


def test_too_little_of_a_module_is_a_failure(tmp_path: Path) -> None:
    """One good test alone passes; of the whole integration it reaches too little."""
    test = "tests/test_covered.py::test_flows_are_tested_whole"
    data = f"--data-file={tmp_path / 'coverage'}"
    options = ["-q", "-p", "no:cacheprovider", test]
    run = subprocess.run(
        [sys.executable, "-m", "coverage", "run", data, "-m", "pytest", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    assert "config_flow.py: 0 %, not reached: " in run.stdout
    assert run.stdout.splitlines()[-1].startswith("5 passed")
