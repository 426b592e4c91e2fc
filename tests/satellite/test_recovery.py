"""Turns that are tried again: by whom, on which thread, and for whom to hear."""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import replace

import pytest
from homeassistant.exceptions import HomeAssistantError

from custom_components.reply_satellite import failures
from custom_components.reply_satellite.satellite import recovery
from custom_components.reply_satellite.tools import LOOK
from custom_components.reply_satellite.voice.errors import (
    Service,
    UnreachableError,
)
from custom_components.reply_satellite.voice.machine import Phase
from custom_components.reply_satellite.voice.turn import Outcome, Step, Turn

from ..residence import Residence
from ..standins.script import Latency
from ..test_failures import issues

AWAY = UnreachableError(Service.OPENAI)


def last(residence: Residence) -> Turn:
    """The last turn."""
    assert residence.satellite.turn is not None
    return residence.satellite.turn


async def fail(residence: Residence, text: str) -> Turn:
    """Dictate what nobody can answer right now."""
    residence.player.manners.plays = 0.05
    async with residence.openai.refusing():
        await residence.dictate(text, seconds=0.5)
        await residence.until_idle()
    assert last(residence).outcome is Outcome.FAILED
    return last(residence)


async def fail_to_transcribe(residence: Residence) -> None:
    """Dictate what nobody can transcribe right now."""
    async with residence.assemblyai.refusing():
        await residence.dictate("And tomorrow?")
        await residence.until_idle()
    await residence.until(lambda: issues(residence.hass) == {"turn_failed"})


