"""Thinking ahead: no tool is called and no picture shown that was not asked for."""

from typing import Any

import pytest
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from custom_components.reply_satellite.voice.hearing.heard import KeywordHeard
from custom_components.reply_satellite.voice.hearing.spotter import SURE, Keyword
from custom_components.reply_satellite.voice.thinking import openai_tools

from ..residence import Residence
from ..standins.exchange import Record
from .pausing import (
    FIRST,
    QUESTION,
    answered,
    asked,
    begin,
    end,
    pause,
    sent,
    until_told,
)


@pytest.fixture
async def lamp(hass: HomeAssistant) -> list[str]:
    """A lamp that the assistant may switch; what was switched."""
    for component in ("homeassistant", "conversation", "intent", "llm", "light"):
        assert await async_setup_component(hass, component, {})
    hass.states.async_set("light.reading", "off", {"friendly_name": "Reading lamp"})
    async_expose_entity(hass, "conversation", "light.reading", True)
    switched: list[str] = []

    async def turn_on(call: Any) -> None:
        switched.extend(call.data["entity_id"])

    hass.services.async_register("light", "turn_on", turn_on)
    return switched


def call_of(record: Record) -> str:
    """The tool that turns something on, as it was offered."""
    (name,) = [
        tool["name"]
        for tool in record.body["tools"]
        if tool["name"].endswith("HassTurnOn")
    ]
    return str(name)


async def think_of_the_lamp(residence: Residence, whole: str) -> None:
    """Ask ahead for the lamp, and have the model call its tool."""
    # The tool's name is what the model is told.
    await residence.call("ask", text="Hello", speak=False)
    tool = call_of(asked(residence.openai)[-1])
    residence.openai.requests.clear()
    call = {"name": tool, "arguments": {"name": "Reading lamp"}}
    residence.openai.script(QUESTION, times=1, reply={"tool": call})
    await begin(residence, whole)
    await pause(residence, "Turn on the reading lamp")
    await residence.until(answered(residence))
    await until_told(residence)


async def test_a_tool_waits_until_the_question_is_known(
    lamp: list[str], ahead: Residence
) -> None:
    await think_of_the_lamp(ahead, "Turn on the reading lamp.")
    assert lamp == []
    assert "tool_called" not in ahead.told
    turn = await end(ahead)
    assert lamp == ["light.reading"]
    assert [tool.failed for tool in turn.tools] == [False]
    assert "Reading lamp" in turn.reply
    assert len(asked(ahead.openai)) == 2


async def test_a_tool_of_an_answer_thrown_away_is_never_called(
    lamp: list[str], ahead: Residence
) -> None:
    await think_of_the_lamp(ahead, "Turn on the reading lamp tomorrow.")
    first = asked(ahead.openai)[0].details["response"]["usage"]
    ahead.openai.script(QUESTION, reply={"text": "I can't."})
    turn = await end(ahead)
    assert lamp == []
    assert turn.tools == []
    assert turn.reply == "I can't."
    assert turn.usage.input > first["input_tokens"]
    # What the model is told next has no trace of it.
    assert "function_call" not in {
        it.get("type") for it in asked(ahead.openai)[-1].body["input"]
    }


async def test_a_tool_that_waited_too_long_was_never_asked_for(
    lamp: list[str], ahead: Residence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai_tools, "TOOL_WITHIN", 0.01)
    await think_of_the_lamp(ahead, "Turn on the reading lamp.")
    await ahead.until(answered(ahead, 2))
    monkeypatch.undo()
    turn = await end(ahead)
    assert lamp == ["light.reading"]
    assert [tool.failed for tool in turn.tools] == [False]
    assert sent(asked(ahead.openai)[2]) == "Turn on the reading lamp."


async def test_a_picture_taken_after_the_pause_is_asked_about(ahead: Residence) -> None:
    await begin(ahead, FIRST)
    await pause(ahead, FIRST)
    await ahead.until(answered(ahead))
    await ahead.call("take_snapshot")
    turn = await end(ahead)
    assert "one picture" in turn.reply
    assert len(asked(ahead.openai)) == 2


async def test_only_a_picture_that_was_asked_for_goes_along(ahead: Residence) -> None:
    await begin(ahead, "What is that there?")
    await pause(ahead, "")
    now = ahead.satellite.ears.position
    ahead.satellite.hear(KeywordHeard(Keyword.SNAPSHOT, now, SURE, clock=0.0))
    # The transcript will not bear out this one.
    ahead.satellite.hear(KeywordHeard(Keyword.SNAPSHOT, now, 0.5, clock=0.0))
    await ahead.until(lambda: ahead.told.count("snapshot_taken") == 2)
    await pause(ahead, "What is that there?")
    await ahead.until(answered(ahead))
    turn = await end(ahead)
    assert len(turn.pictures) == 1
    assert "one picture" in turn.reply
    assert len(asked(ahead.openai)) == 1
