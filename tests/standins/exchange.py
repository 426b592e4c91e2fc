"""One request and its response, played as the script says and timed."""

import asyncio
import json
import time
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Self

from aiohttp import web

from .script import Fault, FaultKind, Json, Play

_GARBAGE_JSON = b'{"this is": not json'
_SECRET_HEADERS = frozenset({"authorization", "xi-api-key"})


class Outcome(StrEnum):
    """How a response ended."""

    OPEN = "open"
    SENT = "sent"
    ABORTED = "aborted"  # the client hung up first
    FAULT = "fault"  # as the script said


class RefusedError(Exception):
    """The service's refusal, raised from wherever it is noticed."""

    def __init__(
        self, status: int, body: Json, headers: Mapping[str, str] | None = None
    ) -> None:
        """A refusal with its HTTP status, JSON body and headers."""
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = headers or {}


class Chunk(NamedTuple):
    """A piece of a streamed body; only paced ones wait for the scripted latency."""

    data: bytes
    paced: bool = True


@dataclass(slots=True, kw_only=True)
class Record:
    """What was received and when; times are `time.monotonic()` seconds, 0 is never.

    `scripted` is the sum of the sleeps the script asked for, `slept` what they took:
    a measurement subtracts one of them to be left with everybody's own work.
    """

    number: int
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    connection: int  # the client's port: equal numbers shared a connection
    started: float
    uploaded: float = 0.0
    first_sent: float = 0.0
    last_sent: float = 0.0
    ended: float = 0.0
    scripted: float = 0.0
    slept: float = 0.0
    received_bytes: int = 0
    sent_bytes: int = 0
    status: int = 0
    outcome: Outcome = Outcome.OPEN
    body: Json = None
    details: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, request: web.Request, number: int) -> Self:
        """The record of a request that has just begun."""
        peer = request.transport and request.transport.get_extra_info("peername")
        return cls(
            number=number,
            method=request.method,
            path=request.path,
            query=dict(request.query),
            headers={
                name.lower(): value
                for name, value in request.headers.items()
                if name.lower() not in _SECRET_HEADERS
            },
            connection=peer[1] if peer else 0,
            started=time.monotonic(),
        )


