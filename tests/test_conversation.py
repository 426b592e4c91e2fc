"""The same assistant in Home Assistant's own chat."""

from dataclasses import dataclass
from typing import Any

import pytest
from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.reply_satellite import const
from custom_components.reply_satellite.tools import LOOK

from .residence import MakeResidence, Residence
from .standins.script import Latency

AGENT = "conversation.kitchen_assistant"


async def chat(
    residence: Residence, text: str, conversation_id: str | None = None, **how: Any
) -> conversation.ConversationResult:
    """Write to the assistant as Assist's chat does."""
    where = {"context": Context(), "agent_id": AGENT, **how}
    return await conversation.async_converse(
        residence.hass, text, conversation_id, **where
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


async def test_tools_may_leave_nothing_to_say(residence: Residence) -> None:
    look = {"name": LOOK, "arguments": {"camera": "Front door"}}
    residence.openai.script(path="/v1/responses", nth=1, reply={"tool": look})
    residence.openai.script(path="/v1/responses", nth=2, reply={"text": ""})
    result = await chat(residence, "Remember what you see")
    assert result.response.error_code is None
    assert said(result) == ""
    turn = residence.satellite.turn
    assert turn is not None
    assert [tool.name for tool in turn.tools] == [LOOK]


async def test_what_a_conversation_is_about_is_told_all_through_it(
    residence: Residence,
) -> None:
    """As an automation says it that asks first."""
    about = "The user was asked whether to water the garden."
    first = await chat(residence, "Yes", extra_system_prompt=about)
    await chat(residence, "No, wait", first.conversation_id)
    await chat(residence, "Hello")
    told = [
        str(request.body["instructions"]).endswith(about)
        for request in residence.openai.requests
        if request.path == "/v1/responses"
    ]
    assert told == [True, True, False]


TOLD = "{{ satellite }}, {{ area }}, {{ language }}"


@pytest.fixture
async def bedroom(hass: HomeAssistant, make_residence: MakeResidence) -> Bedroom:
    """A voice device in a bedroom; the satellite is in the kitchen."""
    for component in ("homeassistant", "conversation", "intent", "llm", "light"):
        assert await async_setup_component(hass, component, {})
    residence = await make_residence({const.CONF_INSTRUCTIONS: TOLD})
    entry = MockConfigEntry(domain="test")
    entry.add_to_hass(hass)
    devices, entities = dr.async_get(hass), er.async_get(hass)
    device = devices.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("test", "bedroom")}
    )
    own = residence.satellite.identity.device_id
    assert own is not None
    for room, device_id in {"Kitchen": own, "Bedroom": device.id}.items():
        area = ar.async_get(hass).async_create(room)
        devices.async_update_device(device_id, area_id=area.id)
        lamp = entities.async_get_or_create(
            "light", "test", room, suggested_object_id=room, original_name="Lamp"
        )
        entities.async_update_entity(lamp.entity_id, area_id=area.id)
        hass.states.async_set(lamp.entity_id, "off", {"friendly_name": "Lamp"})
        async_expose_entity(hass, "conversation", lamp.entity_id, True)
    switched: list[ServiceCall] = []

    async def turn_on(call: ServiceCall) -> None:
        switched.append(call)

    hass.services.async_register("light", "turn_on", turn_on)
    context = Context(user_id=MockUser().add_to_hass(hass).id)
    return Bedroom(residence, device.id, context, switched)


@dataclass(frozen=True, slots=True)
class Bedroom:
    """A voice device in another room than the satellite, and lamps of one name."""

    residence: Residence
    device_id: str
    context: Context
    switched: list[ServiceCall]

    async def say(self, text: str) -> None:
        """Speak German to the device, which has the satellite's assistant."""
        await chat(
            self.residence,
            text,
            context=self.context,
            language="de",
            device_id=self.device_id,
        )

    def let_it_switch(self) -> None:
        """Have the model switch on the lamp, wherever it is asked for next."""
        openai = self.residence.openai
        openai.clear_script()
        (name,) = (
            tool["name"]
            for tool in openai.requests[-1].body["tools"]
            if tool["name"].endswith("HassTurnOn")
        )
        switch = {"name": name, "arguments": {"name": "Lamp"}}
        openai.script(path="/v1/responses", times=1, reply={"tool": switch})

    @property
    def told(self) -> str:
        """Where the model was told to be, the last time."""
        told = self.residence.openai.requests[-1].body["instructions"]
        return str(told).partition("\n")[0]


async def test_it_acts_where_and_for_whom_it_is_asked(bedroom: Bedroom) -> None:
    await bedroom.say("Hallo")
    assert bedroom.told == "Kitchen, Bedroom, de"
    bedroom.let_it_switch()
    await bedroom.say("Licht an")
    (call,) = bedroom.switched
    assert call.data["entity_id"] == ["light.bedroom"]
    assert call.context == bedroom.context
    assert call.context.user_id == bedroom.context.user_id

    bedroom.let_it_switch()
    await bedroom.residence.call("ask", text="Light on", speak=False)
    assert bedroom.told == "Kitchen, Kitchen, en"
    assert bedroom.switched[-1].data["entity_id"] == ["light.kitchen"]
    assert bedroom.switched[-1].context.user_id is None


async def test_nobody_in_particular_asks_from_nowhere(bedroom: Bedroom) -> None:
    """Whoever writes from afar does not mean the satellite's room."""
    await chat(bedroom.residence, "Hello")
    assert bedroom.told == "Kitchen, None, en"


async def test_another_try_is_for_who_asked_first(bedroom: Bedroom) -> None:
    residence = bedroom.residence
    residence.openai.script(
        path="/v1/responses", fault=residence.openai.error("insufficient_quota")
    )
    await bedroom.say("Licht an")
    assert bedroom.switched == []
    await residence.hass.config_entries.async_reload(residence.entry.entry_id)
    residence.openai.clear_script()
    await residence.call("ask", text="Hello", speak=False)
    bedroom.let_it_switch()
    await residence.call("retry")
    (call,) = bedroom.switched
    assert call.data["entity_id"] == ["light.bedroom"]
    assert call.context.user_id == bedroom.context.user_id
    assert bedroom.told == "Kitchen, Bedroom, de"
