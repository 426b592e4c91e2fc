"""A recording while it is made: told as it comes, and kept on disk."""

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .heard import Audio, Heard, RecordingEnded, RecordingFailed
from .microphone import SAMPLE_RATE
from .recording import Recording, RecordingFile

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
        try:
            self._file = RecordingFile(path)
        except OSError as error:
            self._fail(error)

    def add(self, samples: bytes, position: int) -> None:
        """Take the samples that begin at `position`; the file has them first."""
        if samples:
            self._write(samples)
            self._post(Audio(position / SAMPLE_RATE, samples))

    def end(self, now: int) -> None:
        """End at sample `now`."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                self._fail(error)
            self._file = None
        self._post(RecordingEnded(self._recording, now / SAMPLE_RATE))

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