class Exchange:
    """A request being answered."""

    def __init__(self, request: web.Request, record: Record, play: Play) -> None:
        """An exchange at its beginning."""
        self.request = request
        self.record = record
        self.play = play

    @property
    def reply(self) -> Mapping[str, Any]:
        """What the script says of the answer's content."""
        return self.play.reply

    async def read(self) -> bytes:
        """The whole body."""
        body = await self.request.read()
        self.received(len(body))
        self.upload_ended()
        return body

    async def read_json(self) -> Json:
        """The body as JSON, kept in the record.

        Raises:
            ValueError: it is none.
        """
        self.record.body = json.loads(await self.read())
        return self.record.body

    def received(self, size: int) -> None:
        """Note bytes of the body."""
        self.record.received_bytes += size

    def upload_ended(self) -> None:
        """Note that the body is complete."""
        self.record.uploaded = time.monotonic()

    async def pause(self, seconds: float) -> None:
        """Sleep as the script says, and note it."""
        if seconds <= 0:
            return
        began = time.monotonic()
        self.record.scripted += seconds
        try:
            await asyncio.sleep(seconds)
        finally:
            self.record.slept += time.monotonic() - began

    async def refused_by_script(self) -> web.StreamResponse | None:
        """The scripted HTTP error, if there is one for this request."""
        fault = self.play.fault
        if fault is None or fault.kind is not FaultKind.STATUS:
            return None
        if not fault.before_upload:
            await self.read()
        await self.pause(self.play.latency.first_byte)
        self.record.outcome = Outcome.FAULT
        text = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
        response = web.Response(
            text=text,
            status=fault.status,
            headers=fault.headers,
            content_type="application/json",
        )
        self._note(response.status, len(text))
        return response

    async def send_json(
        self,
        data: Json,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> web.StreamResponse:
        """Answer with JSON, in two halves so that a fault finds a middle."""
        body = json.dumps(data).encode()
        middle = (len(body) + 1) // 2

        async def halves() -> AsyncIterator[Chunk]:
            yield Chunk(body[:middle])
            yield Chunk(body[middle:], paced=False)

        named = {"Content-Type": "application/json", **(headers or {})}
        if self.play.fault is None:
            named["Content-Length"] = str(len(body))
        return await self.send(halves(), status=status, headers=named)

    async def send(
        self,
        chunks: AsyncIterable[Chunk],
        *,
        headers: Mapping[str, str],
        status: int = 200,
        garbage: bytes = _GARBAGE_JSON,
    ) -> web.StreamResponse:
        """Answer with pieces, as late and as wrong as the script says.

        A client that hangs up ends this with `CancelledError` or
        `ConnectionResetError`, and `chunks` with it.
        """
        await self.pause(self.play.latency.first_byte)
        response = web.StreamResponse(status=status, headers=headers)
        self.record.status = status
        fault = self.play.fault
        if fault is not None and fault.after == 0:
            await self._strike(fault, None, garbage)
        if self._is_cut():
            return response
        await response.prepare(self.request)
        await self._write_all(response, chunks, garbage)
        if not self._is_cut():
            await response.write_eof()
        if self.record.outcome is Outcome.OPEN:
            self.record.outcome = Outcome.SENT
        return response

    async def _write_all(
        self,
        response: web.StreamResponse,
        chunks: AsyncIterable[Chunk],
        garbage: bytes,
    ) -> None:
        fault, latency, paced = self.play.fault, self.play.latency, 0
        if fault is not None and fault.after == 0:
            if fault.kind in {FaultKind.EMPTY, FaultKind.CUT}:
                return
            if fault.kind in {FaultKind.GARBAGE, FaultKind.ENDLESS}:
                await self._strike(fault, response, garbage)
                return
        async for chunk in chunks:
            if chunk.paced:
                await self.pause(latency.each if paced else latency.first)
                paced += 1
            await self._write(response, chunk.data)
            if fault is not None and 0 < fault.after == paced and chunk.paced:
                await self._strike(fault, response, garbage)
                if fault.kind is not FaultKind.STALL:
                    return

    async def _strike(
        self, fault: Fault, response: web.StreamResponse | None, garbage: bytes
    ) -> None:
        """Do what the fault says, before the headers if there is no response yet."""
        match fault.kind:
            case FaultKind.STALL:
                self.record.outcome = Outcome.FAULT
                await self.pause(3600.0 if fault.seconds is None else fault.seconds)
            case FaultKind.CUT:
                self.record.outcome = Outcome.FAULT
                if self.request.transport is not None:
                    self.request.transport.abort()
            case FaultKind.GARBAGE if response is not None:
                self.record.outcome = Outcome.FAULT
                await self._write(response, garbage)
            case FaultKind.EMPTY:
                self.record.outcome = Outcome.FAULT
            case FaultKind.ENDLESS if response is not None:
                self.record.outcome = Outcome.FAULT
                await self._write_endlessly(fault, response, garbage)

    async def _write_endlessly(
        self, fault: Fault, response: web.StreamResponse, piece: bytes
    ) -> None:
        piece *= 1 + 4096 // len(piece)
        end = None if fault.seconds is None else time.monotonic() + fault.seconds
        while end is None or time.monotonic() < end:
            await self._write(response, piece)
            await self.pause(self.play.latency.each or 0.005)

    async def _write(self, response: web.StreamResponse, data: bytes) -> None:
        if not data:
            return
        await response.write(data)
        self._note(response.status, len(data))

    def _note(self, status: int, size: int) -> None:
        now = time.monotonic()
        self.record.status = status
        self.record.first_sent = self.record.first_sent or now
        self.record.last_sent = now
        self.record.sent_bytes += size

    def _is_cut(self) -> bool:
        transport = self.request.transport
        return transport is None or transport.is_closing()
