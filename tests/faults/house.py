"""The faults of the house itself: its microphone, cameras, players, disk and clock."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, Final
from unittest.mock import patch

import pytest
from homeassistant.config_entries import ConfigSubentry
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError

from custom_components.reply_satellite import const
from custom_components.reply_satellite.satellite.memory import Memory
from custom_components.reply_satellite.satellite.spool import spool_folder
from custom_components.reply_satellite.voice.hearing.microphone import (
    SAMPLE_RATE,
    DeviceError,
    Fault,
)
from custom_components.reply_satellite.voice.machine import Phase
from custom_components.reply_satellite.voice.turn import Outcome
from tests.residence import LENS_CAP, Residence
from tests.standins.script import Latency

from .case import HEARD, RESTARTED, Case, Play, TakeTurn, dictate

ROOT: Final = "custom_components.reply_satellite"
ONE_DAY: Final = 86_400.0


# --- cameras ---


async def look(residence: Residence) -> None:
    """Say it, and have a picture taken for it."""
    residence.assemblyai.script("/v1/transcribe*", reply={"transcript": HEARD})
    await residence.call("start_recording")
    await residence.call("take_snapshot")
    began = residence.satellite.ears.position
    await residence.until(lambda: residence.satellite.ears.position > began + 0.5)
    await residence.call("end_recording")
    await residence.until_idle()


def _camera(picture: bytes | None, *, seconds: float = 0.0) -> Play:
    """A camera that gives this after so long, and that is told to the assistant."""

    async def take(**_: Any) -> bytes | None:
        await asyncio.sleep(seconds)
        return picture

    @asynccontextmanager
    async def play(residence: Residence) -> AsyncGenerator[None]:
        with patch.object(residence.camera, "async_camera_image", take):
            yield
        turn = residence.satellite.turn
        assert turn is not None
        assert turn.pictures[0].failure
        assert "picture" not in turn.reply

    return play


@asynccontextmanager
async def _camera_off(residence: Residence) -> AsyncGenerator[None]:
    residence.camera.broken = LENS_CAP
    yield
    residence.camera.broken = None


# --- players ---


def _player(**manners: Any) -> Play:
    """A player that behaves like that for a while."""

    @asynccontextmanager
    async def play(residence: Residence) -> AsyncGenerator[None]:
        ours = residence.player.manners
        before = {name: getattr(ours, name) for name in manners}
        for name, value in manners.items():
            setattr(ours, name, value)
        yield
        for name, value in before.items():
            setattr(ours, name, value)

    return play


@asynccontextmanager
async def _player_unavailable(residence: Residence) -> AsyncGenerator[None]:
    for available in (False, True):
        residence.player._attr_available = available
        residence.player.async_write_ha_state()
        if not available:
            yield


# --- microphone ---


async def _speak_into_a_dying_microphone(residence: Residence) -> None:
    residence.assemblyai.script("/v1/transcribe*", reply={"transcript": HEARD})
    await residence.call("start_recording")
    satellite = residence.satellite
    began = satellite.ears.position
    await residence.until(lambda: satellite.ears.position > began + 0.5)
    residence.microphone.fault = DeviceError(Fault.GONE)
    await residence.until(lambda: satellite.data.phase is not Phase.RECORDING)
    assert satellite.ears.problem == Fault.GONE
    await residence.until_idle()


def _interrupted(fault: Fault) -> TakeTurn:
    """Speak into a microphone that fails, and is well again soon."""

    async def speak(residence: Residence) -> None:
        await _begin(residence)
        residence.microphone.fault = DeviceError(fault)
        await residence.until(lambda: residence.satellite.ears.problem == fault)
        residence.microphone.fault = None
        await _end(residence)

    return speak


async def _begin(residence: Residence) -> None:
    residence.assemblyai.script("/v1/transcribe*", reply={"transcript": HEARD})
    await residence.call("start_recording")


async def _end(residence: Residence) -> None:
    """Speak on once the microphone is well, and be answered."""
    satellite = residence.satellite
    await residence.until(lambda: satellite.ears.problem is None)
    began = satellite.ears.position
    await residence.until(lambda: satellite.ears.position > began + 0.5)
    assert satellite.data.phase is Phase.RECORDING
    await residence.call("end_recording")
    await residence.until_idle()


async def _speak_into_zeros(residence: Residence) -> None:
    await _begin(residence)
    residence.microphone.play(bytes(4 * 2 * SAMPLE_RATE))
    await residence.until(lambda: residence.satellite.ears.problem == "silent")
    await _end(residence)


async def _speak_faster_than_is_heard(residence: Residence) -> None:
    await _begin(residence)
    residence.microphone.lost = 3
    await _end(residence)
    assert residence.satellite.ears.overflows == 3


@asynccontextmanager
async def _plugged_in_again(residence: Residence) -> AsyncGenerator[None]:
    yield
    residence.microphone.fault = None


# --- disk and clock ---


@asynccontextmanager
async def _no_room_for_recordings(residence: Residence) -> AsyncGenerator[None]:
    """What makes every write there fail, and does so for root too."""
    folder = spool_folder(residence.hass, residence.satellite.id)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.touch()
    yield
    folder.unlink()


@asynccontextmanager
async def _no_room_for_the_memory(residence: Residence) -> AsyncGenerator[None]:

    async def write(_store: Store[Any], _data: Any) -> None:
        raise WriteError("No space left on device")

    with patch.object(Store, "_async_write_data", write):
        yield
        await residence.satellite.memory.save_now()


def _clock(jump: float) -> Play:
    """The clock on the wall is set while the turn runs."""

    @asynccontextmanager
    async def play(residence: Residence) -> AsyncGenerator[None]:
        del residence
        right = time.time
        with patch.object(time, "time", lambda: right() + jump):
            yield

    return play


# --- Home Assistant ---


@asynccontextmanager
async def _nothing(residence: Residence) -> AsyncGenerator[None]:
    """What happens is what the user does."""
    del residence
    yield


async def _reach(residence: Residence, phase: Phase) -> None:
    """Get into a phase, and stay there."""
    slow = Latency(first_byte=60.0)
    if phase is Phase.TRANSCRIBING:
        residence.assemblyai.script("/v1/transcribe*", latency=slow)
    if phase is Phase.THINKING:
        residence.openai.script("/v1/responses", latency=slow)
    residence.player.manners.plays = 60.0 if phase is Phase.SPEAKING else 0.05
    if phase is not Phase.RECORDING:
        await residence.dictate(HEARD, seconds=0.5)
        await residence.until_phase(phase)
        return
    await residence.call("start_recording")
    began = residence.satellite.ears.position
    await residence.until(lambda: residence.satellite.ears.position > began + 0.5)


def _reload(phase: Phase) -> Case:
    async def turn(residence: Residence) -> None:
        await _reach(residence, phase)
        asking = residence.hass.async_create_task(residence.satellite.until_idle())
        await residence.hass.config_entries.async_reload(residence.entry.entry_id)
        # Who waited for the turn, as an action does, is not left waiting.
        async with asyncio.timeout(10):
            with pytest.raises(HomeAssistantError):
                await asking
        residence.player.manners.plays = 0.05
        await residence.until_idle()

    spoken = phase is Phase.SPEAKING
    return Case(
        where="Home Assistant",
        fault=f"the entry is reloaded while {phase}",
        play=_nothing,
        turn=turn,
        outcome=Outcome.UNSPOKEN if spoken else Outcome.FAILED,
        failure=RESTARTED,
    )


def _removal(phase: Phase) -> Case:
    async def turn(residence: Residence) -> None:
        await _reach(residence, phase)
        hass, satellite = residence.hass, residence.satellite
        folder = spool_folder(hass, satellite.id)
        assert folder.is_dir()
        asking = hass.async_create_task(satellite.until_idle())
        await hass.config_entries.async_remove(residence.entry.entry_id)
        await hass.async_block_till_done()
        async with asyncio.timeout(10):
            with pytest.raises(HomeAssistantError):
                await asking
        assert not folder.exists()
        memory = Memory(hass, satellite.id)
        await memory.load()
        assert not memory.turns
        assert hass.states.get("sensor.kitchen_conversation") is None
        assert satellite.ears._listener._thread is None

    return Case(
        where="Home Assistant",
        fault=f"the entry is removed while {phase}",
        play=_nothing,
        turn=turn,
        outcome=None,
    )


async def _two_at_once(residence: Residence) -> None:
    """Another satellite is in a turn at the same time, on the same accounts."""
    hass, entry = residence.hass, residence.entry
    (ours,) = entry.subentries.values()
    other = ConfigSubentry(
        subentry_type=const.SUBENTRY_SATELLITE,
        title="Attic",
        unique_id=None,
        data=MappingProxyType(dict(ours.data)),
    )
    hass.config_entries.async_add_subentry(entry, other)
    await hass.async_block_till_done()
    both = entry.runtime_data.satellites
    devices = {
        it.name: it.id
        for it in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    }
    answers = await asyncio.gather(
        *(
            residence.call(
                "ask", answers=True, text=name, speak=False, device_id=devices[name]
            )
            for name in ("Kitchen", "Attic")
        )
    )
    for answer, name in zip(answers, ("Kitchen", "Attic"), strict=True):
        assert name in answer["reply"]
    threads = {it.memory.thread.id for it in both.values() if it.memory.thread}
    assert threads == {answer["thread_id"] for answer in answers}
    assert len(threads) == 2
    hass.config_entries.async_remove_subentry(entry, other.subentry_id)
    await hass.async_block_till_done()
    await dictate(residence)


_BRIEF: Final = {f"{ROOT}.playing.playback.PROVED_WITHIN": 0.2}
_UNPLAYED: Final[Mapping[str, Any]] = {
    "where": "player",
    "outcome": Outcome.UNSPOKEN,
    "failure": "player.playback",
    "clocks": _BRIEF,
}
_ANSWERED: Final[Mapping[str, Any]] = {"outcome": Outcome.SPOKEN}

HOUSE: Final = (
    Case(where="camera", fault="is off", play=_camera_off, turn=look, **_ANSWERED),
    Case(
        where="camera",
        fault="is slow",
        play=_camera(None, seconds=60.0),
        turn=look,
        clocks={f"{ROOT}.satellite.snapshot.TIMEOUT": 0.2},
        **_ANSWERED,
    ),
    Case(
        where="camera",
        fault="gives garbage",
        play=_camera(b"not a picture"),
        turn=look,
        **_ANSWERED,
    ),
    Case(
        where="camera", fault="gives nothing", play=_camera(b""), turn=look, **_ANSWERED
    ),
    Case(fault="is unavailable", play=_player_unavailable, **_UNPLAYED),
    Case(fault="refuses", play=_player(refuses=True), **_UNPLAYED),
    Case(fault="breaks", play=_player(breaks=True), **_UNPLAYED),
    Case(fault="says yes and does nothing", play=_player(ignores=99), **_UNPLAYED),
    Case(
        where="player",
        fault="says it plays, and fetches nothing",
        play=_player(fetches=0, plays=1.5),
        clocks={f"{ROOT}.playing.playback.FETCHED_WITHIN": 0.1},
        **_ANSWERED,
    ),
    Case(
        where="player",
        fault="never says that it is done",
        play=_player(tells_end=False),
        clocks={f"{ROOT}.playing.playback.LATE": 0.1},
        **_ANSWERED,
    ),
    Case(
        where="microphone",
        fault="is lost in a recording",
        play=_plugged_in_again,
        turn=_speak_into_a_dying_microphone,
        clocks={f"{ROOT}.coordinator.BACK_WITHIN": 0.2},
        **_ANSWERED,
    ),
    *(
        Case(
            where="microphone",
            fault=f"{fault} in a recording, and comes back",
            play=_plugged_in_again,
            turn=turn,
            **_ANSWERED,
        )
        for fault, turn in (
            ("is lost", _interrupted(Fault.GONE)),
            ("is taken by another program", _interrupted(Fault.BUSY)),
            ("hangs with its sound server", _interrupted(Fault.STALLED)),
            ("gives nothing but zeros", _speak_into_zeros),
        )
    ),
    Case(
        where="microphone",
        fault="gives more than is fetched in time",
        play=_plugged_in_again,
        turn=_speak_faster_than_is_heard,
        **_ANSWERED,
    ),
    Case(
        where="disk",
        fault="has no room for recording and picture",
        play=_no_room_for_recordings,
        turn=look,
        **_ANSWERED,
    ),
    Case(
        where="disk",
        fault="has no room for what is remembered",
        play=_no_room_for_the_memory,
        **_ANSWERED,
    ),
    Case(where="clock", fault="is set a day ahead", play=_clock(ONE_DAY), **_ANSWERED),
    Case(where="clock", fault="is set a day back", play=_clock(-ONE_DAY), **_ANSWERED),
    *(
        _reload(phase)
        for phase in (
            Phase.RECORDING,
            Phase.TRANSCRIBING,
            Phase.THINKING,
            Phase.SPEAKING,
        )
    ),
    *(_removal(phase) for phase in (Phase.RECORDING, Phase.THINKING)),
    Case(
        where="Home Assistant",
        fault="two satellites are asked at once",
        play=_nothing,
        turn=_two_at_once,
        **_ANSWERED,
    ),
)
"""Every fault of the house."""
