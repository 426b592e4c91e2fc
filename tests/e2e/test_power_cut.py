"""Home Assistant is killed in the middle of a turn, and nothing is lost by it."""

import asyncio
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


async def script(house: House, service: str, **rule: Any) -> None:
    """Say what a stand-in does from now on."""
    url = str(house.services.accounts[service].url).removesuffix("/v1")
    async with aiohttp.ClientSession() as session:
        await session.delete(f"{url}/_script")
        await session.post(f"{url}/_script", json={"rules": [rule] if rule else []})


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
    for service in ("openai", "elevenlabs"):
        await script(house, service)
    await house.home_assistant.start()


async def answered(house: House, client: Client, outcome: str, reply: str) -> None:
    """Check that the turn is there, with all it had, and is answered on request."""
    await phase(house, client, "idle")
    (turn, *_) = (await client.command(f"{DOMAIN}/turns"))["turns"]
    assert (turn["outcome"], turn["failure"]) == (outcome, "house.restarted")
    assert [picture["entity_id"] for picture in turn["pictures"]] == [CAMERA]
    spool = house.home_assistant.folder / DOMAIN
    assert (
        await asyncio.to_thread(lambda: len(list(spool.glob("*/*/recording.pcm")))) == 1
    )
    answer = await client.call(f"{DOMAIN}.retry", {"turn_id": turn["id"]}, answers=True)
    assert answer["spoken"]
    assert reply in answer["reply"]
    async with asyncio.timeout(30):
        while await asyncio.to_thread(lambda: list(spool.glob("*/*/*"))):
            await asyncio.sleep(0.1)


async def test_a_killed_home_assistant_loses_nothing(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        heard = {"path": "/v*/transcri*", "reply": {"transcript": HEARD}}
        await script(house, "assemblyai", **heard)

        await look_and_ask(house.client, ask=False)
        await killed(house)
        async with house.home_assistant.client() as client:
            await answered(house, client, "failed", SEEN)
            slow = {"path": "/v1/responses", "latency": {"first_byte": 600.0}}
            await script(house, "openai", **slow)
            await look_and_ask(client, ask=True)
            await phase(house, client, "thinking")
            await asyncio.sleep(STORED_AFTER)
        await killed(house)
        async with house.home_assistant.client() as client:
            await answered(house, client, "failed", SEEN)
            long = {"path": "/v1/responses", "reply": {"sentences": 6}}
            await script(house, "openai", **long)
            await look_and_ask(client, ask=True)
            await phase(house, client, "speaking")
            await asyncio.sleep(STORED_AFTER)
        await killed(house)
        async with house.home_assistant.client() as client:
            await answered(house, client, "unspoken", "sentence six")
