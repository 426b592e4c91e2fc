"""What ten minutes of dictation cost in memory: a process of its own, told by JSON.

The listener's thread, the spotter, the dictation and the upload are real; only the
microphone is a file that is read faster than it was spoken.
"""

import asyncio
import json
import sys
import tempfile
import threading
from pathlib import Path
from typing import Final, Self, override

import numpy as np

from custom_components.reply_satellite.voice.hearing.heard import (
    Audio,
    Heard,
    QuietBegan,
)
from custom_components.reply_satellite.voice.hearing.listener import Listener
from custom_components.reply_satellite.voice.hearing.microphone import (
    CHUNK_SAMPLES,
    SAMPLE_RATE,
    Microphone,
)
from custom_components.reply_satellite.voice.hearing.spotter import (
    BuiltinSpotter,
    Keyword,
)
from custom_components.reply_satellite.voice.transcribing.assemblyai import (
    AssemblyAITranscriber,
)
from custom_components.reply_satellite.voice.transcribing.dictation import Dictation

from .machine import resident_megabytes

SECONDS: Final = 600
_PACE: Final = 0.002
_CHUNKS_PER_SECOND: Final = SAMPLE_RATE / CHUNK_SAMPLES


class Murmur(Microphone):
    """Sentences of four seconds with pauses of one, forty times as fast as life."""

    def __init__(self) -> None:
        """Begin at the beginning."""
        self._number = 0
        noise = np.random.default_rng(2)
        self._loud = noise.normal(0, 3_000, CHUNK_SAMPLES).astype("<i2").tobytes()
        self._quiet = noise.normal(0, 3, CHUNK_SAMPLES).astype("<i2").tobytes()
        self._pause = threading.Event()

    @property
    @override
    def name(self) -> str:
        return "Murmur"

    @property
    @override
    def overflows(self) -> int:
        return 0

    @override
    def read(self) -> bytes:
        self._pause.wait(_PACE)
        self._number += 1
        second = self._number / _CHUNKS_PER_SECOND % 5.0
        return self._quiet if second < 1.0 else self._loud

    @override
    def abort(self) -> None:
        self._pause.set()

    @override
    def close(self) -> None:
        self._pause.set()

    @override
    def __enter__(self) -> Self:
        return self

    @override
    def __exit__(self, *_: object) -> None:
        self.close()


async def _record(url: str, key: str, folder: Path) -> float:
    """Megabytes that the process grew by at most."""
    loop = asyncio.get_running_loop()
    transcriber = AssemblyAITranscriber(key, api_url=url, sync_url=url)
    path = folder / "turn" / "recording.pcm"
    dictation: Dictation | None = None
    done = asyncio.Event()

    def enter(heard: Heard) -> None:
        nonlocal dictation
        match heard:
            case Audio(position, samples):
                dictation = dictation or Dictation(transcriber, path, position)
                dictation.write(position, samples)
                if position > SECONDS:
                    done.set()
            case QuietBegan(since) if dictation is not None:
                dictation.pause(since)

    def post(heard: Heard) -> None:
        loop.call_soon_threadsafe(enter, heard)

    listener = Listener(open_microphone=Murmur, make_spotter=BuiltinSpotter, post=post)
    listener.arm(dict.fromkeys(Keyword, 0.5))
    before = resident_megabytes(0)
    highest = before
    await asyncio.to_thread(listener.start)
    listener.begin_recording(path, 0.0)
    while not done.is_set():
        await asyncio.sleep(0.2)
        highest = max(highest, resident_megabytes(0))
    listener.end_recording()
    if dictation is not None:
        await dictation.finish()
    highest = max(highest, resident_megabytes(0))
    await asyncio.to_thread(listener.stop)
    await transcriber.close()
    return highest - before


def main() -> None:
    """Measure: arguments are the stand-in's address and key."""
    with tempfile.TemporaryDirectory() as folder:
        grown = asyncio.run(_record(sys.argv[1], sys.argv[2], Path(folder)))
    print(json.dumps({"megabytes": grown}))


if __name__ == "__main__":
    main()
