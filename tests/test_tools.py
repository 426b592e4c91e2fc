"""The tools of a turn, in a real Home Assistant."""

import asyncio
import json
from typing import Any, override

import pytest
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm
from homeassistant.setup import async_setup_component

from custom_components.reply_satellite import const
from custom_components.reply_satellite import llm as llm_platform
from custom_components.reply_satellite.tools import (
    END_THREAD,
    LOOK,
    HomeToolbox,
    async_home_tools,
    async_specs,
    async_toolbox,
    named_cameras,
)
from custom_components.reply_satellite.voice.thinking.assistant import ToolError

from .residence import CAMERA, LENS_CAP, MakeResidence, Residence


@pytest.fixture
async def lamp(hass: HomeAssistant) -> list[ServiceCall]:
    """A lamp that is exposed, and one that is not."""
    for component in ("homeassistant", "conversation", "intent", "llm", "light"):
        assert await async_setup_component(hass, component, {})
    for name in ("reading", "secret"):
        hass.states.async_set(
            f"light.{name}", "off", {"friendly_name": f"{name.capitalize()} lamp"}
        )
    async_expose_entity(hass, "conversation", "light.reading", True)
    async_expose_entity(hass, "conversation", "light.secret", False)
    calls: list[ServiceCall] = []

    async def turn_on(call: ServiceCall) -> None:
        calls.append(call)
        for entity_id in call.data["entity_id"]:
            hass.states.async_set(entity_id, "on")

    hass.services.async_register("light", "turn_on", turn_on)
    return calls


def context() -> llm.LLMContext:
    return llm.LLMContext(
        platform=const.DOMAIN,
        context=Context(),
        language="en",
        assistant="conversation",
        device_id=None,
    )


async def assist(hass: HomeAssistant) -> HomeToolbox:
    api = await async_home_tools(hass, ["assist"], context())
    return HomeToolbox(hass, api, specs=await async_specs(api))


def turn_on_tool(box: HomeToolbox) -> str:
    (name,) = [spec.name for spec in box.specs if spec.name.endswith("HassTurnOn")]
    return name


async def test_assist_as_the_model_wants_it(
    hass: HomeAssistant, lamp: list[ServiceCall]
) -> None:
    box = await assist(hass)
    (tool,) = [spec for spec in box.specs if spec.name == turn_on_tool(box)]
    assert tool.description
    assert tool.parameters["type"] == "object"
    assert "name" in tool.parameters["properties"]
    assert {"oneOf", "anyOf", "allOf"} & tool.parameters.keys() == set()
    json.dumps([dict(spec.parameters) for spec in box.specs])
    assert "Reading lamp" in box.prompt
    assert "Secret lamp" not in box.prompt


async def test_others_get_their_turn_between_tools(
    hass: HomeAssistant, lamp: list[ServiceCall]
) -> None:
    """Describing a tool takes a while, and there are many."""
    api = await async_home_tools(hass, ["assist"], context())
    describing = asyncio.create_task(async_specs(api))
    turns = 0
    while not describing.done():
        turns += 1
        await asyncio.sleep(0)
    assert len(await describing) > 3
    assert turns >= len(await describing)


async def test_tool_of_home_assistant(
    hass: HomeAssistant, lamp: list[ServiceCall]
) -> None:
    box = await assist(hass)
    output = await box.call(turn_on_tool(box), {"name": "Reading lamp"})
    assert not output.failed
    assert "Reading lamp" in output.text
    json.loads(output.text)
    (call,) = lamp
    assert call.data["entity_id"] == ["light.reading"]


@pytest.mark.parametrize(
    "arguments",
    [{"name": "Secret lamp"}, {"name": "No such lamp"}, {"no_such_slot": 1}],
)
async def test_what_is_not_exposed_can_not_be_reached(
    hass: HomeAssistant, lamp: list[ServiceCall], arguments: dict[str, Any]
) -> None:
    box = await assist(hass)
    with pytest.raises(ToolError):
        await box.call(turn_on_tool(box), arguments)
    assert lamp == []


