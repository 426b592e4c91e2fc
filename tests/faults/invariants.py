"""What is so whenever a satellite is left alone, whatever happened to it before."""

import asyncio
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.helpers.dispatcher import DATA_DISPATCHER

from custom_components.reply_satellite.voice.hearing.spotter import Keyword
from custom_components.reply_satellite.voice.machine import Phase, armed
from custom_components.reply_satellite.voice.turn import Outcome, Turn
from tests.residence import Residence
from tests.standins.exchange import Outcome as Sent

from .happenings import World, heal

BOUND: Final = 20.0
"""Seconds in which everything is over, on a machine that has other work too."""

OVER: Final = (Outcome.SPOKEN, Outcome.ANSWERED, Outcome.NOTHING_SAID)

AFTERWARDS: Final = ("retry", "echo")
"""Work that goes on after a turn, as it should: the look for a service that is to
come back."""


async def until(is_so: Callable[[], bool], what: Callable[[], object]) -> None:
    """Wait until something is so. Raises AssertionError with what is there instead."""
    try:
        async with asyncio.timeout(BOUND):
            while not is_so():
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(what()) from None


def tasks() -> Counter[str]:
    """What runs of the satellite's, or for it."""
    names = [task.get_name() for task in asyncio.all_tasks() if not task.done()]
    ours = ("Kitchen: ", "play the speech", "a player plays")
    return Counter(
        name
        for name in names
        if name.startswith(ours) and not name.endswith(AFTERWARDS)
    )


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a satellite holds that it must give back."""

    listeners: dict[str, int]
    signals: dict[str, int]
    threads: int
    temporary: int

    @classmethod
    def of(cls, residence: Residence) -> Self:
        """What is held now."""
        hass = residence.hass
        signals = {
            str(signal): len(targets)
            for signal, targets in hass.data[DATA_DISPATCHER].items()
            if targets
        }
        names = [thread.name for thread in threading.enumerate()]
        return cls(
            listeners={
                str(event): count
                for event, count in hass.bus.async_listeners().items()
                # Stores that are to be written listen for the end.
                if event != EVENT_HOMEASSISTANT_FINAL_WRITE
            },
            signals=signals,
            threads=sum(name.startswith("reply_satellite") for name in names),
            temporary=len(list(Path(tempfile.gettempdir()).iterdir())),
        )


async def comes_to_rest(world: World) -> None:
    """Check that it is idle in bounded time, and that nobody is left waiting."""
    residence = world.residence

    def is_over() -> bool:
        if residence.satellite.data.phase is Phase.RECORDING:
            # Nobody else ends what nobody speaks.
            world.begin("end_recording")
            return False
        return residence.satellite.running is None and not world.waiting

    await until(is_over, lambda: (residence.satellite.data, world.waiting))
    assert residence.satellite.data.phase in (Phase.IDLE, Phase.MUTED)


async def listens(residence: Residence) -> None:
    """Check that the satellite is idle, and hears."""
    satellite = residence.satellite
    await until(lambda: satellite.data.phase is Phase.IDLE, lambda: satellite.data)
    await until(lambda: satellite.ears.problem is None, lambda: satellite.ears.problem)
    heard = satellite.ears.position
    await until(lambda: satellite.ears.position > heard, lambda: "it is deaf")
    assert Keyword.COMPUTER in armed(satellite.data, satellite.rules)
    assert residence.state("sensor.kitchen_conversation") == "idle"


async def holds_nothing(world: World, before: Holdings) -> None:
    """Check that no task, thread, stream, subscription or file is left."""
    residence = world.residence
    await until(lambda: not tasks(), tasks)
    await until(
        lambda: Holdings.of(residence) == before,
        lambda: (Holdings.of(residence), before),
    )
    services = (residence.openai, residence.assemblyai, residence.elevenlabs)

    def streams() -> list[str]:
        return [
            f"{request.method} {request.path}"
            for service in services
            for request in service.requests
            if request.outcome is Sent.OPEN and not request.ended
        ]

    await until(lambda: not streams(), streams)
    satellite = residence.satellite
    await until(
        lambda: set(satellite.spool.turns()) <= satellite.memory.unanswered(),
        satellite.spool.turns,
    )


def _has_something(residence: Residence, turn: Turn) -> bool:
    recording = residence.satellite.spool.recording(turn.id)
    return bool(turn.transcript or turn.answered or recording.is_file())


async def answers_what_it_owes(world: World) -> None:
    """Check that each recording is answered, or is when it is tried again."""
    residence, ledger = world.residence, world.ledger
    memory = residence.satellite.memory
    assert ledger.recorded <= {turn.id for turn in memory.turns}
    for turn in list(memory.turns):
        assert turn.outcome is not Outcome.RUNNING
        if turn.outcome in OVER:
            continue
        assert turn.retryable
        if turn.recorded:
            assert _has_something(residence, turn), turn
        if not _has_something(residence, turn):
            continue
        for _ in range(3):
            # A service that is impatient on a busy machine may fail once more.
            if memory.turns and turn.outcome not in OVER:
                world.begin("retry", turn_id=turn.id)
                await comes_to_rest(world)
        assert turn.outcome in OVER, turn


async def check(world: World, before: Holdings) -> None:
    """Check everything, and leave the satellite as if it were new."""
    residence = world.residence
    await comes_to_rest(world)
    await heal(world)
    await world.switch("turn_on")
    await listens(residence)
    await holds_nothing(world, before)
    assert not world.ledger.wrong, (world.ledger.wrong, world.ledger.told)
    hot = residence.satellite.threads.hot
    assert (hot and hot.id) == world.ledger.hot, world.ledger.told
    await answers_what_it_owes(world)
    assert not world.ledger.wrong, (world.ledger.wrong, world.ledger.told)
