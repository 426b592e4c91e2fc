"""What listening costs: the microphone and the built-in spotter, and nothing else.

Each way to a microphone is measured in a process of its own, which listens to the room
of a virtual sound card and tells by JSON what that took.
"""

import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np

from tests.house.sound import Sink, SoundCard
from tests.house.voices import Voice, say
from tests.house.wav import SAMPLE_RATE, write_wav

from .machine import cpu_seconds

ROOT: Final = Path(__file__).resolve().parents[2]
_WARM_UP: Final = 3.0
_TEXT: Final = (
    "The washing machine has finished and the window in the kitchen is open. "
    "I wonder whether it will be raining again tomorrow, and if somebody has fed the "
    "cat. Please remember that the parcel must be at the post office before five."
)


class Way(StrEnum):
    """How the microphone is read."""

    PYAUDIO = "pyaudio"
    FFMPEG = "ffmpeg"
    SOUNDCARD = "soundcard"

    @property
    def input(self) -> str:
        """The id of the room's microphone."""
        match self:
            case Way.PYAUDIO:
                return "pyaudio:default"
            case Way.FFMPEG:
                return f"pulse:{Sink.ROOM.monitor}"
            case Way.SOUNDCARD:
                return f"soundcard:{Sink.ROOM.monitor}"


class Room(StrEnum):
    """What there is to hear."""

    IDLE = "idle"
    """The noise of a quiet room."""
    SPEECH = "speech"
    """Somebody who talks all the time, but not to the satellite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """What listening took; the programs that read the microphone for us included."""

    way: Way
    room: Room
    cpu_percent: float
    """Of one core."""
    memory_mb: float
    """What the process grew by, from Python with numpy."""
    programs_mb: float
    """Of the programs it started; memory that they share counts in parts."""
    programs_own_mb: float
    """Of that what they wrote; the rest are pages of files, which may be dropped."""


def measure_listening(
    card: SoundCard, way: Way, room: Room, seconds: float = 20.0
) -> Listening:
    """Listen for so many seconds to the room of a card that runs.

    Takes 5 s more. Raises CalledProcessError if nothing could be heard.
    """
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder, "room.wav")
        _fill(sound, room, seconds + 30)
        playing = card.start_playing(sound)
        try:
            told = subprocess.run(
                [sys.executable, "-m", "tests.bench.listening", way, str(seconds)],
                cwd=ROOT,
                env={**os.environ, **card.environment},
                stdout=subprocess.PIPE,
                check=True,
            ).stdout
        finally:
            playing.stop()
    return Listening(way=way, room=room, **json.loads(told))


def measure_all(seconds: float = 20.0) -> Iterator[Listening]:
    """Measure every way that is installed, in each room, on a sound card of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SoundCard(Path(folder, "sound")) as card,
    ):
        for way in Way:
            if way is Way.FFMPEG or importlib.util.find_spec(way) is not None:
                for room in Room:
                    yield measure_listening(card, way, room, seconds)


def _fill(path: Path, room: Room, seconds: float) -> None:
    """Write a sound of so many seconds: int16, 16 kHz, mono."""
    size = int(seconds * SAMPLE_RATE)
    sound = np.random.default_rng(1).normal(0, 10, size)
    if room is Room.SPEECH:
        spoken = say(_TEXT, voice=Voice.RMS).samples
        sound += np.resize(spoken, size)
    write_wav(path, np.clip(sound, -32_768, 32_767).astype(np.int16))


# --- in the process of its own ---


def _megabytes(pid: int, kind: str = "Pss") -> float:
    """Memory a process holds; its part of what it shares with others, unless told."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    (kilobytes,) = [line.split()[1] for line in lines if line.startswith(f"{kind}:")]
    return int(kilobytes) / 1024


def _programs() -> list[int]:
    """The processes this one has started and not ended."""
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text().split()]


def _cpu() -> float:
    """Processor time of this process, and of all it started."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = sum(cpu_seconds(pid) for pid in _programs())
    return time.process_time() + ended.ru_utime + ended.ru_stime + running


def _listen(way: Way, seconds: float) -> dict[str, float]:
    """Listen, and tell what it took."""
    before = _megabytes(os.getpid())
    # The package itself would import Home Assistant; its rooms do not.
    sys.path.insert(0, str(ROOT / "custom_components" / "reply_satellite"))
    from voice.hearing import (  # type: ignore[import-not-found]  # noqa: PLC0415
        heard,
        inputs,
        listener,
        spotter,
    )

    opened = threading.Event()

    def post(told: object) -> None:
        if isinstance(told, heard.MicrophoneOpened):
            opened.set()

    ears = listener.Listener(
        open_microphone=lambda: inputs.open_microphone(way.input, "ffmpeg"),
        make_spotter=spotter.BuiltinSpotter,
        post=post,
    )
    ears.arm({spotter.Keyword.COMPUTER: spotter.DEFAULT_SENSITIVITY})
    ears.start()
    try:
        if not opened.wait(30):
            sys.exit(f"{way}: nothing could be heard")
        time.sleep(_WARM_UP)
        began, used, position = time.monotonic(), _cpu(), ears.position
        time.sleep(seconds)
        used, took = _cpu() - used, time.monotonic() - began
        if ears.position - position < 0.9 * took:
            sys.exit(
                f"{way}: only {ears.position - position:.1f} of {took:.1f} s heard"
            )
        return {
            "cpu_percent": 100 * used / took,
            "memory_mb": _megabytes(os.getpid()) - before,
            "programs_mb": sum(map(_megabytes, _programs())),
            "programs_own_mb": sum(
                _megabytes(pid, "Private_Dirty") for pid in _programs()
            ),
        }
    finally:
        ears.stop()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(_listen(Way(sys.argv[1]), float(sys.argv[2]))))
    else:
        for measured in measure_all():
            print(json.dumps(asdict(measured)))
