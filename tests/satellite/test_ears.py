"""A satellite's ears on a real sound server: what happens to it is told, and passes."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.reply_satellite import coordinator
from custom_components.reply_satellite.const import DOMAIN
from custom_components.reply_satellite.satellite import ears
from custom_components.reply_satellite.voice.hearing import (
    ffmpeg_microphone,
    health,
    inputs,
    piped_microphone,
)
from custom_components.reply_satellite.voice.hearing.heard import (
    KeywordHeard,
    MicrophoneLost,
    MicrophoneOpened,
)
from custom_components.reply_satellite.voice.hearing.microphone import Fault
from custom_components.reply_satellite.voice.hearing.spotter import Keyword
from custom_components.reply_satellite.voice.machine import Phase
from tests.house.sound import Playing, Sink, SoundCard
from tests.house.voices import say
from tests.house.wav import write_wav
from tests.residence import MakeResidence, Residence

pytestmark = pytest.mark.sound

SENSOR = "binary_sensor.kitchen_microphone"
NAME = Sink.ROOM.monitor


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundCard]:
    """The machine's sound card."""
    with SoundCard(tmp_path / "card") as card:
        for name, value in card.environment.items():
            monkeypatch.setenv(name, value)
        yield card


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a second for dead or silent."""
    monkeypatch.setattr(ffmpeg_microphone, "CENSUS_SECONDS", 1.0)
    monkeypatch.setattr(piped_microphone, "FRAMES_TIMEOUT", 1.0)
    monkeypatch.setattr(health, "SILENT_SECONDS", 1.0)
    monkeypatch.setattr(health, "REOPEN_SECONDS", 2.0)
    monkeypatch.setattr(ears, "STEADY_AFTER", 1.5)


@pytest.fixture
async def residence(
    make_residence: MakeResidence,
    card: SoundCard,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Residence:
    """A satellite whose microphone is the room's, which is never quite silent."""
    ours = "custom_components.reply_satellite.household.open_microphone"
    monkeypatch.setattr(ours, inputs.open_microphone)
    noise = np.random.default_rng(3).normal(0, 30, 60 * 16_000).astype(np.int16)
    write_wav(tmp_path / "noise.wav", noise)
    said = np.concatenate((noise[:8_000], say("computer", 1.0).samples))
    write_wav(tmp_path / "computer.wav", said)
    make_noise(card, tmp_path)
    residence = await make_residence({"microphone": f"pulse:{NAME}"})
    await residence.until(lambda: residence.satellite.ears.device == NAME)
    return residence


def make_noise(card: SoundCard, folder: Path) -> Playing:
    """Let the room not be silent; until the card is gone."""
    return card.start_playing(folder / "noise.wav")


def _kill(card: SoundCard) -> None:
    card.kill()


def _unplug(card: SoundCard) -> None:
    card.unplug(Sink.ROOM)


def _suspend(card: SoundCard) -> None:
    card.suspend(Sink.ROOM)


def _mute(card: SoundCard) -> None:
    card.control("set-source-mute", NAME, "1")


def _restart(card: SoundCard) -> None:
    card.start()


def _plug_in(card: SoundCard) -> None:
    card.plug_in(Sink.ROOM)


def _resume(card: SoundCard) -> None:
    card.suspend(Sink.ROOM, suspended=False)


def _unmute(card: SoundCard) -> None:
    card.control("set-source-mute", NAME, "0")


@pytest.mark.parametrize(
    ("breaks", "mends", "problems"),
    [
        (_kill, _restart, {"gone", "stalled"}),
        (_unplug, _plug_in, {"gone"}),
        (_suspend, _resume, {"stalled"}),
        (_mute, _unmute, {ears.SILENT}),
    ],
    ids=["killed", "unplugged", "suspended", "muted"],
)
async def test_what_happens_to_the_sound_is_told_and_passes(
    residence: Residence,
    card: SoundCard,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    breaks: Callable[[SoundCard], None],
    mends: Callable[[SoundCard], None],
    problems: set[str],
) -> None:
    assert residence.state(SENSOR) == "off"
    await asyncio.to_thread(breaks, card)
    await residence.until(lambda: residence.state(SENSOR) == "on")
    assert residence.satellite.ears.problem in problems
    dead = residence.satellite.ears.problem != ears.SILENT
    assert (residence.state("sensor.kitchen_conversation") == "unavailable") is dead
    assert not _issues(residence)
    later = dt_util.utcnow() + timedelta(seconds=ears.ISSUE_AFTER + 1)
    async_fire_time_changed(residence.hass, later)
    problem = residence.satellite.ears.problem
    assert _issues(residence) == {f"microphone_{problem}": NAME}

    await asyncio.to_thread(mends, card)
    await asyncio.to_thread(make_noise, card, tmp_path)
    await residence.until(lambda: residence.state(SENSOR) == "off")
    assert not _issues(residence)
    assert caplog.text.count("Kitchen can't hear") == 1
    assert caplog.text.count("Kitchen can hear again") == 1

    await asyncio.to_thread(card.start_playing, tmp_path / "computer.wav")
    await residence.until_phase(Phase.RECORDING)
    await residence.call("stop")


