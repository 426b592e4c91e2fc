"""A recording while it is made: told as it comes, and kept on disk."""

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .heard import Audio, Heard, RecordingEnded, RecordingFailed
from .microphone import SAMPLE_RATE
from .recording import SAMPLE_BYTES, Recording, RecordingFile

_LOGGER = logging.getLogger(__name__)


class Take:
    """One recording. Positions in here are samples since the listener's first.

    A disk that is full ends the file, never the recording.
    """

    def __init__(self, path: Path, began: int, post: Callable[[Heard], None]) -> None:
        """Begin at sample `began`."""
        self.began = began
        self._recording = Recording(path, began / SAMPLE_RATE)
        self._post = post
        self._file: RecordingFile | None = None
        self._until: int | None = None
        try:
            self._file = RecordingFile(path)
        except OSError as error:
            self._fail(error)

    @property
    def ending(self) -> bool:
        """Whether its end is set, but was not heard yet."""
        return self._until is not None

    def add(self, samples: bytes, position: int) -> bool:
        """Take the samples that begin at `position`; return whether it ended."""
        end = position + len(samples) // SAMPLE_BYTES
        if self._until is not None and end >= self._until:
            samples = samples[: (self._until - position) * SAMPLE_BYTES]
            end = self._until
        if samples:
            self._post(Audio(position / SAMPLE_RATE, samples))
            self._write(samples)
        if end != self._until:
            return False
        self._finish(end)
        return True

    def end(self, until: int | None, now: int) -> bool:
        """End at `until`, or now; return whether it ended, or is to go on till then."""
        if until is not None and until > now:
            self._until = until
            return False
        ended = now if until is None else max(until, self.began)
        if self._file is not None:
            try:
                self._file.cut(ended - self.began)
            except OSError as error:
                self._fail(error)
        self._finish(ended)
        return True

    def _write(self, samples: bytes) -> None:
        if self._file is not None:
            try:
                self._file.write(samples)
            except OSError as error:
                self._fail(error)

    def _fail(self, error: OSError) -> None:
        """Go on without the file."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None
        _LOGGER.warning("The recording can't be kept on disk: %s", error.strerror)
        self._post(RecordingFailed(error.strerror or str(error)))

    def _finish(self, ended: int) -> None:
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                self._fail(error)
            self._file = None
        self._post(RecordingEnded(self._recording, ended / SAMPLE_RATE))
