"""Many turns, one after the other: nothing grows. All of them with `--soak`."""

import asyncio
import gc
import logging
import resource
import threading
import tracemalloc
from pathlib import Path

import pytest
from homeassistant.components import tts

from custom_components.reply_satellite.voice.turn import Outcome
from tests.residence import Residence

SHORT = 30
LONG = 1_000
FORGOTTEN = 3.0
"""Seconds after which Home Assistant has forgotten what was spoken."""
PAGE = resource.getpagesize()
SETTLED = 10
"""Turns until everything that is made once has been made."""
MOST = {SHORT: 1024**2, LONG: 5 * 1024**2}
"""Bytes by which Python's objects may grow in so many turns.

Twenty turns leave some 300 KiB in the satellite's memory and in caches; what one turn
must not leave, its sound (32 KB a second) or its pictures, makes it more than three
times as much. The memory is full after 200 turns.
"""


def descriptors() -> int:
    """How many files and sockets are open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def tasks() -> int:
    """How many tasks there are, but for one a connection in the stand-ins."""
    names = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]  # type: ignore[union-attr]
    return sum(name != "RequestHandler.start" for name in names)


def memory() -> int:
    """Bytes that Python's objects take."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def resident() -> int:
    """Bytes of the process that are in the machine's memory."""
    return int(Path("/proc/self/statm").read_text("utf-8").split()[1]) * PAGE


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Home Assistant holds for five minutes what was spoken: here, for a second."""
    monkeypatch.setattr(tts, "DEFAULT_TIME_MEMORY", 1)


async def turns(residence: Residence, numbers: range) -> None:
    """Go through turns, every other one on a thread of its own."""
    for number in numbers:
        if number % 2:
            await residence.call("new_thread")
        # Spoken by the stand-in once, and then known to it.
        residence.elevenlabs.script("/v1/text-to-speech/*", reply={"text": "Yes."})
        await residence.dictate(f"Question {number}", seconds=0.2)
        await residence.until_idle()
        turn = residence.satellite.turn
        assert turn is not None
        assert turn.transcript == f"Question {number}"
        assert turn.outcome is Outcome.SPOKEN
        for service in (residence.openai, residence.assemblyai, residence.elevenlabs):
            service.clear_script()
            service.requests.clear()
        residence.openai.store.conversations.clear()
        residence.openai.store.responses.clear()
        residence.events.clear()
        residence.player.asked.clear()
        residence.player.fetched.clear()
        residence.satellite.new_thread()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
async def test_nothing_grows(
    forgetful: None, residence: Residence, request: pytest.FixtureRequest
) -> None:
    count = LONG if request.config.getoption("--soak") else SHORT
    residence.player.manners.plays = 0.01
    # pytest keeps every line.
    logging.disable()
    asyncio.get_running_loop().set_debug(enabled=False)
    tracemalloc.start()
    try:
        await turns(residence, range(SETTLED))
        await asyncio.sleep(FORGOTTEN)
        before = memory(), threading.active_count(), descriptors()
        running, larger = tasks(), resident()
        await turns(residence, range(SETTLED, count))
        await asyncio.sleep(FORGOTTEN)
        grown, larger = memory() - before[0], resident() - larger
    finally:
        tracemalloc.stop()
        logging.disable(logging.NOTSET)
    print(
        f"{count} turns: {grown / 1024:.0f} KiB of objects more, "
        f"{larger / 1024:.0f} KiB of the process (with what watches the objects)"
    )
    assert tasks() <= running + 2
    # Home Assistant's own pool of threads may have grown to what it may have.
    assert threading.active_count() <= before[1] + 8
    assert descriptors() <= before[2] + 8
    assert grown <= MOST[count]
    assert not residence.satellite.spool.turns()
    assert len(residence.satellite.memory.turns) == min(count, 200)
