"""Tests that Home Assistant can install what the manifest requires, anywhere it runs.

Wheels alone: Home Assistant OS and its container have no compiler. They ask the
package index, as an installation does.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from .metadata import ROOT, read_json

PLATFORMS = (
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-manylinux_2_28",
    "aarch64-manylinux_2_28",
)

ENVIRONMENTS = ("tests", "live")
"""Where scripts/setup puts Home Assistant 2026.10 and 2026.11."""


def uv() -> str:
    """The uv that scripts/setup made the environments with."""
    own = ROOT / ".local" / "uv" / "bin" / "uv"
    found = str(own) if own.exists() else shutil.which("uv")
    assert found is not None, "no uv: run scripts/setup"
    return found


def constraints(environment: str) -> Path:
    """What a version of Home Assistant holds every requirement to."""
    packages = (ROOT / ".local" / environment).glob("lib/python*/site-packages")
    (path,) = packages
    return path / "homeassistant" / "package_constraints.txt"


def resolve(
    requirements: list[str], platform: str, environment: str
) -> subprocess.CompletedProcess[str]:
    """Look for wheels on a platform, under a version's constraints."""
    command = [uv(), "pip", "compile", "--quiet", "--no-header", "--no-annotate"]
    command += ["--only-binary", ":all:", "--python-version", "3.14"]
    command += ["--python-platform", platform]
    command += ["--constraints", str(constraints(environment)), "-"]
    return subprocess.run(
        command,
        input="\n".join(requirements),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_requirements_are_wheels(platform: str, environment: str) -> None:
    requirements: list[str] = read_json("manifest.json")["requirements"]
    resolved = resolve(requirements, platform, environment)
    assert resolved.returncode == 0, resolved.stderr
    found = {line.partition("==")[0] for line in resolved.stdout.splitlines()}
    assert {one.partition(">")[0] for one in requirements} <= found


def test_pyaudio_could_not_be_required() -> None:
    resolved = resolve(["PyAudio==0.2.14"], PLATFORMS[0], ENVIRONMENTS[0])
    assert resolved.returncode != 0
    assert "no usable wheels" in resolved.stderr
