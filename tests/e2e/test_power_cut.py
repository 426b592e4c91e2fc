"""Home Assistant is killed in the middle of a turn, and nothing is lost by it."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.house.client import Client
from tests.house.house import CAMERA, DOMAIN, House, open_house

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.faults,
    pytest.mark.usefixtures("socket_enabled"),
]

HEARD = "What do you see?"
SEEN = "one picture of 1280 by 720"
STORED_AFTER = 2.5
"""Seconds in which what happened is on disk, on a busy machine too."""

UNDERSTOOD = {"path": "/v*/transcri*", "reply": {"transcript": HEARD}}
UNHEARD = {"path": "/v1/transcribe*", "latency": {"first_byte": 600.0}}
UNASKED = {"path": "/v1/responses", "latency": {"first_byte": 600.0}}
LONG = {"path": "/v1/responses", "reply": {"sentences": 6}}


async def script(house: House, service: str, *rules: Mapping[str, Any]) -> None:
    """Say what a stand-in does from now on."""
    url = str(house.services.accounts[service].url).removesuffix("/v1")
    async with aiohttp.ClientSession() as session:
        await session.delete(f"{url}/_script")
        await session.post(f"{url}/_script", json={"rules": rules})


async def phase(house: House, client: Client, wanted: str) -> None:
    """Wait for a phase."""
    conversation = house.entities["conversation"]
    await client.wait_for(conversation, lambda state: state["state"] == wanted, 60)


async def look_and_ask(client: Client, *, ask: bool) -> None:
    """Record by hand, with a picture; and end the recording if `ask`."""
    await client.call(f"{DOMAIN}.start_recording")
    await asyncio.sleep(1)
    await client.call(f"{DOMAIN}.take_snapshot")
    await asyncio.sleep(STORED_AFTER)
    if ask:
        await client.call(f"{DOMAIN}.end_recording")


async def killed(house: House) -> None:
    """Have a power cut, and come back from it."""
    house.home_assistant.kill()
    await script(house, "assemblyai", UNDERSTOOD)
    await script(house, "openai")
    await house.home_assistant.start()


async def answered(house: House, outcome: str, reply: str) -> None:
    """Check that the turn is there, with all it had, and is answered on request."""
    spool = house.home_assistant.folder / DOMAIN
    async with house.home_assistant.client() as client:
        await phase(house, client, "idle")
        (turn, *_) = (await client.command(f"{DOMAIN}/turns"))["turns"]
        assert (turn["outcome"], turn["failure"]) == (outcome, "house.restarted")
        assert [picture["entity_id"] for picture in turn["pictures"]] == [CAMERA]
        recordings = await asyncio.to_thread(lambda: list(spool.glob("*/*/*.pcm")))
        assert len(recordings) == 1
        again = {"turn_id": turn["id"]}
        answer = await client.call(f"{DOMAIN}.retry", again, answers=True)
    assert answer["spoken"]
    assert reply in answer["reply"]
    async with asyncio.timeout(30):
        while await asyncio.to_thread(lambda: list(spool.glob("*/*/*"))):
            await asyncio.sleep(0.1)


async def cut_off_in(
    house: House, wanted: str, service: str, *rules: Mapping[str, Any]
) -> None:
    """Get into a phase, and have a power cut there."""
    async with house.home_assistant.client() as client:
        await script(house, service, *rules)
        await look_and_ask(client, ask=True)
        await phase(house, client, wanted)
        await asyncio.sleep(STORED_AFTER)
    await killed(house)


async def test_a_killed_home_assistant_loses_nothing(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await look_and_ask(house.client, ask=False)
        await killed(house)
        await answered(house, "failed", SEEN)

        await cut_off_in(house, "transcribing", "assemblyai", UNDERSTOOD, UNHEARD)
        await answered(house, "failed", SEEN)

        await cut_off_in(house, "thinking", "openai", UNASKED)
        await answered(house, "failed", SEEN)

        await cut_off_in(house, "speaking", "openai", LONG)
        await answered(house, "unspoken", "sentence six")
