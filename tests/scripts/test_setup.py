"""The parts of scripts/setup that can be tried without setting a machine up."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PARTS = Path(__file__).resolve().parents[2] / "scripts" / "setup.d"

DEB822 = """\
Types: deb
URIs: https://apt.grafana.example
Suites: stable
Components: main

Types: deb deb-src
# the mirror next door
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
"""
ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb http://mirror.example/debian-security bookworm-security main
deb [ arch=amd64,arm64 signed-by=/key.gpg ] http://mirror.example/debian stable main
deb-src http://mirror.example/debian bookworm main
"""


def entry_of(etc: Path) -> subprocess.CompletedProcess[str]:
    script = 'set -euo pipefail; . "$1/python.sh"; testing_sources "$2"'
    return subprocess.run(
        ["bash", "-c", script, "bash", str(PARTS), str(etc)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_testing_comes_from_the_machines_own_mirror(etc: Path) -> None:
    (etc / "sources.list.d" / "debian.sources").write_text(DEB822, encoding="utf-8")
    assert entry_of(etc).stdout.splitlines() == [
        "Types: deb",
        "# the mirror next door",
        "URIs: http://mirror.example/debian",
        "Suites: forky",
        "Components: main contrib",
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg",
    ]


def test_a_snapshot_stays_a_snapshot(etc: Path) -> None:
    address = "http://snapshot.example/archive/debian/20260901T000000Z"
    line = f"deb {address} bookworm main\n"
    (etc / "sources.list").write_text(line, encoding="utf-8")
    assert f"URIs: {address}\nSuites: forky\n" in entry_of(etc).stdout


def test_one_line_entries_are_read_too(etc: Path) -> None:
    (etc / "sources.list").write_text(ONE_LINE, encoding="utf-8")
    assert entry_of(etc).stdout.splitlines() == [
        "Types: deb",
        "URIs: http://mirror.example/debian",
        "Suites: forky",
        "Components: main",
        "Architectures: amd64 arm64",
        "signed-by: /key.gpg",
    ]


def test_disabled_and_own_entries_are_not_taken(etc: Path) -> None:
    folder = etc / "sources.list.d"
    disabled = DEB822.replace("Types: deb deb-src", "Enabled: no\nTypes: deb")
    (folder / "debian.sources").write_text(disabled, encoding="utf-8")
    (folder / "reply_satellite_python.sources").write_text(DEB822, encoding="utf-8")
    answer = entry_of(etc)
    assert answer.stdout == ""
    assert answer.returncode != 0


def test_requirements_are_those_of_all_a_component_depends_on(tmp_path: Path) -> None:
    manifests = {
        "tts": {"requirements": ["mutagen==1"], "dependencies": ["ffmpeg"]},
        "ffmpeg": {"requirements": ["ha-ffmpeg==3"], "dependencies": ["tts"]},
        "other": {"requirements": ["other==1"]},
    }
    for name, manifest in manifests.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text(json.dumps(manifest))
    program = PARTS / "component_requirements.py"
    answer = subprocess.run(
        [sys.executable, program, tmp_path, "tts", "not_in_this_version"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert answer.stdout.split() == ["ha-ffmpeg==3", "mutagen==1"]


def test_the_test_plugins_own_tools_go_beside_another_home_assistant(
    tmp_path: Path,
) -> None:
    (tmp_path / "one").write_text("# constraints\nSQLAlchemy==99\n", encoding="utf-8")
    (tmp_path / "two").write_text("aiohasupervisor==99\n", encoding="utf-8")
    answer = subprocess.run(
        [sys.executable, PARTS / "plugin_requirements.py", "one", "two"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    wanted = answer.stdout.split()
    assert {"sqlalchemy", "aiohasupervisor"} <= set(wanted)
    assert any(one.startswith("pytest-socket==") for one in wanted)
    assert not any(one.startswith("homeassistant") for one in wanted)
