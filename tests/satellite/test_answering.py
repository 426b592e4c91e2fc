"""The answer to a turn: what the assistant is told with it."""

import pytest
from homeassistant.exceptions import HomeAssistantError

from custom_components.reply_satellite import const
from tests.residence import MakeResidence
from tests.standins.script import Latency


async def test_instructions_that_can_not_be_rendered(
    make_residence: MakeResidence,
) -> None:
    residence = await make_residence({const.CONF_INSTRUCTIONS: "{{ 1 / 0 }}"})
    await residence.dictate("Hello?")
    await residence.until_idle()
    turn = residence.satellite.turn
    assert turn is not None
    assert turn.failure == "house.refused"


async def test_messages_of_an_answer_are_told_apart(
    make_residence: MakeResidence,
) -> None:
    """In what is read, in what is said, and in what is told of it later."""
    residence = await make_residence({const.CONF_LOCAL_THREADS: True})
    openai, path = residence.openai, "/v1/responses"
    look = {"name": "no_such_tool"}
    openai.script(path, nth=1, reply={"text": "Let me look it up.", "tool": look})
    openai.script(path, nth=2, reply={"text": ["It is 20 degrees.", "And you?"]})
    answer = await residence.call("ask", answers=True, text="How warm is it?")
    reply = "Let me look it up.\n\nIt is 20 degrees.\n\nAnd you?"
    assert answer["reply"] == reply
    said = [
        it.body["text"]
        for it in residence.elevenlabs.requests
        if it.path.startswith("/v1/text-to-speech")
    ]
    assert " ".join(said) == reply.replace("\n\n", " ")

    await residence.call("ask", text="Warm enough", speak=False)
    _, before, _ = openai.requests[-1].body["input"]
    assert before["content"] == reply


async def test_what_was_done_before_an_interruption_is_known_and_counted(
    make_residence: MakeResidence,
) -> None:
    """Whoever goes on expects the assistant to know what it was asked before."""
    residence = await make_residence({const.CONF_LOCAL_THREADS: True})
    first = await residence.call("ask", answers=True, text="Hello", speak=False)
    openai, path = residence.openai, "/v1/responses"
    look = {"name": "look", "arguments": {}}

    def rounds() -> int:
        return sum(request.path == path for request in openai.requests)

    openai.script(path, nth=1, reply={"tool": look})
    openai.script(path, nth=2, latency=Latency(first_byte=60))
    asking = residence.hass.async_create_task(
        residence.call("ask", text="Who is at the door?", speak=False)
    )
    await residence.until(lambda: rounds() == 3)
    await residence.call("stop")
    with pytest.raises(HomeAssistantError):
        await asking
    interrupted = residence.satellite.memory.turns[-1]
    assert interrupted.usage.output > 0

    after = await residence.call("ask", answers=True, text="And now?", speak=False)
    assert after["thread_id"] == first["thread_id"]
    told = [item["content"] for item in openai.requests[-1].body["input"]]
    assert told[2] == "Who is at the door?"
    assert (
        told[3] == "[The user interrupted before you replied. You had used: look {}.]"
    )
