"""How the cost of a turn grows: counted as the processor time of Home Assistant."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from tests.house.house import CAMERA, DOMAIN, PLAYER, House

from .machine import cpu_seconds
from .scene import Stage, command

ANSWER: Final = "It is done."
_PAUSE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Growth:
    """A cost at several sizes of something."""

    what: str
    """What grows, and of what the cost is."""
    unit: str
    points: dict[int, float]
    """Size -> cost."""


async def measure_growth(house: House, stage: Stage, *, quick: bool) -> list[Growth]:
    """Measure everything that may grow; the house is not to be used afterwards."""
    times = 2 if quick else 10
    await stage.set(command(), ANSWER)
    switch = {"entity_id": house.entities["listening"]}
    await house.client.call("switch.turn_off", switch)
    threads = await _turns_on_a_thread(house, times)
    sentences = await _sentences(house, stage)
    await house.client.call("switch.turn_on", switch)
    await asyncio.sleep(3)
    pictures = await _pictures(house, stage, times)
    return [threads, sentences, pictures, await _satellites(house, quick=quick)]


async def _cost(house: House, work: Callable[[], Awaitable[Any]]) -> float:
    """Seconds of the processor that something takes in Home Assistant."""
    before = cpu_seconds(house.home_assistant.pid)
    await work()
    await asyncio.sleep(_PAUSE)
    return cpu_seconds(house.home_assistant.pid) - before


async def _ask(house: House, times: int, *, speak: bool = False) -> None:
    for _ in range(times):
        await house.client.call(f"{DOMAIN}.ask", {"text": "And now?", "speak": speak})


async def _turns_on_a_thread(house: House, times: int) -> Growth:
    """The cost of a turn where so many went before it on the thread."""
    points = {}
    await house.client.call(f"{DOMAIN}.new_thread")
    turns = 0
    for size in (1, 10, 100):
        await _ask(house, size - turns)
        cost = await _cost(house, lambda: _ask(house, times))
        turns = size + times
        points[size] = cost / times * 1000
    return Growth("turns on the thread before: a turn without speech", "ms", points)


async def _sentences(house: House, stage: Stage) -> Growth:
    """The cost of a sentence of a spoken answer, by their number."""
    points = {}
    for count in (1, 60):
        reply = " ".join(f"This is sentence {number}." for number in range(count))
        await stage.set(command(), reply)
        await house.client.call(f"{DOMAIN}.new_thread")
        cost = await _cost(house, lambda: _ask(house, 1, speak=True))
        points[count] = cost / count * 1000
    return Growth("sentences of the answer: a sentence, spoken", "ms", points)


async def _pictures(house: House, stage: Stage, times: int) -> Growth:
    """The cost of a turn with so many pictures, less that of listening meanwhile."""
    idle = await _cost(house, lambda: asyncio.sleep(10)) / (10 + _PAUSE)
    points = {}

    async def turns(pictures: int) -> None:
        for _ in range(times):
            await house.client.call(f"{DOMAIN}.start_recording")
            await asyncio.sleep(0.5)
            for _ in range(pictures):
                await house.client.call(f"{DOMAIN}.take_snapshot")
            await house.client.call(f"{DOMAIN}.end_recording")
            await house.client.wait_for(
                house.entities["conversation"], lambda state: state["state"] == "idle"
            )

    for pictures in (0, 8):
        await stage.set(command(), ANSWER)
        began = time.monotonic()
        cost = await _cost(house, partial(turns, pictures))
        listening = idle * (time.monotonic() - began)
        points[pictures] = (cost - listening) / times * 1000
    return Growth("pictures of the turn: a spoken turn", "ms", points)


async def _satellites(house: House, *, quick: bool) -> Growth:
    """The processor's share of listening, by satellites on this one machine."""
    seconds = 3.0 if quick else 15.0
    points: dict[int, float] = {}
    for count in (1, 4, 8):
        for number in range(max(points, default=1), count):
            await house.client.configure_subentry(
                house.entry_id,
                "satellite",
                {"name": f"Room {number + 1}", "microphone": "default"},
                {"cameras": [CAMERA], "media_players": [PLAYER]},
                {},
                {},
            )
        await asyncio.sleep(8)
        used = await _cost(house, lambda: asyncio.sleep(seconds))
        points[count] = 100 * used / (seconds + _PAUSE)
    return Growth("satellites on the machine: all of Home Assistant", "%", points)
