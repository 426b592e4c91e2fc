"""Turns that a restart or another try finds again."""

import asyncio
from typing import Any

import pytest
from homeassistant.core import Event, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from custom_components.reply_satellite import const
from custom_components.reply_satellite.satellite import recovery
from custom_components.reply_satellite.voice.events import EndAsked
from custom_components.reply_satellite.voice.hearing.heard import Audio
from custom_components.reply_satellite.voice.machine import Phase
from custom_components.reply_satellite.voice.turn import Outcome
from tests.residence import Residence
from tests.test_failures import issues

from .case import HEARD, RESTARTED, dictate
from .house import look


async def _forgotten(residence: Residence, storage: dict[str, Any]) -> None:
    """Restart after a power cut that came before the record was written."""
    entries, entry_id = residence.hass.config_entries, residence.entry.entry_id
    name = f"{const.DOMAIN}.{residence.satellite.id}"
    await entries.async_unload(entry_id)
    del storage[name]
    await entries.async_setup(entry_id)
    await residence.hass.async_block_till_done()


async def test_what_was_only_on_disk_is_answered_with_its_pictures(
    residence: Residence, hass_storage: dict[str, Any]
) -> None:
    residence.player.manners.plays = 0.05
    async with residence.openai.refusing():
        await look(residence)
    failed = residence.satellite.turn
    assert failed is not None
    await _forgotten(residence, hass_storage)

    turn = residence.satellite.turn
    assert turn is not None
    assert (turn.id, turn.outcome) == (failed.id, Outcome.FAILED)
    assert turn.failure == RESTARTED
    assert [picture.index for picture in turn.pictures] == [0]
    await residence.until(lambda: issues(residence.hass) == {"turn_failed"})
    residence.assemblyai.script("/v1/transcribe*", reply={"transcript": HEARD})
    answer = await residence.call("retry", answers=True)
    assert "one picture of 640 by 480" in answer["reply"]
    await residence.until(lambda: not residence.satellite.spool.turns())


async def test_the_repair_outlives_a_restart(residence: Residence) -> None:
    async with residence.openai.refusing():
        await dictate(residence)
    await residence.hass.config_entries.async_reload(residence.entry.entry_id)
    await residence.until(lambda: issues(residence.hass) == {"turn_failed"})
    # It was told when it happened, and not again.
    assert residence.told.count("turn_failed") == 1


async def test_a_service_that_comes_back_is_tried_once(
    residence: Residence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "EVERY", 0.1)
    residence.player.manners.plays = 0.05
    async with residence.openai.refusing():
        await dictate(residence)
        turn = residence.satellite.turn
        assert turn is not None
        assert turn.outcome is Outcome.FAILED
    await residence.until(lambda: turn.outcome is Outcome.SPOKEN)
    assert residence.told.count("reply_spoken") == 1


async def test_a_service_that_stays_away_is_looked_for_again(
    residence: Residence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "EVERY", 0.05)
    residence.player.manners.plays = 0.05
    async with residence.openai.refusing():
        await dictate(residence)
        turn = residence.satellite.turn
        assert turn is not None
        await asyncio.sleep(0.3)
        assert turn.outcome is Outcome.FAILED
    await residence.until(lambda: turn.outcome is Outcome.SPOKEN)


async def test_what_was_answered_meanwhile_is_not_tried_unasked(
    residence: Residence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "EVERY", 0.5)
    residence.player.manners.plays = 0.05
    async with residence.openai.refusing():
        await dictate(residence)
    await residence.call("retry", answers=True)
    await asyncio.sleep(0.7)
    assert residence.told.count("reply_spoken") == 1


async def test_a_turn_is_tried_unasked_only_once(
    residence: Residence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "EVERY", 0.05)
    residence.openai.script(
        "/v1/responses", fault=residence.openai.error("server_error")
    )
    await dictate(residence)
    await residence.until(lambda: residence.told.count("turn_failed") == 2)
    await asyncio.sleep(0.3)
    assert residence.told.count("turn_failed") == 2


async def test_two_tries_at_once_answer_once(residence: Residence) -> None:
    residence.player.manners.plays = 0.05
    async with residence.openai.refusing():
        await dictate(residence)
    first, second = await asyncio.gather(
        residence.call("retry", answers=True), residence.call("retry", answers=True)
    )
    assert first == second
    assert residence.told.count("reply_spoken") == 1


async def test_the_last_sound_is_waited_for(residence: Residence) -> None:
    """It comes through the loop, and the end may overtake it there."""
    residence.assemblyai.script("/v1/transcribe*", reply={"transcript": HEARD})
    residence.player.manners.plays = 0.05
    await residence.call("start_recording")
    satellite = residence.satellite
    sound = Audio(satellite.ears.position, bytes(32_000))
    residence.hass.loop.call_soon(satellite.hear, sound)
    satellite.dispatch(EndAsked())
    await residence.until_idle()
    turn = satellite.turn
    assert turn is not None
    assert turn.recorded >= 1.0
    assert turn.outcome is Outcome.SPOKEN


async def test_what_is_not_kept_is_not_tried_again(residence: Residence) -> None:
    """Somebody emptied the folder: there is nothing to transcribe."""
    async with residence.assemblyai.refusing():
        await dictate(residence)
    satellite = residence.satellite
    await residence.hass.async_add_executor_job(satellite.spool.forget_all)
    with pytest.raises(ServiceValidationError) as refused:
        await residence.call("retry")
    assert refused.value.translation_key == "nothing_to_retry"
    assert residence.told.count("turn_failed") == 1


async def test_who_waits_for_a_satellite_that_ends_is_told(
    residence: Residence,
) -> None:
    """It does not go on with what is no more."""
    await residence.call("start_recording")
    asking = residence.hass.async_create_task(residence.call("ask", text="Hello"))
    await asyncio.sleep(0)
    await residence.hass.config_entries.async_reload(residence.entry.entry_id)
    with pytest.raises(HomeAssistantError) as refused:
        await asking
    assert refused.value.translation_key == "restarted"
    assert "reply_received" not in residence.told


async def test_an_automation_may_act_in_the_middle_of_a_step(
    residence: Residence,
) -> None:
    """What it asks for comes after all of the step, and is not lost in it."""
    satellite = residence.satellite
    asked: list[asyncio.Task[Any]] = []

    @callback
    def ask(told: Event) -> None:
        if told.data["type"] == "turn_cancelled" and not asked:
            call = residence.call("ask", answers=True, text="Hello", speak=False)
            asked.append(residence.hass.async_create_task(call))

    residence.player.manners.plays = 60.0
    residence.hass.bus.async_listen(const.EVENT_TURN, ask)
    await residence.dictate(HEARD, seconds=0.5)
    await residence.until_phase(Phase.SPEAKING)
    # Interrupts the answer and begins a recording, in one step.
    await residence.call("start_recording")
    await residence.until(lambda: bool(asked))
    assert satellite.data.phase is Phase.RECORDING
    await residence.call("stop")
    assert (await asked[0])["reply"]


async def test_half_an_answer_is_none(residence: Residence) -> None:
    """Another try asks again, rather than speak the beginning once more."""
    residence.player.manners.plays = 0.05
    cut = {"error": {"code": "server_error", "message": "No."}, "after": 2}
    residence.openai.script("/v1/responses", times=1, reply={**cut, "sentences": 3})
    await dictate(residence)
    turn = residence.satellite.turn
    assert turn is not None
    half, outcome = turn.reply, turn.outcome
    assert half
    assert outcome is Outcome.FAILED
    answer = await residence.call("retry", answers=True)
    assert answer["reply"] != half
    assert answer["reply"].startswith("You said")
