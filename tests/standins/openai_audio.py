"""The transcriptions of the assistant's service, as Home Assistant's own pipeline asks.

The satellite does not use them: they are for measuring it beside that pipeline.
"""

from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.web_request import FileField

from .exchange import Exchange
from .openai_errors import bad_request
from .recognise import RATE
from .transcript import punctuate
from .waves import AudioError, decode

if TYPE_CHECKING:
    from .openai import OpenAIStandin

MODELS = frozenset({"whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe"})


class Transcriptions:
    """Serves transcriptions; `reply` of a rule may hold the transcript."""

    def __init__(self, service: OpenAIStandin) -> None:
        """For that service."""
        self._service = service

    async def create(self, exchange: Exchange) -> web.StreamResponse:
        """Transcribe an uploaded file."""
        form = await exchange.request.post()
        exchange.upload_ended()
        model, file = form.get("model"), form.get("file")
        if model not in MODELS:
            raise bad_request("invalid model", param="model")
        if not isinstance(file, FileField):
            raise bad_request("Missing required parameter: 'file'.", param="file")
        data = file.file.read()
        exchange.received(len(data))
        text = exchange.reply.get("transcript")
        if text is None:
            text = await self._recognise(data)
        exchange.record.details["transcript"] = text
        return await exchange.send_json({"text": text})

    async def _recognise(self, data: bytes) -> str:
        try:
            samples = await decode(data, RATE)
        except AudioError as error:
            raise bad_request(
                "Audio file might be corrupted or unsupported", param="file"
            ) from error
        words = punctuate(await self._service.recogniser.transcribe(samples))
        return " ".join(word["text"] for word in words)
