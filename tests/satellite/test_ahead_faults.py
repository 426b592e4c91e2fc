"""Thinking ahead: what fails, is stopped or cut off leaves nothing behind."""

from typing import Any

import pytest

from custom_components.reply_satellite.satellite import asking
from custom_components.reply_satellite.voice.machine import Phase
from custom_components.reply_satellite.voice.turn import Outcome

from ..residence import Residence
from ..standins.exchange import Outcome as Sent
from ..standins.script import Fault, FaultKind, Latency
from .pausing import (
    FIRST,
    QUESTION,
    SLOW,
    SOUND,
    SPEECH,
    answered,
    asked,
    begin,
    begun_ahead,
    end,
    pause,
    running_ahead,
)


@pytest.mark.parametrize("path", [QUESTION, SOUND])
async def test_an_error_ahead_is_not_the_turns(ahead: Residence, path: str) -> None:
    await begin(ahead, FIRST)
    standin: Any = ahead.openai if path == QUESTION else ahead.assemblyai
    fault = Fault(kind=FaultKind.STATUS, status=400, body={"error": {"message": "no"}})
    standin.script(path, fault=fault)
    await pause(ahead, FIRST)
    await ahead.until(lambda: not running_ahead())
    assert all(it.status == 400 for it in asked(ahead.openai))
    standin.clear_script()
    turn = await end(ahead)
    assert turn.outcome is Outcome.SPOKEN
    assert turn.failure == ""
    assert turn.reply == "You said What time is it."


async def test_an_answer_that_is_cut_off_ahead_is_asked_for_anew(
    ahead: Residence,
) -> None:
    await begin(ahead, FIRST)
    broken = {"sentences": 3, "error": {"code": "server_error", "message": ""}}
    ahead.openai.script(QUESTION, reply={**broken, "after": 4})
    await pause(ahead, FIRST)
    await ahead.until(begun_ahead(ahead))
    await ahead.until(lambda: not running_ahead())
    ahead.openai.clear_script()
    turn = await end(ahead)
    assert turn.reply == "You said What time is it."
    assert turn.outcome is Outcome.SPOKEN


async def test_an_answer_that_fails_while_it_is_waited_for_is_asked_for_anew(
    ahead: Residence,
) -> None:
    await begin(ahead, FIRST)
    fault = Fault(kind=FaultKind.STATUS, status=400, body={"error": {"message": "no"}})
    late = Latency(first_byte=1.0)
    await pause(ahead, "")
    ahead.openai.script(QUESTION, times=1, fault=fault, latency=late)
    await pause(ahead, FIRST)
    await ahead.until(begun_ahead(ahead))
    turn = await end(ahead)
    assert turn.reply == "You said What time is it."
    assert turn.outcome is Outcome.SPOKEN
    assert len(asked(ahead.openai)) == 2


async def test_an_adopted_answer_that_breaks_off_is_the_turns(ahead: Residence) -> None:
    await begin(ahead, FIRST)
    broken = {"sentences": 3, "error": {"code": "server_error", "message": ""}}
    ahead.openai.script(
        QUESTION, reply={**broken, "after": 4}, latency=Latency(each=0.5)
    )
    await pause(ahead, FIRST)
    await ahead.until(begun_ahead(ahead))
    turn = await end(ahead)
    assert turn.outcome is Outcome.FAILED
    assert len(asked(ahead.openai)) == 1


async def test_a_stop_ends_all_of_it(ahead: Residence) -> None:
    await begin(ahead, FIRST)
    ahead.openai.script(QUESTION, latency=SLOW)
    await pause(ahead, FIRST)
    await ahead.until(begun_ahead(ahead))
    await ahead.call("stop")
    await ahead.until_idle()
    await ahead.until(lambda: running_ahead() == [])
    (only,) = asked(ahead.openai)
    await ahead.until(lambda: only.outcome is Sent.ABORTED)
    turn = ahead.satellite.turn
    assert turn is not None
    assert (turn.outcome, turn.reply) == (Outcome.CANCELLED, "")
    # It went there, whatever came of it.
    assert turn.sent["openai"] == ["words"]


async def test_a_stop_while_it_is_waited_for_ends_it_too(ahead: Residence) -> None:
    await begin(ahead, FIRST)
    ahead.openai.script(QUESTION, latency=SLOW)
    await pause(ahead, FIRST)
    await ahead.until(begun_ahead(ahead))
    await ahead.call("end_recording")
    await ahead.until_phase(Phase.THINKING)
    await ahead.call("stop")
    await ahead.until_idle()
    await ahead.until(lambda: running_ahead() == [])
    assert len(asked(ahead.openai)) == 1


async def test_an_adopted_answer_can_be_interrupted(ahead: Residence) -> None:
    await begin(ahead, FIRST)
    ahead.openai.script(QUESTION, times=1, reply={"sentences": 9})
    ahead.elevenlabs.script(SPEECH, reply={"silence": 30.0})
    await pause(ahead, FIRST)
    await ahead.until(answered(ahead))
    await ahead.call("end_recording")
    await ahead.until_phase(Phase.SPEAKING)
    interrupted = ahead.satellite.turn
    await ahead.call("start_recording")
    assert ahead.satellite.data.phase is Phase.RECORDING
    await ahead.call("stop")
    await ahead.until_idle()
    assert interrupted is not None
    assert interrupted.outcome is Outcome.CANCELLED
    await ahead.until(lambda: running_ahead() == [])


async def test_a_restart_in_the_midst_of_it_loses_nothing(ahead: Residence) -> None:
    await begin(ahead, FIRST)
    ahead.openai.script(QUESTION, times=1, latency=SLOW)
    await pause(ahead, FIRST)
    await ahead.until(begun_ahead(ahead))
    assert await ahead.hass.config_entries.async_reload(ahead.entry.entry_id)
    await ahead.hass.async_block_till_done()
    assert running_ahead() == []
    turn = ahead.satellite.turn
    assert turn is not None
    assert (turn.outcome, turn.failure) == (Outcome.FAILED, "house.restarted")
    turn = await asking.retry(ahead.satellite, turn)
    assert turn.outcome is Outcome.SPOKEN
    assert turn.reply == "You said What time is it."


async def test_a_thread_that_was_forgotten_meanwhile_is_not_answered_from(
    ahead: Residence,
) -> None:
    await ahead.dictate("My name is Anna")
    await ahead.until_idle()
    ahead.openai.requests.clear()
    ahead.assemblyai.requests.clear()
    ahead.assemblyai.clear_script()
    await begin(ahead, FIRST)
    await pause(ahead, FIRST)
    await ahead.until(answered(ahead))
    assert "Anna" in str(asked(ahead.openai)[0].body)
    ahead.satellite.memory.turns.clear()
    turn = await end(ahead)
    assert turn.reply == "You said What time is it."
    assert len(asked(ahead.openai)) == 2