@pytest.mark.parametrize("name", ["no_such_tool", LOOK, END_THREAD])
async def test_tool_that_is_not_offered(
    hass: HomeAssistant, lamp: list[ServiceCall], name: str
) -> None:
    for box in (HomeToolbox(hass, None), await assist(hass)):
        with pytest.raises(ToolError):
            await box.call(name, {})
        assert not box.thread_ended


async def test_no_tools_at_all(hass: HomeAssistant) -> None:
    box = HomeToolbox(hass, None)
    assert list(box.specs) == []
    assert not box.prompt


async def test_tools_that_are_not_there(
    hass: HomeAssistant, lamp: list[ServiceCall], caplog: pytest.LogCaptureFixture
) -> None:
    api = await async_home_tools(hass, ["assist", "removed_last_week"], context())
    assert api is not None
    assert "removed_last_week" in caplog.text
    assert await async_home_tools(hass, ["removed_last_week"], context()) is None
    assert await async_home_tools(hass, [], context()) is None


async def test_tools_that_refuse(
    hass: HomeAssistant, lamp: list[ServiceCall], caplog: pytest.LogCaptureFixture
) -> None:
    class Closed(llm.API):
        @override
        async def async_get_api_instance(
            self, llm_context: llm.LLMContext
        ) -> llm.APIInstance:
            raise HomeAssistantError("not for you")

    llm.async_register_api(hass, Closed(hass=hass, id="closed", name="Closed"))
    assert await async_home_tools(hass, ["closed"], context()) is None
    assert "['closed']" in caplog.text
    # What is for everybody can still be used.
    api = await async_home_tools(hass, ["closed", "assist"], context())
    assert api is not None
    assert api.api.id == "assist"


async def test_cameras_of_one_name(hass: HomeAssistant) -> None:
    for entity_id in ("camera.one", "camera.two"):
        hass.states.async_set(entity_id, "idle", {"friendly_name": "Garden"})
    hass.states.async_set("camera.three", "idle", {"friendly_name": "Attic"})
    cameras = ["camera.one", "camera.two", "camera.three", "camera.gone"]
    assert named_cameras(hass, cameras) == {
        "camera.one": "camera.one",
        "camera.two": "camera.two",
        "Attic": "camera.three",
        "camera.gone": "camera.gone",
    }


async def test_look_through_a_camera(residence: Residence) -> None:
    box = await toolbox(residence)
    (look,) = [spec for spec in box.specs if spec.name == LOOK]
    assert look.parameters["properties"]["camera"]["enum"] == ["Front door"]

    output = await box.call(LOOK, {"camera": "Front door"})
    (picture,) = output.pictures
    assert picture.jpeg.startswith(b"\xff\xd8")
    assert json.loads(output.text) == {"camera": "Front door", "taken": picture.taken}
    assert (await box.call(LOOK, {})).pictures
    with pytest.raises(ToolError):
        await box.call(LOOK, {"camera": "camera.somebody_elses"})
    residence.camera.broken = LENS_CAP
    with pytest.raises(ToolError, match="lens cap"):
        await box.call(LOOK, {"camera": "Front door"})


async def test_tools_can_be_turned_off(make_residence: MakeResidence) -> None:
    residence = await make_residence(
        {
            const.CONF_LLM_API: [],
            const.CONF_LOOK_TOOL: False,
            const.CONF_END_THREAD_TOOL: False,
        }
    )
    assert list((await toolbox(residence)).specs) == []


async def test_model_looks_again(residence: Residence) -> None:
    """The picture a tool takes comes back to the model."""
    reply = await residence.call(
        "ask", answers=True, **_to(residence), text="Look again at the front door."
    )
    assert "I looked at one new" in reply["reply"]
    turn = residence.satellite.memory.turns[-1]
    assert [tool.name for tool in turn.tools] == [LOOK]
    assert "pictures" in turn.sent["openai"]


