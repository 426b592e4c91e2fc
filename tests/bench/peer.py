"""Home Assistant's own Assist pipeline, on the same services and recordings."""

import asyncio
import contextlib
import time
from typing import Any, Final

import aiohttp

from tests.house.house import PLAYER, House
from tests.house.wav import SAMPLE_RATE

from .loudspeaker import at_the_loudspeaker
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
        at_the_loudspeaker(house.sound_card) as loudspeaker,
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
        run = _Run(house, session, socket, spoken)
        first = await run.first_audio()
        async with asyncio.timeout(30):
            sounded = await loudspeaker.first_sound(first)
        # The next turn begins in a quiet room.
        await house.client.wait_for(PLAYER, lambda state: state["state"] != "playing")
    speech_end, kept = listened(spoken, run.heard_until - run.began)
    transcriptions = await stage.openai.requests("/v1/audio/transcriptions")
    answers = await stage.openai.requests("/v1/responses")
    speeches = await stage.elevenlabs.requests("/v1/text-to-speech")
    return Measured.of(
        speech_end=run.began + speech_end,
        first_audio=first,
        records=(transcriptions[0], answers[0], speeches[0]),
        reply=REPLY,
        kept=kept,
        sounded=sounded,
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


class _Run:
    """One run of the pipeline, followed by its events."""

    def __init__(
        self,
        house: House,
        session: aiohttp.ClientSession,
        socket: aiohttp.ClientWebSocketResponse,
        spoken: Spoken,
    ) -> None:
        """Have `spoken` to say; the pipeline was told to run over `socket`."""
        self._house = house
        self._session = session
        self._socket = socket
        self._samples = spoken.body.samples
        self._address = ""
        self._speaking: asyncio.Task[None] | None = None
        self._fetching: asyncio.Task[float] | None = None
        self._playing: asyncio.Task[None] | None = None
        self.began = 0.0
        self.heard_until = 0.0

    async def first_audio(self) -> float:
        """Speak, and wait for the answer's first byte."""
        try:
            async with asyncio.timeout(200):
                async for message in self._socket:
                    event = message.json().get("event") or {}
                    if event.get("type") in ("run-end", "error"):
                        break
                    self._take(event.get("type"), event.get("data") or {})
                if self._fetching is None or self._playing is None:
                    raise RuntimeError("the pipeline gave no answer")
                await self._playing
                return await self._fetching
        finally:
            for task in (self._speaking, self._fetching, self._playing):
                if task is not None:
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task

    def _take(self, kind: str | None, data: dict[str, Any]) -> None:
        match kind:
            case "run-start":
                self._begin(data)
            case "stt-vad-end" | "stt-end":
                self.heard_until = self.heard_until or time.monotonic()
                if self._speaking is not None:
                    self._speaking.cancel()
            case "intent-progress" if data.get("tts_start_streaming"):
                self._play()
            case "tts-end":
                self._play()

    def _begin(self, data: dict[str, Any]) -> None:
        handler = data["runner_data"]["stt_binary_handler_id"]
        self._address = self._house.home_assistant.url + data["tts_output"]["url"]
        self.began = time.monotonic()
        self._speaking = asyncio.create_task(
            _speak(self._socket, handler, self._samples, self.began)
        )
        self._fetching = asyncio.create_task(_fetch(self._session, self._address))

    def _play(self) -> None:
        """Hand the player the answer, when Home Assistant's own satellites are."""
        if self._playing is None:
            self._playing = asyncio.create_task(_play(self._house, self._address))


async def _play(house: House, address: str) -> None:
    """Have the player play an answer, over what it was playing."""
    data = {
        "entity_id": PLAYER,
        "media_content_id": address,
        "media_content_type": "music",
        "announce": True,
    }
    await house.client.call("media_player.play_media", data)


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
