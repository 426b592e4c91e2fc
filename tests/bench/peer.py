"""Home Assistant's own Assist pipeline, on the same services and recordings."""

import asyncio
import contextlib
import time
from typing import Any, Final

import aiohttp

from tests.house.house import House
from tests.house.wav import SAMPLE_RATE

from .measured import Measured
from .scene import REPLY, Spoken, Stage

_CHUNK: Final = SAMPLE_RATE // 25
_AFTER: Final = 5.0
"""Seconds of silence after the request, in which the peer notices its end."""


async def add_peer(house: House) -> str:
    """Set up openai_conversation and elevenlabs, and a pipeline; returns its id."""
    client, accounts = house.client, house.services.accounts
    await client.configure("openai_conversation", {"api_key": accounts["openai"].key})
    await client.configure("elevenlabs", {"api_key": accounts["elevenlabs"].key})
    listed = await client.command("config/entity_registry/list")
    by = {
        (it["platform"], it["entity_id"].split(".")[0]): it["entity_id"]
        for it in listed
    }
    pipeline = await client.command(
        "assist_pipeline/pipeline/create",
        name="Peer",
        language="en",
        conversation_engine=by["openai_conversation", "conversation"],
        conversation_language="en",
        stt_engine=by["openai_conversation", "stt"],
        stt_language="en-US",
        tts_engine=by["elevenlabs", "tts"],
        tts_language="en",
        tts_voice=None,
        wake_word_entity=None,
        wake_word_id=None,
        prefer_local_intents=False,
    )
    return str(pipeline["id"])


async def measure_peer(
    house: House, stage: Stage, spoken: Spoken, pipeline: str
) -> Measured:
    """Speak a request to the pipeline, its wake word given, and fetch its answer."""
    await stage.set(spoken)
    url = house.home_assistant.url
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url}/api/websocket") as socket,
    ):
        await socket.receive_json()
        token = house.home_assistant.token
        await socket.send_json({"type": "auth", "access_token": token})
        await socket.receive_json()
        await socket.send_json(
            {
                "id": 1,
                "type": "assist_pipeline/run",
                "start_stage": "stt",
                "end_stage": "tts",
                "pipeline": pipeline,
                "input": {"sample_rate": SAMPLE_RATE},
                "timeout": 300,
            }
        )
        began, heard_until, first = await _run(session, socket, url, spoken)
    speech_end, kept = listened(spoken, heard_until - began)
    transcriptions = await stage.openai.requests("/v1/audio/transcriptions")
    answers = await stage.openai.requests("/v1/responses")
    speeches = await stage.elevenlabs.requests("/v1/text-to-speech")
    return Measured.of(
        speech_end=began + speech_end,
        first_audio=first,
        records=(transcriptions[0], answers[0], speeches[0]),
        reply=REPLY,
        kept=kept,
    )


def listened(spoken: Spoken, until: float) -> tuple[float, float]:
    """Where the speech ended for somebody who listened `until`, and the share of it.

    Who was cut off is measured from where it ceased to listen; who stopped in a pause,
    from the last word before it.
    """
    parts = spoken.body.parts
    heard = [(it.start, min(it.end, until)) for it in parts if it.start < until]
    seconds = sum(it.end - it.start for it in parts)
    return heard[-1][1], sum(end - start for start, end in heard) / seconds


async def _run(
    session: aiohttp.ClientSession,
    socket: aiohttp.ClientWebSocketResponse,
    url: str,
    spoken: Spoken,
) -> tuple[float, float, float]:
    """When speaking began, listening ended, and the first byte of audio came."""
    samples = spoken.body.samples
    speaking: asyncio.Task[None] | None = None
    fetching: asyncio.Task[float] | None = None
    began = heard_until = 0.0
    try:
        async with asyncio.timeout(200):
            async for message in socket:
                event = message.json().get("event") or {}
                data: dict[str, Any] = event.get("data") or {}
                match event.get("type"):
                    case "run-start":
                        handler = data["runner_data"]["stt_binary_handler_id"]
                        began = time.monotonic()
                        speaking = asyncio.create_task(
                            _speak(socket, handler, samples, began)
                        )
                        address = url + data["tts_output"]["url"]
                        fetching = asyncio.create_task(_fetch(session, address))
                    case "stt-vad-end" | "stt-end":
                        heard_until = heard_until or time.monotonic()
                        if speaking is not None:
                            speaking.cancel()
                    case "run-end" | "error":
                        break
        if fetching is None:
            raise RuntimeError("the pipeline did not start")
        return began, heard_until, await fetching
    finally:
        for task in (speaking, fetching):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


async def _speak(
    socket: aiohttp.ClientWebSocketResponse, handler: int, samples: Any, began: float
) -> None:
    """Send sound as fast as it is spoken, then silence."""
    silence = int(_AFTER * SAMPLE_RATE)
    for start in range(0, len(samples) + silence, _CHUNK):
        chunk = samples[start : start + _CHUNK].tobytes().ljust(2 * _CHUNK, b"\0")
        await asyncio.sleep(max(0.0, began + start / SAMPLE_RATE - time.monotonic()))
        try:
            await socket.send_bytes(bytes([handler]) + chunk)
        except ConnectionError, aiohttp.ClientError:
            return


async def _fetch(session: aiohttp.ClientSession, address: str) -> float:
    """Fetch the answer as a player does; when its first byte came."""
    async with session.get(address) as response:
        response.raise_for_status()
        await response.content.readany()
        first = time.monotonic()
        await response.read()
    return first
