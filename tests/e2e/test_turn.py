"""The main job, end to end: a person speaks into the room, and hears the answer."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.house.house import CAMERA, DOMAIN, House, open_house
from tests.house.sound import Sink
from tests.house.turns import Watched, described, speak
from tests.house.voices import Speech, say

from .test_sound import holds

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("socket_enabled")]

PHASES = ["recording", "transcribing", "thinking", "speaking", "idle"]
HOT_WINDOW = 20


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    """A house whose threads cool quickly."""
    assistant = {"thread": {"hot_window": HOT_WINDOW}}
    async with open_house(tmp_path, satellite={"assistant": assistant}) as house:
        yield house


async def tell(house: House, speech: Speech, folder: Path) -> Watched:
    """Say something to the satellite, and wait until the turn is over."""
    return await speak(house, speech.write(folder / "speech.wav"))


async def test_turns(house: House, tmp_path: Path) -> None:
    recorded = tmp_path / "loudspeaker.wav"
    follow_up = say("computer", 0.3, "what did i say before", 0.35, "reply")
    question = say("computer", 0.3, "what do you see", 0.25, "snapshot", 0.6, "reply")
    with house.sound_card.record(recorded):
        first = described(await tell(house, question, tmp_path))
    assert [name for name, _ in first["states"]] == PHASES
    assert first["transcript"] == "What do you see?"
    assert first["snapshots"] == [CAMERA]
    assert first["thread"]["new"]
    assert "one picture of 1280 by 720" in first["reply"]

    second = described(await tell(house, follow_up, tmp_path))
    assert [name for name, _ in second["states"]] == PHASES
    assert second["transcript"] == "What did I say before?"
    assert second["thread"] == {"id": first["thread"]["id"], "new": False}

    assert await asyncio.to_thread(holds, recorded, "you said what do you see")
    await house.client.wait_for(
        house.entities["hot_thread"], lambda state: state["state"] == "off"
    )
    # Whose "reply" is not heard says it again.
    without = say("computer", 0.3, "what did i say before")
    watched = await tell(house, without, tmp_path)
    assert watched.told_to_reply
    third = described(watched)
    assert third["transcript"].startswith("What did I say before")
    assert third["thread"]["new"]
    assert third["thread"]["id"] != first["thread"]["id"]


async def test_the_house_obeys(tmp_path: Path) -> None:
    assistant = {"llm_api": ["assist"]}
    async with open_house(tmp_path, satellite={"assistant": assistant}) as house:
        order = say("computer", 0.3, "turn on the kitchen light", 0.35, "reply")
        turn = described(await tell(house, order, tmp_path))
        assert turn["transcript"] == "Turn on the kitchen light."
        assert turn["outcome"] == "spoken"
        light = await house.client.state("light.kitchen_light")
        assert light["state"] == "on"
        assert "kitchen light" in turn["reply"].lower()
        await answers_in_the_chat(house, turn["thread"]["id"])
        await does_not_wake_itself(house, tmp_path)
        await follows_a_restart(house)


async def answers_in_the_chat(house: House, thread_id: str) -> None:
    """Assist's chat has the same assistant, on the satellite's own thread."""
    answer = await house.client.command(
        "conversation/process",
        text="What did I say before?",
        agent_id=house.entities["assistant"],
        language="en",
    )
    said = answer["response"]["speech"]["plain"]["speech"]
    assert "kitchen light" in said.lower()
    page = await house.client.command(f"{DOMAIN}/turns")
    assert page["turns"][0]["thread_id"] == thread_id


async def does_not_wake_itself(house: House, folder: Path) -> None:
    """Its own words come back through the microphone, "computer" last of all."""
    echo = ("module-loopback", "source=loudspeaker.monitor", "sink=room")
    house.sound_card.control("load-module", *echo, "latency_msec=50")
    question = {"text": "Please switch off my computer"}
    answer = await house.client.call(f"{DOMAIN}.ask", question, answers=True)
    assert answer["spoken"]
    assert "computer" in answer["reply"]
    await asyncio.sleep(3)
    page = await house.client.command(f"{DOMAIN}/turns")
    assert page["turns"][0]["id"] == answer["turn_id"]
    conversation = house.entities["conversation"]
    assert (await house.client.state(conversation))["state"] == "idle"
    # The loudspeaker is heard, though: somebody else's "computer" from it is obeyed.
    stranger = say("computer").write(folder / "stranger.wav")
    await asyncio.to_thread(house.sound_card.play, stranger, Sink.LOUDSPEAKER)
    await house.client.wait_for(
        conversation, lambda state: state["state"] == "recording"
    )


async def follows_a_restart(house: House) -> None:
    """A hot thread goes on over a restart, and the satellite listens by itself."""
    await house.client.call(f"{DOMAIN}.stop")
    answer = await house.client.call(
        f"{DOMAIN}.ask", {"text": "Remember me", "speak": False}, answers=True
    )
    house.home_assistant.stop()
    await house.home_assistant.start()
    async with house.home_assistant.client() as client:
        await client.wait_for(
            house.entities["conversation"], lambda state: state["state"] == "idle"
        )
        again = await client.call(
            f"{DOMAIN}.ask", {"text": "Who am I?", "speak": False}, answers=True
        )
        assert again["thread_id"] == answer["thread_id"]
        assert "remember me" in again["reply"].lower()
