"""One segment of a recording: its live upload, and the recording to fall back on."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from ..errors import (
    BusyError,
    NoFundsError,
    Service,
    VoiceError,
    WrongKeyError,
)
from .part import BYTES_PER_SECOND, Part
from .transcriber import Transcriber, Transcript
from .transcript import shift

_LOGGER = logging.getLogger(__name__)

_SHORTEST: Final = 0.12
"""Seconds. Shorter sound holds no word: a chunk of the microphone, and as good as the
80 ms below which AssemblyAI refuses it."""

_SHORT_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 5.0
"""Seconds before a segment whose upload failed is tried again."""

_PIECE: Final = 65_536
"""Bytes of a copy that are uploaded in one go."""

_MISSING: Final = 0.5
"""Seconds the file may lack at the end of a segment: no word is as short. What was told
is in it, but for where the disk was full."""


class Segment:
    """A stretch of a recording that is transcribed at once."""

    def __init__(
        self,
        transcriber: Transcriber,
        recording: Path,
        recording_began: float,
        began: float,
        vocabulary: Sequence[str],
    ) -> None:
        """Begin at position `began` of a recording that began at `recording_began`."""
        self.began: Final = began
        self.end = began
        self._transcriber = transcriber
        self._recording = recording
        self._recording_began = recording_began
        self._vocabulary = vocabulary
        self._upload = transcriber.open(vocabulary)
        self._task: asyncio.Task[Transcript] | None = None

    @property
    def seconds(self) -> float:
        """How long it is by now."""
        return self.end - self.began

    @property
    def _place(self) -> tuple[float, float]:
        """Where it lies in the recording by now: seconds from its beginning."""
        return self.began - self._recording_began, self.end - self._recording_began

    @property
    def broken(self) -> bool:
        """Whether its upload failed."""
        return self._upload is not None and self._upload.broken

    @property
    def failed(self) -> BaseException | None:
        """Why it could not be transcribed, from the recording neither."""
        if self._task is None or not self._task.done() or self._task.cancelled():
            return None
        return self._task.exception()

    def write(self, samples: bytes) -> None:
        """Upload samples; `end` is the owner's to move."""
        if self._upload is not None:
            self._upload.write(samples)

    def close(self) -> None:
        """Let it be transcribed: no more samples come."""
        self._start(self._transcribe())

    def retry(self) -> None:
        """Let it be transcribed again, from the recording."""
        self._start(self._from_recording())

    async def transcript(self) -> Transcript:
        """Wait for what was said in it, once it is closed. Raises VoiceError.

        Who waits may be cancelled; the work goes on.
        """
        return await asyncio.shield(self._task) if self._task else Transcript("")

    async def so_far(self) -> Transcript:
        """Give what was said in it by now, though it may go on. Raises VoiceError.

        Its own upload is left alone, so that what is transcribed in the end is all
        of it, and not pieces.
        """
        if self._task is not None or self.seconds < _SHORTEST:
            return await self.transcript()
        if (copy := self._transcriber.open(self._vocabulary)) is None:
            return Transcript("")
        try:
            for piece in await asyncio.to_thread(self._recorded):
                copy.write(piece)
            return shift(await copy.finish(), self.began)
        except OSError as error:
            raise VoiceError(Service.HOUSE, "the recording can't be read") from error
        finally:
            await copy.abort()

    async def abort(self) -> None:
        """Drop it, whatever it is doing."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._upload is not None:
            await self._upload.abort()

    def _recorded(self) -> list[bytes]:
        """Read what is kept of it, in pieces to upload. Blocking. Raises OSError."""
        with Part.of(self._recording, *self._place) as part:
            return list(iter(partial(part.read, _PIECE), b""))

    def _start(self, work: Coroutine[None, None, Transcript]) -> None:
        """Own a task."""
        name = f"reply_satellite segment at {self.began:.1f} s"
        self._task = asyncio.create_task(work, name=name)

    async def _transcribe(self) -> Transcript:
        """End the upload; where it fails, try once more from the recording."""
        if self.seconds < _SHORTEST:
            if self._upload is not None:
                await self._upload.abort()
            return Transcript("")
        if self._upload is None:
            return await self._from_recording()
        try:
            transcript = await self._upload.finish()
        except WrongKeyError, NoFundsError:
            raise
        except VoiceError as error:
            _LOGGER.debug("%.1f s of sound go again: %s", self.seconds, error)
            await asyncio.sleep(_wait(error))
            return await self._from_recording()
        return shift(transcript, self.began)

    async def _from_recording(self) -> Transcript:
        """Transcribe it from the file."""
        start, end = self._place
        try:
            size = (await asyncio.to_thread(self._recording.stat)).st_size
            if size < (end - _MISSING) * BYTES_PER_SECOND:
                raise VoiceError(Service.HOUSE, "the recording is not whole")
            transcript = await self._transcriber.transcribe(
                self._recording, self._vocabulary, start, end
            )
        except OSError as error:
            raise VoiceError(Service.HOUSE, "the recording can't be read") from error
        return shift(transcript, self.began)


def _wait(error: VoiceError) -> float:
    """Give the seconds to wait before the service is asked again."""
    asked = error.retry_after if isinstance(error, BusyError) else None
    return min(_SHORT_WAIT if asked is None else asked, _LONGEST_WAIT)
