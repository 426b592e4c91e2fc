"""An upload that is recognised while it comes in."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import BodyPartReader, MultipartReader

from .exchange import Exchange
from .recognise import Heard, Hearing
from .waves import AudioError, WaveFormat, read_header

if TYPE_CHECKING:
    from .assemblyai import AssemblyAIStandin

_SHORTEST, _LONGEST = 80, 120_000  # ms
_LARGEST = 40 * 1024**2  # bytes
_RATES = frozenset({8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000})
_LONGEST_HEADER = 64 * 1024  # bytes of a WAV file before its samples


class LiveUpload:
    """One request of the one-request API, while its audio comes in."""

    def __init__(self, service: AssemblyAIStandin, exchange: Exchange) -> None:
        """A request of which only the head was read."""
        self.config: dict[str, Any] = {}
        self._service = service
        self._exchange = exchange
        self._hearing: Hearing | None = None
        self._format: WaveFormat | None = None
        self._head = b""  # of a WAV file, till it is complete
        self._size = 0  # bytes of samples

    @property
    def duration_ms(self) -> int:
        """The length of the audio so far."""
        if self._format is None:
            return 0
        frame = self._format.channels * self._format.bits // 8
        return self._size * 1000 // (frame * self._format.rate)

    async def receive(self) -> None:
        """Take the request, audio last; the recogniser works while it comes.

        Raises:
            RefusedError: the service would not take it.
        """
        reader = await self._exchange.request.multipart()
        await self._read_config(reader)
        audio = await reader.next()
        if not isinstance(audio, BodyPartReader) or audio.name != "audio":
            raise self._service.refuse("bad_request", "The audio part is missing.")
        kind = audio.headers.get("Content-Type", "")
        if kind == "audio/pcm":
            self._format = self._pcm_format()
        elif kind not in {"audio/wav", "audio/x-wav", "audio/wave"}:
            raise self._service.refuse("unsupported_media_type")
        await self._open()
        while chunk := await self._next(audio):
            self._exchange.received(len(chunk))
            await self._take(chunk)
        while await reader.next() is not None:
            pass
        self._exchange.upload_ended()
        if self._format is None:
            raise self._service.refuse("bad_audio")
        if self.duration_ms < _SHORTEST:
            raise self._service.refuse("audio_too_short")

    async def finish(self) -> Heard:
        """What was said in it."""
        assert self._hearing is not None
        return await self._hearing.finish()

    def close(self) -> None:
        """Let the recogniser forget it, if it is not finished."""
        if self._hearing is not None:
            self._hearing.drop()

    async def _read_config(self, reader: MultipartReader) -> None:
        part = await reader.next()
        if not isinstance(part, BodyPartReader) or part.name != "config":
            raise self._service.refuse(
                "bad_request", "The config part must come before the audio part."
            )
        try:
            self.config = json.loads(await part.read())
        except ValueError as error:
            raise self._service.refuse("bad_request", "config is no JSON.") from error
        self._exchange.record.body = self.config

    def _pcm_format(self) -> WaveFormat:
        rate, channels = self.config.get("sample_rate"), self.config.get("channels")
        if rate not in _RATES or channels not in {1, 2}:
            raise self._service.refuse(
                "bad_request", "Raw PCM needs sample_rate and channels."
            )
        return WaveFormat(rate, channels, 16, 0)

    async def _next(self, audio: BodyPartReader) -> bytes:
        try:
            async with asyncio.timeout(self._service.silence_limit):
                return bytes(await audio.read_chunk(16 * 1024))
        except TimeoutError as error:
            raise self._service.refuse("upload_timeout") from error

    async def _open(self) -> None:
        if self._format is None or {"transcript", "said"} & self._exchange.reply.keys():
            return
        self._hearing = await self._service.recogniser.open(
            self._format.rate, self._format.channels
        )

    async def _take(self, chunk: bytes) -> None:
        if self._format is None:
            self._head += chunk
            try:
                self._format = read_header(self._head)
            except AudioError as error:
                raise self._service.refuse("bad_audio", str(error)) from error
            if self._format is None:
                if len(self._head) > _LONGEST_HEADER:
                    raise self._service.refuse("bad_audio")
                return
            if self._format.bits != 16:
                raise self._service.refuse("bad_audio", "Only 16-bit WAV is taken.")
            chunk = self._head[self._format.offset :]
            await self._open()
        self._size += len(chunk)
        if self._size > _LARGEST:
            raise self._service.refuse("audio_too_large")
        if self.duration_ms > _LONGEST:
            raise self._service.refuse("audio_too_long")
        if self._hearing is not None:
            self._hearing.feed(chunk)
