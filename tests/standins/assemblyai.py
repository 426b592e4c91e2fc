"""A stand-in for AssemblyAI: the one-request, upload-and-poll and realtime ways."""

import time
from collections.abc import Mapping
from typing import override
from uuid import uuid4

from aiohttp import web

from .assemblyai_jobs import Jobs
from .assemblyai_live import LiveUpload
from .assemblyai_realtime import Realtime
from .exchange import Exchange
from .recognise import Recogniser
from .script import Json
from .server import Standin
from .transcript import punctuate, said_between, spoken_at

KEY = "standin-assemblyai"
MODEL = "universal-3-5-pro"


def _problem(status: int, title: str, detail: str) -> tuple[int, Json]:
    return status, {"status": status, "title": title, "detail": detail}


ERRORS: Mapping[str, tuple[int, Json]] = {
    "bad_request": _problem(400, "Bad Request", "Invalid request."),
    "bad_audio": _problem(400, "Bad Audio", "The audio could not be decoded."),
    "audio_too_short": _problem(
        400, "Audio Too Short", "Audio must be at least 80 ms."
    ),
    "audio_too_long": _problem(400, "Audio Too Long", "Audio must be at most 120 s."),
    "unauthorized": (401, {"detail": "Unauthorized"}),
    "unauthorized_v2": (
        401,
        {"error": "Authentication error, API token missing/invalid"},
    ),
    "insufficient_funds": (
        403,
        {"error": "Your current account balance is negative. Please top up."},
    ),
    "forbidden": _problem(403, "Forbidden", "Not allowed for this account."),
    "not_found": (404, {"error": "Not found"}),
    "upload_timeout": _problem(408, "Upload Timeout", "No audio came for too long."),
    "audio_too_large": _problem(413, "Audio Too Large", "Audio must be at most 40 MB."),
    "unsupported_media_type": _problem(
        415, "Unsupported Media Type", "Send audio/wav or audio/pcm."
    ),
    "too_many_requests": _problem(429, "Too Many Requests", "Rate limit exceeded."),
    "server_error": _problem(500, "Internal Server Error", "Something went wrong."),
    "capacity_exceeded": _problem(503, "Capacity Exceeded", "Try again later."),
    "inference_timeout": _problem(504, "Inference Timeout", "Took too long."),
}


class AssemblyAIStandin(Standin):
    """The transcriber's service.

    `reply` of a rule may hold:

    transcript: the text, instead of recognising; confidence;
    said: [[began, ended, text], ...], what is said when, instead of recognising;
    on `/v2/transcript`, error: why the job fails;
    on `/v3/ws`, close (code) and after_ms (of audio): how the session is ended.
    """

    name = "assemblyai"
    errors = ERRORS

    def __init__(
        self,
        *,
        key: str = KEY,
        port: int = 0,
        keep: int = 1_000,
        silence_limit: float = 30.0,
    ) -> None:
        """An account; an upload that is silent `silence_limit` seconds is ended."""
        super().__init__(key=key, port=port, keep=keep)
        self.recogniser = Recogniser()
        self.silence_limit = silence_limit
        self._jobs = Jobs(self)
        self._realtime = Realtime(self)

    @property
    def websocket_url(self) -> str:
        """What the SDK takes as the realtime service's host."""
        return f"ws://127.0.0.1:{self.port}"

    @override
    def add_routes(self, application: web.Application) -> None:
        add, serve = application.router.add_route, self.serve
        # Warming answers without a key: any answer means that the socket is open.
        add("GET", "/v1/warm", self._warm)
        for path in ("/v1/transcribe/live", "/v1/transcribe/stream", "/v1/transcribe"):
            add("POST", path, serve(self._transcribe))
        add("POST", "/v2/upload", serve(self._jobs.upload))
        add("POST", "/v2/transcript", serve(self._jobs.create))
        add("GET", "/v2/transcript", serve(self._jobs.list_all))
        add("GET", "/v2/transcript/{id}", serve(self._jobs.get))
        add("DELETE", "/v2/transcript/{id}", serve(self._jobs.delete))
        add("GET", "/v3/ws", serve(self._realtime.connect))

    @override
    async def stop(self) -> None:
        await self._jobs.close()
        await super().stop()
        await self.recogniser.close()

    @override
    def check_key(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != self.key:
            old = request.path.startswith("/v2")
            raise self.refuse("unauthorized_v2" if old else "unauthorized")

    @override
    def reword(self, body: Json, message: str) -> Json:
        return body | {("error" if "error" in body else "detail"): message}

    async def _warm(self, request: web.Request) -> web.StreamResponse:
        exchange: Exchange = request["exchange"]
        return await exchange.send_json({"status": "ok"})

    async def _transcribe(self, exchange: Exchange) -> web.StreamResponse:
        if exchange.request.headers.get("X-AAI-Model", MODEL) != MODEL:
            raise self.refuse("bad_request", "Unknown model.")
        upload = LiveUpload(self, exchange)
        try:
            await upload.receive()
            duration = upload.duration_ms
            if (text := exchange.reply.get("transcript")) is not None:
                words = spoken_at(text, duration)
            elif (said := exchange.reply.get("said")) is not None:
                ended = exchange.record.uploaded
                words = said_between(said, ended - duration / 1000, ended)
            else:
                words = punctuate((await upload.finish()).words)
        finally:
            upload.close()
        text = " ".join(word["text"] for word in words)
        exchange.record.details["transcript"] = text
        if not upload.config.get("timestamps"):
            words = [
                {key: word[key] for key in ("text", "confidence")} for word in words
            ]
        began = exchange.record.started
        return await exchange.send_json(
            {
                "text": text,
                "words": words,
                "confidence": exchange.reply.get("confidence", 0.98 if words else 0.0),
                "audio_duration_ms": duration,
                "session_id": str(uuid4()),
                "request_time_ms": (time.monotonic() - began) * 1000,
            }
        )
