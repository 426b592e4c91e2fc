"""What the satellite costs the machine: processor, memory, start."""

import asyncio
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, Final

from tests.house.house import DOMAIN, House

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and its threads, so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2]
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / _TICKS


def resident_megabytes(pid: int) -> float:
    """Memory a process holds; 0 is this one."""
    who = pid or "self"
    pages = int(Path(f"/proc/{who}/statm").read_text(encoding="ascii").split()[1])
    return pages * _PAGE / 2**20


async def listening_percent(house: House, seconds: float = 20.0) -> float:
    """Processor share of listening: with the microphone open, less with it closed."""
    shares = []
    for action in ("turn_on", "turn_off"):
        switch = {"entity_id": house.entities["listening"]}
        await house.client.call(f"switch.{action}", switch)
        await asyncio.sleep(3)
        began, used = time.monotonic(), cpu_seconds(house.home_assistant.pid)
        await asyncio.sleep(seconds)
        used = cpu_seconds(house.home_assistant.pid) - used
        shares.append(100 * used / (time.monotonic() - began))
    await house.client.call(
        "switch.turn_on", {"entity_id": house.entities["listening"]}
    )
    await house.client.wait_for(
        house.entities["conversation"], lambda state: state["state"] == "idle"
    )
    listening, muted = shares
    return max(0.0, listening - muted)


async def memory_growth(house: House, turns: int = 1_000) -> float:
    """Megabytes that typed, unspoken turns leave behind, after the first 250."""
    pid = house.home_assistant.pid
    await _ask(house, 250)
    before = resident_megabytes(pid)
    await _ask(house, turns)
    return resident_megabytes(pid) - before


async def _ask(house: House, turns: int) -> None:
    for number in range(turns):
        data = {"text": f"Question {number}", "speak": False}
        await house.client.call(f"{DOMAIN}.ask", data)


async def startup_seconds(house: House) -> float:
    """Seconds that a start of Home Assistant takes longer with us than without."""
    took = {}
    for disabled_by in ("user", None):
        await house.client.command(
            "config_entries/disable", entry_id=house.entry_id, disabled_by=disabled_by
        )
        await asyncio.to_thread(house.home_assistant.stop)
        began = time.monotonic()
        await house.home_assistant.start()
        took[disabled_by] = time.monotonic() - began
        await house.client.reconnect()
    await house.client.wait_for(
        house.entities["conversation"], lambda state: state["state"] == "idle", 60
    )
    return took[None] - took["user"]


def snapshot_delays(notes: Sequence[Mapping[str, Any]]) -> list[float]:
    """Seconds from each "snapshot" that was heard to the camera's being asked.

    A word after which no camera was asked, as one said in no turn, has none.
    """
    delays, heard = [], None
    for note in sorted(notes, key=lambda note: note["at"]):
        match note:
            case {"what": "heard", "word": "snapshot", "at": at}:
                heard = at
            case {"what": "asked", "at": at} if heard is not None:
                delays.append(at - heard)
                heard = None
    return delays


@dataclass(frozen=True, slots=True)
class Block:
    """The longest time for which one callback held the event loop."""

    seconds: float
    """Working, or waiting for something: a lock, a file."""
    wall: float
    """The same by the clock on the wall: other processes had the processor too."""
    garbage: float
    """For how much of it Python collected garbage, of all of Home Assistant."""
    who: str


class Watch:
    """What is noted inside Home Assistant by `hook`, while it is measured."""

    def __init__(self, file: Path) -> None:
        """Read from `file`, which the hook appends to."""
        self._file = file

    def notes(self, since: float, until: float = inf) -> list[dict[str, Any]]:
        """What was noted between two monotonic times."""
        lines = self._file.read_text(encoding="utf-8").splitlines()
        told = [json.loads(line) for line in lines]
        return [note for note in told if since <= note["at"] <= until]

    def longest_block(self, since: float, until: float) -> Block:
        """The longest block of the event loop between two monotonic times."""
        blocks = [
            Block(note["held"], note["wall"], note["garbage"], note["who"])
            for note in self.notes(since, until)
            if note["what"] == "loop"
        ]
        return max(blocks, key=lambda block: block.seconds)