async def test_the_repair_tells_what_is_so_by_now(residence: Residence) -> None:
    """A device that hangs is unplugged, as the repair asks."""
    hears = residence.satellite.ears
    await residence.until(lambda: hears.device is not None)
    hears._enter(MicrophoneLost(Fault.STALLED, "it hangs"))
    later = dt_util.utcnow() + timedelta(seconds=ears.ISSUE_AFTER + 1)
    async_fire_time_changed(residence.hass, later)
    assert list(_issues(residence)) == ["microphone_stalled"]
    hears._enter(MicrophoneLost(Fault.GONE, "unplugged"))
    assert list(_issues(residence)) == ["microphone_gone"]


async def test_a_microphone_that_comes_and_goes_is_told_once(
    residence: Residence, caplog: pytest.LogCaptureFixture
) -> None:
    hears = residence.satellite.ears
    await residence.until(lambda: hears.device is not None)
    for _ in range(5):
        hears._enter(MicrophoneLost(Fault.GONE, "a loose plug"))
        assert residence.state("sensor.kitchen_conversation") == "unavailable"
        hears._enter(MicrophoneOpened(NAME))
        assert residence.state("sensor.kitchen_conversation") == "idle"
        assert residence.state(SENSOR) == "on"
    later = dt_util.utcnow() + timedelta(seconds=ears.ISSUE_AFTER + 1)
    hears._enter(MicrophoneLost(Fault.GONE, "a loose plug"))
    async_fire_time_changed(residence.hass, later)
    assert list(_issues(residence)) == ["microphone_gone"]
    hears._enter(MicrophoneOpened(NAME))
    await residence.until(lambda: residence.state(SENSOR) == "off")
    assert not _issues(residence)
    assert caplog.text.count("Kitchen can't hear") == 1
    assert caplog.text.count("Kitchen can hear again") == 1


async def test_a_microphone_that_is_lost_again_ends_its_recording(
    residence: Residence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coordinator, "BACK_WITHIN", 0.5)
    hears = residence.satellite.ears
    await residence.until(lambda: hears.device is not None)
    residence.assemblyai.script("/v1/transcribe*", reply={"transcript": ""})
    await residence.call("start_recording")
    for heard in (
        MicrophoneLost(Fault.GONE, "a loose plug"),
        MicrophoneOpened(NAME),
        MicrophoneLost(Fault.GONE, "a loose plug"),
    ):
        hears._enter(heard)
    await residence.until(lambda: residence.satellite.data.phase is Phase.IDLE)


async def test_a_word_proves_that_the_microphone_is_back(
    residence: Residence,
) -> None:
    hears = residence.satellite.ears
    await residence.until(lambda: hears.device is not None)
    hears._enter(MicrophoneLost(Fault.GONE, "unplugged"))
    hears._enter(MicrophoneOpened(NAME))
    hears._enter(KeywordHeard(Keyword.COMPUTER, hears.position, 0.9, clock=0.0))
    assert residence.state(SENSOR) == "off"
    await residence.call("stop")


async def test_a_deaf_satellite_that_is_switched_off_does_not_hear_again(
    residence: Residence, caplog: pytest.LogCaptureFixture
) -> None:
    hears = residence.satellite.ears
    await residence.until(lambda: hears.device is not None)
    hears._enter(MicrophoneLost(Fault.GONE, "unplugged"))
    await hears.close()
    assert hears.problem is None
    assert "can hear again" not in caplog.text


def _issues(residence: Residence) -> dict[str, str]:
    """Our open issues, and the devices they name."""
    return {
        str(issue.translation_key): (issue.translation_placeholders or {})["microphone"]
        for (domain, _), issue in ir.async_get(residence.hass).issues.items()
        if domain == DOMAIN
    }


async def test_the_switch_closes_the_device(
    residence: Residence, card: SoundCard
) -> None:
    assert _listeners(card)
    for state, listens in (("off", False), ("on", True)):
        data = {"entity_id": "switch.kitchen_listening"}
        await residence.hass.services.async_call(
            "switch", f"turn_{state}", data, blocking=True
        )
        while _listeners(card) is not listens:
            await asyncio.sleep(0.05)


def _listeners(card: SoundCard) -> bool:
    """Whether anybody records from the sound server."""
    return bool(card.control("list", "short", "source-outputs").strip())
