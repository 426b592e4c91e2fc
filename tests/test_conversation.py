"""The same assistant in Home Assistant's own chat."""

import pytest
from homeassistant.components import conversation
from homeassistant.core import Context
from homeassistant.helpers import intent

from custom_components.reply_satellite import const

from .residence import MakeResidence, Residence
from .standins.script import Latency

AGENT = "conversation.kitchen_assistant"


async def chat(
    residence: Residence, text: str, conversation_id: str | None = None
) -> conversation.ConversationResult:
    """Write to the assistant as Assist's chat does."""
    return await conversation.async_converse(
        residence.hass, text, conversation_id, Context(), agent_id=AGENT
    )


def said(result: conversation.ConversationResult) -> str:
    return str(result.response.speech["plain"]["speech"])


async def test_it_answers_without_speaking_and_on_the_satellites_thread(
    make_residence: MakeResidence,
) -> None:
    residence = await make_residence({const.CONF_HOT_WINDOW: 600})
    asked = await residence.call("ask", answers=True, text="One", speak=False)
    result = await chat(residence, "What did I say before?")
    turn = residence.satellite.turn
    assert turn is not None
    assert turn.thread_id == asked["thread_id"]
    assert said(result) == turn.reply
    assert "One" in turn.reply
    assert not residence.player.calls
    again = await chat(residence, "And now?", result.conversation_id)
    assert again.conversation_id == result.conversation_id


async def test_it_streams(residence: Residence) -> None:
    """What is written can be read while more is being written."""
    pace = Latency(each=0.02)
    residence.openai.script(
        path="/v1/responses", reply={"text": "One two three four."}, latency=pace
    )
    came: list[tuple[str, bool]] = []

    def listen(_log: conversation.ChatLog, delta: dict[str, object]) -> None:
        if text := delta.get("content"):
            came.append((str(text), residence.satellite.running is not None))

    agent = residence.hass.data[conversation.DATA_COMPONENT].get_entity(AGENT)
    assert agent is not None
    assert agent.supports_streaming
    with pytest.MonkeyPatch.context() as patch:
        make = conversation.ChatLog.__init__

        def watched(log: conversation.ChatLog, *args: object, **how: object) -> None:
            make(log, *args, **how)  # type: ignore[arg-type]
            log.delta_listener = listen

        patch.setattr(conversation.ChatLog, "__init__", watched)
        result = await chat(residence, "Count")
    assert said(result) == "One two three four."
    assert "".join(text for text, _ in came) == "One two three four."
    assert len(came) > 2
    assert came[0][1]


async def test_a_failure_is_said_in_the_chat(residence: Residence) -> None:
    fault = residence.openai.error("insufficient_quota")
    residence.openai.script(path="/v1/responses", fault=fault)
    result = await chat(residence, "Hello")
    assert result.response.response_type is intent.IntentResponseType.ERROR
    assert said(result)
    residence.openai.clear_script()
    assert (await chat(residence, "Hello again")).response.error_code is None
