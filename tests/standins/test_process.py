"""The stand-ins as a process of their own, told what to do over HTTP."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import aiohttp
import openai
import pytest

from .test_openai import spoken, stream


@pytest.fixture
async def services(socket_enabled: None) -> AsyncGenerator[dict[str, Any]]:
    """Where the process serves; it ends because its standard input does."""
    del socket_enabled
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.standins"),
        *("--print-json", "--until-eof", "--cold", "--openai-key", "my key"),
        stdin=PIPE,
        stdout=PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    assert process.stdin is not None
    yield json.loads(await process.stdout.readline())
    process.stdin.close()
    assert await process.wait() == 0


async def test_another_process_scripts_and_reads(services: dict[str, Any]) -> None:
    at = services["openai"]
    control = at["base_url"].removesuffix("/v1")
    async with (
        openai.AsyncOpenAI(
            api_key=at["key"], base_url=at["base_url"], max_retries=0
        ) as client,
        aiohttp.ClientSession() as session,
    ):
        rules: list[dict[str, Any]] = [
            {"path": "/v1/responses", "latency": {"first": 0.01}},
            {"path": "/v1/responses", "reply": {"text": "So be it."}, "times": 1},
            {
                "path": "/v1/responses",
                "skip": 1,
                "times": 1,
                "error": "insufficient_quota",
            },
        ]
        async with session.post(f"{control}/_script", json={"rules": rules}) as done:
            assert await done.json() == {"rules": 3}
        assert spoken(await stream(client, input="Hello.")) == "So be it."
        with pytest.raises(openai.RateLimitError):
            await stream(client, input="Hello.")
        async with session.get(f"{control}/_requests?since=1&bodies=1") as got:
            (record,) = (await got.json())["requests"]
        assert record["number"] == 2
        assert record["status"] == 429
        assert record["outcome"] == "fault"
        assert "my key" not in json.dumps(record)
        async with session.get(f"{control}/_requests") as got:
            first, _ = (await got.json())["requests"]
        assert first["scripted"] == pytest.approx(0.01)
        assert first["body"] is None
        async with session.delete(f"{control}/_script") as done:
            assert await done.json() == {"rules": 0}
        async with session.delete(f"{control}/_requests") as done:
            assert await done.json() == {"requests": []}
        assert spoken(await stream(client, input="Hello.")) == "You said Hello."


async def test_nonsense_is_refused(services: dict[str, Any]) -> None:
    url = services["elevenlabs"]["base_url"]
    async with aiohttp.ClientSession() as session:
        for rules in ({}, {"rules": [{"error": "no such"}]}, {"rules": [{"pth": "*"}]}):
            async with session.post(f"{url}/_script", json=rules) as refused:
                assert refused.status == 400


async def test_connections_are_refused_for_a_while(services: dict[str, Any]) -> None:
    url = services["assemblyai"]["base_url"]
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{url}/_refuse", json={"seconds": 0.3}) as done:
            assert done.status == 200
        await asyncio.sleep(0.1)
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(f"{url}/v1/warm")
        for _ in range(200):
            await asyncio.sleep(0.05)
            try:
                async with session.get(f"{url}/v1/warm") as back:
                    assert back.status == 200
                    return
            except aiohttp.ClientConnectionError:
                continue
    pytest.fail("it never listened again")
