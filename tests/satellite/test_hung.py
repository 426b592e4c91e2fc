"""Ears whose thread did not end in time."""

import threading
from collections.abc import AsyncGenerator

import pytest

from custom_components.reply_satellite.satellite import ears
from custom_components.reply_satellite.voice.hearing import listener

from ..residence import Residence


@pytest.fixture
async def hung(
    residence: Residence, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[threading.Event]:
    """A listener that hangs in its device until this is set."""
    reads, goes_on = threading.Event(), threading.Event()
    read = residence.microphone.read

    def hang() -> bytes:
        reads.set()
        goes_on.wait(30)
        return read()

    monkeypatch.setattr(residence.microphone, "read", hang)
    monkeypatch.setattr(listener, "_STOP_TIMEOUT", 0.05)
    monkeypatch.setattr(ears, "AGAIN_AFTER", 0.1)
    await residence.hass.async_add_executor_job(reads.wait, 30)
    yield goes_on
    goes_on.set()
    # What still listens may take its time.
    monkeypatch.setattr(listener, "_STOP_TIMEOUT", 10)


async def test_ears_open_once_the_thread_of_before_has_ended(
    residence: Residence, hung: threading.Event
) -> None:
    """Nothing is worse than a microphone that is deaf and says it is not."""
    satellite = residence.satellite
    await satellite.ears.close()
    await satellite.ears.open()
    assert satellite.ears.problem is not None
    assert residence.state("binary_sensor.kitchen_microphone") == "on"
    hung.set()
    await residence.until(lambda: satellite.ears.problem is None)
    await residence.murmur(0.2)


async def test_ears_that_are_closed_meanwhile_stay_so(
    residence: Residence, hung: threading.Event
) -> None:
    satellite = residence.satellite
    await satellite.ears.close()
    await satellite.ears.open()
    assert ears.HUNG in satellite._timers._running
    await satellite.ears.close()
    assert ears.HUNG not in satellite._timers._running
    assert satellite.ears.problem is None
    hung.set()

    def is_there() -> bool:
        return "reply_satellite listener" in {it.name for it in threading.enumerate()}

    await residence.until(lambda: not is_there())
