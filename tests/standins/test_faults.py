"""Scripted faults, as each service's SDK sees them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import assemblyai
import httpx
import httpx2
import openai
import pytest

from .openai import OpenAIStandin
from .script import Fault, FaultKind, Latency, Rule
from .server import Standin
from .test_assemblyai import PCM, SILENCE
from .test_elevenlabs import speak
from .test_openai import spoken, stream

# AssemblyAI's and ElevenLabs' SDKs use the one that Home Assistant gives that name.
LOST = (httpx.HTTPError, httpx2.HTTPError, openai.APIError)
type Ask = Callable[[], Awaitable[object]]
ANSWERS = {
    "openai": "/v1/responses",
    "assemblyai": "/v1/transcribe/live",
    "elevenlabs": "*/stream",
}


@pytest.fixture(params=list(ANSWERS))
def service(request: pytest.FixtureRequest) -> Standin:
    """Each of the services, with an answer that needs no other program."""
    standin: Standin = request.getfixturevalue(f"{request.param}_standin")
    standin.script("*", reply={"transcript": "Lights on. Reply.", "silence": 1.0})
    return standin


@pytest.fixture
def ask(service: Standin, request: pytest.FixtureRequest) -> Ask:
    """Ask the service by its SDK what the satellite asks it."""
    match service.name:
        case "openai":
            assistant = request.getfixturevalue("assistant")

            async def think() -> object:
                return spoken(await stream(assistant, input="Good morning to you."))

            return think
        case "assemblyai":
            client = request.getfixturevalue("transcriber")
            live = assemblyai.AsyncSyncTranscriber(client=client, config=PCM)

            async def transcribe() -> object:
                return (await live.transcribe(SILENCE)).text

            return transcribe
        case _:
            speaker = request.getfixturevalue("speaker")

            async def talk() -> object:
                return (await speak(speaker))[0]

            return talk


def strike(service: Standin, kind: FaultKind, **options: Any) -> None:
    service.script(
        ANSWERS[service.name],
        nth=1,
        fault=Fault(kind=kind, **options),
    )


async def until_ended(service: Standin) -> None:
    while not service.requests[-1].ended:
        await asyncio.sleep(0.005)


async def test_a_refused_connection_and_the_way_back(
    service: Standin, ask: Ask
) -> None:
    before = await ask()
    async with service.refusing():
        with pytest.raises(LOST):
            await ask()
    assert await ask() == before


@pytest.mark.parametrize("after", [0, 1])
async def test_a_cut(service: Standin, ask: Ask, after: int) -> None:
    strike(service, FaultKind.CUT, after=after)
    with pytest.raises(LOST):
        await ask()
    await until_ended(service)
    assert service.requests[-1].outcome == "fault"
    assert (service.requests[-1].sent_bytes > 0) is (after > 0)
    assert await ask()


@pytest.mark.parametrize("after", [0, 1])
async def test_a_stall_lasts_until_the_client_hangs_up(
    service: Standin, ask: Ask, after: int
) -> None:
    strike(service, FaultKind.STALL, after=after)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await ask()
    await until_ended(service)
    assert service.requests[-1].outcome == "aborted"
    assert await ask()


async def test_a_stall_that_ends(service: Standin, ask: Ask) -> None:
    strike(service, FaultKind.STALL, seconds=0.05)
    assert await ask()
    assert service.requests[-1].scripted == pytest.approx(0.05)


async def test_no_byte(service: Standin, ask: Ask) -> None:
    strike(service, FaultKind.EMPTY)
    if service.name == "assemblyai":
        with pytest.raises(json.JSONDecodeError):
            await ask()
    else:
        assert not await ask()
    assert service.requests[-1].sent_bytes == 0


@pytest.mark.parametrize("after", [0, 1])
async def test_garbage(service: Standin, ask: Ask, after: int) -> None:
    strike(service, FaultKind.GARBAGE, after=after)
    if service.name == "elevenlabs":
        audio = await ask()
        assert isinstance(audio, bytes)
        assert any(audio)
    else:
        with pytest.raises(json.JSONDecodeError):
            await ask()


@pytest.mark.parametrize("after", [0, 1])
async def test_an_endless_answer_ends_when_the_client_hangs_up(
    service: Standin, ask: Ask, after: int
) -> None:
    strike(service, FaultKind.ENDLESS, after=after)
    asking = asyncio.ensure_future(ask())
    while not (service.requests and service.requests[-1].sent_bytes > 50_000):
        await asyncio.sleep(0.005)
        if asking.done():  # it did not take the first of it
            assert isinstance(asking.exception(), json.JSONDecodeError)
            break
    asking.cancel()
    await until_ended(service)
    assert service.requests[-1].sent_bytes > 0


async def test_an_error_before_the_request_was_read(service: Standin, ask: Ask) -> None:
    body = {"error": {"message": "no"}}
    strike(service, FaultKind.STATUS, status=503, body=body, before_upload=True)
    with pytest.raises(Exception, match=r"503|no"):
        await ask()
    assert service.requests[-1].status == 503


@pytest.mark.parametrize(
    "change",
    [{"speed": 1}, {"fault": {"kind": "flood"}}, {"latency": {"last": 1}}],
)
def test_a_rule_that_makes_no_sense(change: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        Rule.from_json({"path": "*"} | change)


def test_the_younger_rule_counts(openai_standin: OpenAIStandin) -> None:
    openai_standin.script("/a", latency=Latency(first=1), reply={"text": "one", "x": 1})
    openai_standin.script("/a", nth=2, times=2, reply={"text": "two"})
    plays = [openai_standin._script.play("GET", "/a") for _ in range(4)]
    assert [play.reply["text"] for play in plays] == ["one", "two", "two", "one"]
    assert {play.latency.first for play in plays} == {1}
    assert {play.reply["x"] for play in plays} == {1}
    openai_standin.clear_script()
    assert openai_standin._script.play("GET", "/a").reply == {}
