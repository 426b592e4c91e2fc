"""Transcripts as jobs: upload, create, poll."""

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aiohttp import web

from .exchange import Exchange
from .recognise import RATE
from .transcript import punctuate, spoken_at
from .waves import AudioError, decode

if TYPE_CHECKING:
    from .assemblyai import AssemblyAIStandin

_UPLOADS = "https://cdn.assemblyai.com/upload/"
_SHORTEST = 160  # ms
_KEPT = 50  # uploads


class Jobs:
    """Uploads and the jobs made of them."""

    def __init__(self, service: AssemblyAIStandin) -> None:
        """Nothing was uploaded yet."""
        self._service = service
        self._uploads: OrderedDict[str, bytes] = OrderedDict()
        self._transcripts: dict[str, dict[str, Any]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """End the jobs that still run."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def upload(self, exchange: Exchange) -> web.StreamResponse:
        """Keep a file."""
        data = await exchange.read()
        if not data:
            raise self._service.refuse("bad_request", "Upload failed, no data.")
        url = f"{_UPLOADS}{uuid4()}"
        self._uploads[url] = data
        if len(self._uploads) > _KEPT:
            self._uploads.popitem(last=False)
        return await exchange.send_json({"upload_url": url})

    async def create(self, exchange: Exchange) -> web.StreamResponse:
        """Begin a job; the script's `first` latency is the time it takes."""
        try:
            body = await exchange.read_json()
        except ValueError as error:
            raise self._service.refuse("bad_request", "Invalid JSON.") from error
        if not isinstance(body, dict) or not body.get("audio_url"):
            raise self._service.refuse("bad_request", "audio_url is required.")
        transcript = {
            "id": str(uuid4()),
            "status": "queued",
            "audio_url": body["audio_url"],
            "text": None,
            "words": None,
            "confidence": None,
            "audio_duration": None,
            "speech_model": None,
            "speech_model_used": None,
            "error": None,
        }
        self._transcripts[transcript["id"]] = transcript
        answer = dict(transcript)
        task = asyncio.create_task(self._run(exchange, transcript))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await exchange.send_json(answer)

    async def list_all(self, exchange: Exchange) -> web.StreamResponse:
        """The jobs, youngest first."""
        found = [
            {key: transcript[key] for key in ("id", "status", "audio_url", "error")}
            for transcript in reversed(self._transcripts.values())
        ]
        return await exchange.send_json({"transcripts": found, "page_details": {}})

    async def get(self, exchange: Exchange) -> web.StreamResponse:
        """A job as it stands."""
        return await exchange.send_json(self._find(exchange))

    async def delete(self, exchange: Exchange) -> web.StreamResponse:
        """Forget a job's text and audio."""
        transcript = self._find(exchange)
        self._uploads.pop(transcript["audio_url"], None)
        transcript |= {"text": "Deleted by user.", "words": None}
        transcript["audio_url"] = "http://deleted_by_user"
        return await exchange.send_json(transcript)

    def _find(self, exchange: Exchange) -> dict[str, Any]:
        found = self._transcripts.get(exchange.request.match_info["id"])
        if found is None:
            raise self._service.refuse("bad_request", "Transcript lookup error.")
        return found

    async def _run(self, exchange: Exchange, transcript: dict[str, Any]) -> None:
        transcript["status"] = "processing"
        await asyncio.sleep(exchange.play.latency.first)
        try:
            transcript |= await self._transcribe(exchange, transcript["audio_url"])
            transcript["status"] = "completed"
        except AudioError as failure:
            transcript |= {"status": "error", "error": str(failure)}
        exchange.record.details["transcript"] = transcript["text"]

    async def _transcribe(self, exchange: Exchange, url: str) -> dict[str, Any]:
        if (error := exchange.reply.get("error")) is not None:
            raise AudioError(error)
        data = self._uploads.get(url)
        if data is None:
            raise AudioError(f"Download error, unable to download {url}.")
        try:
            samples = await decode(data, RATE)
        except AudioError as error:
            raise AudioError(
                f"Transcoding failed. File does not appear to contain audio. ({error})"
            ) from error
        duration = len(samples) * 1000 // (2 * RATE)
        if duration < _SHORTEST:
            raise AudioError("Audio duration is too short.")
        if (text := exchange.reply.get("transcript")) is not None:
            words = spoken_at(text, duration)
        else:
            words = punctuate(await self._service.recogniser.transcribe(samples))
        return {
            "text": " ".join(word["text"] for word in words),
            "words": [word | {"speaker": None} for word in words],
            "confidence": 0.98,
            "audio_duration": -(-duration // 1000),
            "speech_model_used": "universal-3-5-pro",
        }
