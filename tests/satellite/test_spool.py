"""The private place of recordings: what goes when there is too much."""

import os
from pathlib import Path

import pytest

from custom_components.reply_satellite.satellite import spool


def test_the_oldest_goes_when_there_is_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "LARGEST", 2_500)
    kept = spool.Spool(tmp_path / "spool")
    for age, turn_id in enumerate(("third", "second", "first")):
        kept.begin(turn_id)
        kept.recording(turn_id).write_bytes(bytes(1_000))
        folder = kept.recording(turn_id).parent
        moment = folder.stat().st_mtime - age
        os.utime(folder, (moment, moment))
    kept.tidy({"first", "second", "third"}, days=0)
    assert kept.turns() == ["second", "third"]
    kept.forget("second")
    kept.forget("second")
    assert kept.turns() == ["third"]
