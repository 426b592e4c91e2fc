"""The life of an entry: whatever comes between, nothing is left half-way."""

import asyncio
import threading
import types
from collections.abc import Callable, Coroutine, Generator
from itertools import count
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState

from custom_components.reply_satellite import const

from .residence import Residence


@types.coroutine
def interrupted[T](
    work: Coroutine[Any, Any, T], at: int, interrupt: Callable[[], object]
) -> Generator[Any, Any, T]:
    """Do work, and call `interrupt` when it gives way for the time number `at`."""
    error: BaseException | None = None
    for time in count(1):
        try:
            awaited = work.send(None) if error is None else work.throw(error)
        except StopIteration as end:
            result: T = end.value
            return result
        if time == at:
            interrupt()
        try:
            error = yield awaited
        except BaseException as thrown:  # noqa: BLE001 - it is the work's to handle
            error = thrown
    raise AssertionError


def is_listening() -> bool:
    """Whether a satellite's thread holds a microphone."""
    return any("listener" in thread.name for thread in threading.enumerate())


@pytest.mark.parametrize("known", [True, False], ids=["own", "foreign"])
@pytest.mark.parametrize("at", range(1, 6))
async def test_home_assistant_stops_in_the_middle_of_a_reload(
    residence: Residence, at: int, known: bool
) -> None:
    """Home Assistant waits for its own tasks, and cancels them; not for others."""
    hass = residence.hass
    stopping: list[asyncio.Task[None]] = []

    async def reload() -> None:
        work = hass.config_entries.async_reload(residence.entry.entry_id)
        await interrupted(work, at, stop)

    def stop() -> None:
        stopping.append(asyncio.create_task(hass.async_stop()))

    create = hass.async_create_task if known else asyncio.create_task
    reloading = create(reload())
    await asyncio.wait([reloading])
    if not stopping:
        # It came through with fewer pauses, as it may.
        stop()
    await stopping[0]
    assert not is_listening()


async def test_a_set_up_is_cancelled(residence: Residence) -> None:
    """It ends what it began, and leaves nothing in the way of the next one."""
    entries, entry = residence.hass.config_entries, residence.entry

    async def set_up(at: int) -> bool:
        work = entries.async_setup(entry.entry_id)
        return await interrupted(work, at, setting_up.cancel)

    for at in count(1):
        await entries.async_unload(entry.entry_id)
        assert not is_listening()
        setting_up = asyncio.create_task(set_up(at))
        await asyncio.wait([setting_up])
        if entry.state is ConfigEntryState.LOADED:
            break
        assert not is_listening()
        assert await entries.async_reload(entry.entry_id)
        assert is_listening()
        assert residence.state("sensor.kitchen_conversation") == "idle"
    assert at > 1


async def test_a_set_up_is_cancelled_as_it_begins_to_listen(
    residence: Residence,
) -> None:
    """It listens and is set up, or neither."""
    entries, entry = residence.hass.config_entries, residence.entry
    await entries.async_unload(entry.entry_id)
    setting_up = residence.hass.async_create_task(entries.async_setup(entry.entry_id))
    while not is_listening():
        await asyncio.sleep(0)
    setting_up.cancel()
    await asyncio.wait([setting_up])
    assert is_listening() is (entry.state is ConfigEntryState.LOADED)


async def test_what_is_remembered_can_not_be_read(
    residence: Residence, hass_storage: dict[str, Any]
) -> None:
    """Nothing listens then, nor is anything written over what is there."""
    entries, entry = residence.hass.config_entries, residence.entry
    await residence.call("ask", text="Hello", speak=False)
    name = f"{const.DOMAIN}.{residence.satellite.id}"
    await entries.async_unload(entry.entry_id)
    kept = hass_storage[name]
    hass_storage[name] = kept | {"version": 99}
    assert not await entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert not is_listening()
    assert hass_storage[name] == kept | {"version": 99}
    hass_storage[name] = kept
    assert await entries.async_reload(entry.entry_id)
    turn = residence.satellite.turn
    assert turn is not None
    assert turn.transcript == "Hello"


async def test_a_satellite_that_may_not_listen_stays_deaf(residence: Residence) -> None:
    """Its microphone is not opened, not even for a moment."""
    await residence.hass.services.async_call(
        "switch", "turn_off", {"entity_id": "switch.kitchen_listening"}, blocking=True
    )
    await residence.until(lambda: not is_listening())
    opened = residence.microphone.opened
    assert await residence.hass.config_entries.async_reload(residence.entry.entry_id)
    assert residence.state("switch.kitchen_listening") == "off"
    assert not is_listening()
    assert residence.microphone.opened == opened
    await residence.hass.services.async_call(
        "switch", "turn_on", {"entity_id": "switch.kitchen_listening"}, blocking=True
    )
    await residence.until(lambda: residence.microphone.opened > opened)
