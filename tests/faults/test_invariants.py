"""Whatever happens to a satellite, in whatever order: what must be so stays so."""

import os
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import Phase as Stage

from custom_components.reply_satellite import const
from custom_components.reply_satellite.const import TurnEvent
from tests.residence import MakeResidence, Residence

from .happenings import HAPPENINGS, TURN, Happening, World, automated, heal, named
from .invariants import Holdings, check, listens
from .ledger import Ledger
from .services import IMPATIENT, IMPATIENT_CHOICES

EXAMPLES = int(os.environ.get("INVARIANTS", "25"))
"""Plays in every run; INVARIANTS=1000 has more of them."""

ROOT = "custom_components.reply_satellite"

SHORT = {
    f"{ROOT}.playing.playback.PROVED_WITHIN": 0.3,
    f"{ROOT}.playing.playback.FETCHED_WITHIN": 0.2,
    f"{ROOT}.playing.playback.LATE": 0.1,
    f"{ROOT}.coordinator.BACK_WITHIN": 0.2,
    f"{ROOT}.satellite.arming.ECHO_SECONDS": 0.05,
    f"{ROOT}.voice.thinking.openai_wire.REQUEST_WITHIN": 2.0,
    f"{ROOT}.voice.hearing.listener.FIRST_WAIT": 0.02,
    f"{ROOT}.voice.hearing.listener.LONGEST_WAIT": 0.05,
} | {name: value for clocks in IMPATIENT.values() for name, value in clocks.items()}


@pytest.fixture
async def stage(
    make_residence: MakeResidence,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    in_a_hurry: None,
) -> Residence:
    """A residence for many plays, in which nobody waits for long."""
    for name, value in IMPATIENT["AssemblyAI"].items():
        monkeypatch.setattr(name, value)
    residence = await make_residence(IMPATIENT_CHOICES)
    residence.player.manners.plays = 0.05
    # What takes the voice long is only to be spoken once.
    await heal(World(residence, Ledger(lambda: residence.satellite)))
    await residence.call("ask", text="One")
    for name, value in SHORT.items():
        monkeypatch.setattr(name, value)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return residence


async def begin_anew(residence: Residence) -> None:
    """Forget what was before, whatever state that left behind."""
    satellite = residence.satellite
    satellite.hush()
    await satellite.until_idle()
    satellite.memory.turns.clear()
    satellite.spool.forget_all()
    satellite.new_thread()
    await residence.hass.config_entries.async_reload(residence.entry.entry_id)
    for service in (residence.openai, residence.assemblyai, residence.elevenlabs):
        service.requests.clear()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    phases=set(Stage) - {Stage.explain},
)
@example(happenings=[automated(TurnEvent.REPLY_RECEIVED, "start_recording"), *TURN])
@example(happenings=[*TURN[:3], named("new_thread"), *TURN, *TURN])
@example(happenings=[*TURN, automated(TurnEvent.TURN_CANCELLED, "ask"), *TURN])
@given(happenings=HAPPENINGS)
async def test_nothing_is_lost_and_nothing_left(
    stage: Residence, monkeypatch: pytest.MonkeyPatch, happenings: list[Happening]
) -> None:
    await play(stage, monkeypatch, happenings)


async def play(
    stage: Residence, monkeypatch: pytest.MonkeyPatch, happenings: list[Happening]
) -> None:
    """Let all that happen, and check what is so afterwards."""
    await begin_anew(stage)
    ledger = Ledger(lambda: stage.satellite)
    world = World(stage, ledger)
    await heal(world)
    await listens(stage)
    right = time.time
    unsubscribe = stage.hass.bus.async_listen(const.EVENT_TURN, ledger.note)
    try:
        before = Holdings.of(stage)
        with monkeypatch.context() as patched:
            patched.setattr(time, "time", lambda: right() + world.ahead)
            for happening in happenings:
                await happening.do(world)
            await check(world, before)
    except AssertionError as failed:
        failed.add_note(f"It told: {ledger.told}")
        raise
    finally:
        unsubscribe()
        for task in list(world.waiting):
            task.cancel()