async def try_unasked(
    residence: Residence, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Go through the satellite's own try, as if the one that waits had not begun."""
    monkeypatch.setattr(recovery, "EVERY", 0.0)
    turn.remarks.clear()
    await recovery.retry_when_back(residence.satellite, turn, AWAY)


async def test_the_last_thing_said_is_tried_unasked(
    residence: Residence, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = await fail(residence, "What do you see?")
    # A word mistaken for "computer" is nobody who speaks again.
    residence.satellite.memory.add(
        Turn(id="mistaken", began=0, recorded=1.0, outcome=Outcome.NOTHING_SAID)
    )
    await try_unasked(residence, turn, monkeypatch)
    assert turn.outcome is Outcome.SPOKEN


@pytest.mark.parametrize("looks_before", [True, False])
async def test_what_is_stopped_at_another_try_stays_so(
    residence: Residence, monkeypatch: pytest.MonkeyPatch, looks_before: bool
) -> None:
    turn = await fail(residence, "What do you see?")
    residence.openai.script(path="/v1/responses", latency=Latency(first_byte=60))
    by_hand = residence.hass.async_create_task(residence.call("retry"))
    await residence.until_phase(Phase.THINKING)
    looked = looks(residence)
    unasked: Awaitable[None] = try_unasked(residence, turn, monkeypatch)
    if looks_before:
        unasked = asyncio.ensure_future(unasked)
        await residence.until(lambda: looks(residence) > looked)
    await residence.call("stop")
    with pytest.raises(HomeAssistantError):
        await by_hand
    residence.openai.clear_script()
    await unasked
    assert turn.outcome is Outcome.CANCELLED


def looks(residence: Residence) -> int:
    """How often somebody looked whether OpenAI is there."""
    return sum(it.path == "/v1/models" for it in residence.openai.requests)


async def test_another_try_is_timed_by_itself(
    residence: Residence, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = await fail(residence, "What do you see?")
    turn.steps[Step.REPLY_KEYWORD] = 100.0
    await try_unasked(residence, turn, monkeypatch)
    assert turn.outcome is Outcome.SPOKEN
    assert Step.REPLY_KEYWORD not in turn.steps
    assert turn.steps[Step.FIRST_AUDIO] < 100.0


async def test_who_spoke_again_does_not_wait(
    residence: Residence, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = await fail(residence, "Add milk to the list")
    await residence.dictate("Add milk to the list", seconds=0.5)
    await residence.until_idle()
    await try_unasked(residence, turn, monkeypatch)
    assert turn.outcome is Outcome.FAILED
    assert residence.told.count("reply_spoken") == 1


async def test_who_asked_by_an_action_was_told(
    residence: Residence, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with residence.openai.refusing():
        with pytest.raises(HomeAssistantError):
            await residence.call("ask", text="How are you?")
    await try_unasked(residence, last(residence), monkeypatch)
    assert last(residence).outcome is Outcome.FAILED


async def test_what_a_tool_did_is_not_done_twice(
    residence: Residence, monkeypatch: pytest.MonkeyPatch
) -> None:
    openai = residence.openai
    call = {"name": LOOK, "arguments": {"camera": "Front door"}}
    openai.script("/v1/responses", nth=1, reply={"tool": call})
    openai.script("/v1/responses", nth=2, times=9, fault=openai.error("server_error"))
    await residence.dictate("What do you see?", seconds=0.5)
    await residence.until_idle()
    turn = last(residence)
    assert [tool.name for tool in turn.tools] == [LOOK]
    openai.clear_script()
    await try_unasked(residence, turn, monkeypatch)
    assert turn.outcome is Outcome.FAILED

    # Who asks for it wants an answer, and the model is told what it did before.
    await residence.call("retry", answers=True)
    told = openai.requests[-1].body["instructions"]
    assert f'these tools:\n- {LOOK} {{"camera": "Front door"}}' in told


async def test_a_silent_question_is_never_spoken(residence: Residence) -> None:
    async with residence.openai.refusing():
        with pytest.raises(HomeAssistantError):
            await residence.call("ask", text="My secret", speak=False)
    assert issues(residence.hass) == set()
    restored = Turn.from_dict(last(residence).as_dict())
    assert restored.silent
    answer = await residence.call("retry", answers=True)
    assert answer["spoken"] is False
    assert residence.player.calls == []


async def test_another_try_stays_on_its_thread(residence: Residence) -> None:
    first = await residence.call("ask", answers=True, text="Weather?", speak=False)
    turn = await fail(residence, "And tomorrow?")
    memory = residence.satellite.memory
    assert memory.thread is not None
    memory.thread = replace(memory.thread, touched=memory.thread.touched - 95)
    answer = await residence.call("retry", answers=True)
    assert answer["turn_id"] == turn.id
    assert answer["thread_id"] == first["thread_id"]


async def test_another_try_leaves_a_thread_that_is_kept_elsewhere(
    residence: Residence,
) -> None:
    """The user wants threads kept somewhere else by now."""
    turn = await fail(residence, "And tomorrow?")
    turn.thread_id = "local_before"
    answer = await residence.call("retry", answers=True)
    assert answer["thread_id"].startswith("conv_")


async def test_what_was_never_transcribed_stays_on_its_thread_too(
    residence: Residence,
) -> None:
    first = await residence.call("ask", answers=True, text="Weather?", speak=False)
    residence.player.manners.plays = 0.05
    await fail_to_transcribe(residence)
    residence.satellite.threads.forget()
    residence.assemblyai.script(path="/v2/*", reply={"transcript": "And tomorrow?"})
    answer = await residence.call("retry", answers=True)
    assert answer["thread_id"] == first["thread_id"]


async def test_what_was_stopped_is_not_tried_unless_it_is_named(
    residence: Residence,
) -> None:
    failed = await fail(residence, "What do you see?")
    stopped = Turn(
        id="stopped", began=time.time(), transcript="No", outcome=Outcome.CANCELLED
    )
    residence.satellite.memory.add(stopped)
    answer = await residence.call("retry", answers=True)
    assert answer["turn_id"] == failed.id
    answer = await residence.call("retry", answers=True, turn_id="stopped")
    assert answer["turn_id"] == "stopped"


async def test_a_try_that_finds_nothing_said_takes_the_repair_back(
    residence: Residence,
) -> None:
    await fail_to_transcribe(residence)
    residence.assemblyai.clear_script()
    residence.assemblyai.script(path="/v*", reply={"transcript": ""})
    with pytest.raises(HomeAssistantError):
        await residence.call("retry")
    await residence.until(lambda: issues(residence.hass) == set())


async def test_what_is_not_kept_any_more_is_not_offered_at_the_next_start(
    residence: Residence,
) -> None:
    await fail_to_transcribe(residence)
    failures.not_owed(residence.satellite)
    spool, turn = residence.satellite.spool, last(residence)
    await residence.hass.async_add_executor_job(spool.recording(turn.id).unlink)
    await recovery._offer_again(residence.satellite)
    assert issues(residence.hass) == set()


async def test_the_log_tells_why_a_turn_failed(
    residence: Residence, caplog: pytest.LogCaptureFixture
) -> None:
    residence.satellite.settings = replace(
        residence.satellite.settings, instructions="{{ states('sensor.out') | float }}"
    )
    with pytest.raises(HomeAssistantError):
        await residence.call("ask", text="My secret", speak=False)
    (record,) = [it for it in caplog.records if "could not answer" in it.message]
    assert "Kitchen could not answer: house: instructions: " in record.message
    assert "My secret" not in record.message
