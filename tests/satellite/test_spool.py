"""The private place of recordings: what goes when there is too much."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from custom_components.reply_satellite.satellite import spool
from custom_components.reply_satellite.voice.hearing.heard import RecordingEnded
from custom_components.reply_satellite.voice.hearing.recording import Recording
from tests.residence import Residence


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
    unanswered = {"first", "second", "third"}
    kept.tidy(kept.turns(), unanswered, days=0)
    assert kept.turns() == ["second", "third"]


def test_what_is_removed_meanwhile_is_not_there(tmp_path: Path) -> None:
    kept = spool.Spool(tmp_path / "spool")
    over = threading.Event()

    def come_and_go() -> None:
        while not over.is_set():
            for turn_id in "abcdefgh":
                kept.keep_picture(turn_id, 1, b"")
            kept.tidy("abcdefgh", set(), days=0)

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        for _ in range(1_000):
            assert set(kept.turns()) <= set("abcdefgh")
            assert set(kept.pictures("a")) <= {1}
            kept.tidy(["h"], {"h"}, days=0)
    finally:
        over.set()
        thread.join()


async def test_a_file_closed_after_its_turn_is_tidied(residence: Residence) -> None:
    satellite = residence.satellite
    late = satellite.spool.recording("late")
    satellite.spool.begin("late")
    late.touch()
    satellite.hear(RecordingEnded(Recording(late, 0.0), 0.0))
    await residence.until(lambda: satellite.spool.turns() == [])


async def test_a_recording_that_begins_while_tidied_up_stays(
    residence: Residence,
) -> None:
    satellite = residence.satellite
    # Another thread is removing something, and tidying up waits for that.
    with satellite.spool._removing:
        tidied = asyncio.create_task(satellite.tidy())
        await asyncio.sleep(0.1)
        await residence.call("start_recording")
        await residence.until(lambda: satellite.spool.turns() != [])
    await tidied
    turn = satellite.turn
    assert turn is not None
    assert satellite.spool.turns() == [turn.id]
    await residence.call("stop")
    await residence.until_idle()
