"""A recording being transcribed while it is spoken, segment by segment."""

import asyncio
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..errors import PassingError
from ..hearing.microphone import SAMPLE_RATE
from ..hearing.recording import SAMPLE_BYTES
from .part import BYTES_PER_SECOND
from .quietest import quietest
from .seams import join
from .segment import Segment
from .transcriber import Transcriber, Transcript

_LONG_ENOUGH: Final = 45.0
"""Seconds; a segment this long ends at the next pause. Shorter ones would know less
of what they are about; longer ones leave less room for a pause to come in time."""

_WORTH_SAVING: Final = 15.0
"""Seconds; a segment whose upload failed ends at the next pause when it is this long,
so that it is transcribed from the recording before the speaker is done."""

_SEARCHED: Final = 6.0
"""Seconds before the service's limit in which the quietest place is looked for. The
sound is held back meanwhile."""

_OVERLAP: Final = 1.0
"""Seconds that both segments have where the cut is no pause: the word at the cut is
whole in one of them at least."""


class Dictation:
    """The segments of one recording, and what was said in them.

    Lives on the event loop. Positions are seconds on the listener's clock, and so
    are the times of the words. Of a recording of any length it holds a few seconds
    of sound; an upload that failed is made good from the file. After `finish`,
    `settle` or `abort` nothing of it is left running.
    """

    def __init__(
        self,
        transcriber: Transcriber,
        recording: Path,
        began: float,
        vocabulary: Sequence[str] = (),
    ) -> None:
        """Begin; `recording` is the file the samples are kept in, since `began`.

        The file must hold samples before they are given to `write`. Its first
        sample is the first one written here, which tells its position exactly.
        """
        self._transcriber = transcriber
        self._recording = recording
        self._began = began
        self._vocabulary = vocabulary
        self._closed: list[Segment] = []
        self._current: Segment | None = None
        self._held = bytearray()
        self._over = False
        self._searched = min(_SEARCHED, transcriber.longest / 4)

    def write(self, position: float, samples: bytes) -> None:
        """Take samples (int16 LE, mono, 16 kHz), the first of them at `position`."""
        if self._over or not samples:
            return
        if self._current is None:
            self._began = position
        segment = self._current or self._open(position)
        segment.end = position + len(samples) / BYTES_PER_SECOND
        if segment.seconds <= self._transcriber.longest - self._searched:
            segment.write(samples)
            return
        self._held += samples
        if segment.seconds >= self._transcriber.longest:
            self._cut_in_speech(segment)

    def pause(self, since: float) -> bool:
        """Take notice that nobody speaks since `since`: a long segment ends here.

        Tells whether it did. Where the service has no limit, there is no need for a
        second segment.
        """
        segment = self._current
        if segment is None or self._over or since < segment.began:
            return False
        if self._transcriber.longest == math.inf:
            return False
        failed_before = any(closed.failed for closed in self._closed)
        saving = segment.broken and not failed_before
        if segment.seconds <= (_WORTH_SAVING if saving else _LONG_ENOUGH):
            return False
        self._cut(segment)
        return True

    async def so_far(self) -> Transcript:
        """Give what was said in the segments that have ended. Raises VoiceError."""
        return join([await segment.transcript() for segment in self._closed])

    async def ahead(self) -> Transcript:
        """Give all that was said by now, and end nothing. Raises VoiceError.

        The segment that goes on is not touched: its sound is sent once more.
        """
        spoken = [*self._closed, *([self._current] if self._current else [])]
        return join([await segment.so_far() for segment in spoken])

    async def cut(self, at: float | None = None) -> Transcript:
        """End the segment that holds `at` (None is now), and give what was said in it.

        The next one begins in the same instant. A segment that ended after `at`
        already, at a pause, is not cut again. Raises VoiceError.
        """
        segment = self._current
        if segment is None or self._over:
            return Transcript("")
        if at is not None and at <= segment.began and self._closed:
            holding = (closed for closed in self._closed if at <= closed.end)
            segment = next(holding, self._closed[-1])
        else:
            self._cut(segment)
        return await segment.transcript()

    async def finish(self) -> Transcript:
        """End the recording, and give all that was said in it. Raises VoiceError.

        Where the service failed on an earlier segment, it is asked once more.
        """
        if self._current is not None and not self._over:
            self._release_held(self._current)
            self._close(self._current)
            self._current = None
        return await self._whole()

    async def settle(self) -> Transcript:
        """End the recording, and give what was said up to the last cut.

        For when the last cut turned out to be the end: what came after is dropped,
        and nothing is waited for that is there already. Raises VoiceError.
        """
        return await self._whole()

    async def abort(self) -> None:
        """End the recording without a transcript."""
        self._over = True
        segments = self._closed
        if self._current is not None:
            segments = [*segments, self._current]
        self._closed, self._current = [], None
        self._held.clear()
        await asyncio.gather(*(segment.abort() for segment in segments))

    async def _whole(self) -> Transcript:
        """Join what was said in the segments that are closed, and end everything."""
        self._over = True
        # Asked once more are those that had failed by now; one after the other, so
        # that a service that is still away is not asked for all of them.
        failed = [s for s in self._closed if isinstance(s.failed, PassingError)]
        try:
            for segment in failed:
                segment.retry()
                await segment.transcript()
            return join([await segment.transcript() for segment in self._closed])
        finally:
            await self.abort()

    def _open(self, position: float) -> Segment:
        """Begin a segment."""
        self._current = Segment(
            self._transcriber, self._recording, self._began, position, self._vocabulary
        )
        return self._current

    def _close(self, segment: Segment) -> None:
        """Let a segment be transcribed."""
        segment.close()
        self._closed.append(segment)

    def _cut(self, segment: Segment) -> None:
        """End the segment, and begin the next."""
        self._release_held(segment)
        self._close(segment)
        self._open(segment.end)

    def _cut_in_speech(self, segment: Segment) -> None:
        """End the segment before the service's limit, where it is quietest.

        Both segments get half a second more than that, see `_OVERLAP`.
        """
        held = bytes(self._held)
        overlap = min(_OVERLAP, self._searched / 4)
        half = round(overlap / 2 * SAMPLE_RATE) * SAMPLE_BYTES
        place = quietest(held, margin=half)
        end = segment.end
        at = end - (len(held) - place) / BYTES_PER_SECOND
        segment.end = at + half / BYTES_PER_SECOND
        segment.write(held[: place + half])
        self._close(segment)
        segment = self._open(at - half / BYTES_PER_SECOND)
        segment.end = end
        segment.write(held[place - half :])
        self._held.clear()

    def _release_held(self, segment: Segment) -> None:
        """Send what was held back."""
        if self._held:
            segment.write(bytes(self._held))
            self._held.clear()