async def test_model_ends_the_thread(residence: Residence) -> None:
    first = await residence.call(
        "ask", answers=True, **_to(residence), text="My name is Ada."
    )
    await residence.call("ask", answers=True, **_to(residence), text="Goodbye.")
    third = await residence.call(
        "ask", answers=True, **_to(residence), text="What is my name?"
    )
    assert third["thread_id"] != first["thread_id"]
    assert "Ada" not in third["reply"]


async def toolbox(residence: Residence) -> HomeToolbox:
    """What the satellite's assistant has for whoever is heard."""
    satellite = residence.satellite
    return await async_toolbox(satellite, satellite.identity.speaker)


def _to(residence: Residence) -> dict[str, Any]:
    device_id = residence.satellite.identity.device_id
    return {"device_id": device_id, "speak": False}


async def platform_tools(
    residence: Residence, platform: str = "another"
) -> dict[str, llm.Tool]:
    asked = context()
    asked.platform = platform
    offered = llm_platform.async_get_tools(residence.hass, asked, llm.LLM_API_ASSIST)
    return {} if offered is None else {tool.name: tool for tool in offered.tools}


async def use(residence: Residence, tool: llm.Tool, **arguments: Any) -> llm.ToolResult:
    asked = llm.ToolInput(tool_name=tool.name, tool_args=arguments)
    result = await tool.async_call(residence.hass, asked, context())
    assert isinstance(result, llm.ToolResult)
    return result


async def test_platform_offers_what_is_exposed(residence: Residence) -> None:
    assert set(await platform_tools(residence)) == {END_THREAD}
    async_expose_entity(residence.hass, "conversation", CAMERA, True)
    tools = await platform_tools(residence)
    assert set(tools) == {LOOK, END_THREAD}
    assert all(tool.integration == const.DOMAIN for tool in tools.values())
    assert all(name.startswith(f"{const.DOMAIN}__") for name in tools)
    # A satellite has its own.
    assert await platform_tools(residence, platform=const.DOMAIN) == {}
    other_api = llm_platform.async_get_tools(residence.hass, context(), "another_api")
    assert other_api is None


async def test_assist_has_our_tools(residence: Residence) -> None:
    hass = residence.hass
    for component in ("conversation", "intent", "llm"):
        assert await async_setup_component(hass, component, {})
    asked = context()
    asked.platform = "another"
    api = await llm.async_get_api(hass, "assist", asked)
    assert END_THREAD in {tool.name for tool in api.tools}


async def test_others_look_through_a_camera(residence: Residence) -> None:
    async_expose_entity(residence.hass, "conversation", CAMERA, True)
    look = (await platform_tools(residence))[LOOK]
    result = await use(
        residence, look, camera="Front door", question="Who is at the door?"
    )
    assert not result.error
    assert "one picture of 640 by 480 pixels" in str(result.data["seen"])
    asked = residence.openai.requests[-1]
    assert asked.body["store"] is False
    assert residence.satellite.memory.turns == []

    residence.openai.script(
        "/v1/responses", fault=residence.openai.error("bad_request")
    )
    result = await use(residence, look, camera="Front door", question="And now?")
    assert (result.data, result.error) == ({"error": "refused"}, True)
    residence.camera.broken = LENS_CAP
    result = await use(residence, look, camera="Front door", question="And now?")
    assert result.error
    assert "lens cap" in str(result.data["error"])


async def test_others_end_a_thread(residence: Residence) -> None:
    await residence.call("ask", answers=True, **_to(residence), text="Hello.")
    assert residence.satellite.threads.hot is not None
    end = (await platform_tools(residence))[END_THREAD]
    result = await use(residence, end, satellite="Kitchen")
    assert (result.data, result.error) == ({"ended": True}, False)
    assert residence.satellite.threads.hot is None


async def test_others_get_nothing_that_is_turned_off(
    make_residence: MakeResidence,
) -> None:
    residence = await make_residence(
        {const.CONF_LOOK_TOOL: False, const.CONF_END_THREAD_TOOL: False}
    )
    async_expose_entity(residence.hass, "conversation", CAMERA, True)
    assert await platform_tools(residence) == {}
