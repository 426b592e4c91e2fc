"""The realtime WebSocket: turns while the user speaks."""

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aiohttp import WSMsgType, web

from .exchange import Exchange, Outcome
from .recognise import Heard, Hearing
from .transcript import punctuate

if TYPE_CHECKING:
    from .assemblyai import AssemblyAIStandin

_PARTIAL_EVERY = 300  # ms of audio


@dataclass(slots=True)
class _Session:
    """One connection's state."""

    socket: web.WebSocketResponse
    exchange: Exchange
    hearing: Hearing
    rate: int  # Hz
    formats: bool
    began: float = field(default_factory=time.monotonic)
    size: int = 0  # bytes of audio
    told: int = 0  # ms of audio at the last turn event
    words_done: int = 0  # words of turns that have ended
    turn: int = 0
    speaking: bool = False

    @property
    def heard_ms(self) -> int:
        """The audio that came."""
        return self.size * 500 // self.rate

    async def send(self, data: dict[str, Any]) -> None:
        """Send a message."""
        text = json.dumps(data)
        await self.socket.send_str(text)
        self.exchange.record.sent_bytes += len(text)

    async def tell(self, heard: Heard, *, end: bool = False) -> None:
        """Send the turns that ended, and the one that has not."""
        done = list(heard.words[self.words_done :])
        partial = list(heard.partial)
        if (done or partial) and not self.speaking:
            self.speaking = True
            first = (done or partial)[0]
            await self.send({"type": "SpeechStarted", "timestamp": first["start"]})
        if done:
            await self._send_turn(done, final=True)
            self.words_done = len(heard.words)
            self.turn += 1
            self.speaking = False
        elif partial and not end:
            await self._send_turn(partial, final=False)

    async def _send_turn(self, words: list[dict[str, Any]], *, final: bool) -> None:
        if final and self.formats:
            words = punctuate(words)
        text = " ".join(word["text"] for word in words)
        last = len(words) - 1
        await self.send(
            {
                "type": "Turn",
                "turn_order": self.turn,
                "turn_is_formatted": final and self.formats,
                "end_of_turn": final,
                "transcript": text,
                "end_of_turn_confidence": 0.95 if final else 0.05,
                "words": [
                    word | {"word_is_final": final or number < last}
                    for number, word in enumerate(words)
                ],
                "utterance": text if final else "",
            }
        )


class Realtime:
    """Serves the realtime WebSocket."""

    def __init__(self, service: AssemblyAIStandin) -> None:
        """For that service."""
        self._service = service

    async def connect(self, exchange: Exchange) -> web.StreamResponse:
        """Serve one connection till it ends."""
        query = exchange.request.query
        socket = web.WebSocketResponse()
        await socket.prepare(exchange.request)
        exchange.record.status = 101
        rate = int(query.get("sample_rate", "0") or 0)
        if rate <= 0:
            await socket.close(code=4000, message=b"Sample rate must be positive")
            return socket
        await exchange.pause(exchange.play.latency.first_byte)
        hearing = await self._service.recogniser.open(rate)
        formats = query.get("format_turns", "").lower() == "true"
        session = _Session(socket, exchange, hearing, rate, formats)
        expires = int(time.time()) + 3 * 3600
        try:
            await session.send(
                {"type": "Begin", "id": str(uuid4()), "expires_at": expires}
            )
            await self._listen(session)
        finally:
            hearing.drop()
        if exchange.record.outcome is Outcome.OPEN:
            exchange.record.outcome = Outcome.SENT
        return socket

    async def _listen(self, session: _Session) -> None:
        async for message in session.socket:
            if message.type is WSMsgType.BINARY:
                if not await self._hear(session, message.data):
                    return
                if await self._closed_by_script(session):
                    return
            elif message.type is WSMsgType.TEXT and not await self._obey(
                session, json.loads(message.data)
            ):
                return

    async def _closed_by_script(self, session: _Session) -> bool:
        reply = session.exchange.reply
        code = reply.get("close")
        if code is None or session.heard_ms < reply.get("after_ms", 0):
            return False
        session.exchange.record.outcome = Outcome.FAULT
        await session.socket.close(code=code)
        return True

    async def _hear(self, session: _Session, audio: bytes) -> bool:
        milliseconds = len(audio) * 500 // session.rate
        if not 50 <= milliseconds <= 1000:
            await session.send(
                {
                    "type": "Error",
                    "error_code": 3007,
                    "error": f"Input duration violation: {milliseconds} ms."
                    " Expected between 50 and 1000 ms",
                }
            )
            await session.socket.close(code=3007, message=b"Input duration violation")
            return False
        session.size += len(audio)
        session.exchange.received(len(audio))
        session.hearing.feed(audio)
        if session.heard_ms - session.told >= _PARTIAL_EVERY:
            session.told = session.heard_ms
            await session.tell(await session.hearing.so_far())
        return True

    async def _obey(self, session: _Session, message: dict[str, Any]) -> bool:
        match message.get("type"):
            case "Terminate":
                session.exchange.upload_ended()
                await session.exchange.pause(session.exchange.play.latency.first)
                await session.tell(await session.hearing.finish(), end=True)
                await session.send(
                    {
                        "type": "Termination",
                        "audio_duration_seconds": session.heard_ms // 1000,
                        "session_duration_seconds": int(
                            time.monotonic() - session.began
                        ),
                    }
                )
                await session.socket.close()
                return False
            case "ForceEndpoint":
                heard = await session.hearing.finish()
                await session.tell(heard, end=True)
                session.hearing = await self._service.recogniser.open(session.rate)
                session.words_done = 0
            case "KeepAlive" | "UpdateConfiguration":
                pass
            case unknown:
                text = f"Invalid message type: {unknown}"
                await session.send({"type": "Error", "error_code": 3006, "error": text})
                await session.socket.close(code=3006, message=text.encode())
                return False
        return True
