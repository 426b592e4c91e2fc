"""Sound without a sound card: scripted devices, and sounds made of numbers."""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Self, override

import numpy as np
from numpy.typing import NDArray

from custom_components.reply_satellite.voice.errors import Service, VoiceError
from custom_components.reply_satellite.voice.hearing.heard import Heard
from custom_components.reply_satellite.voice.hearing.microphone import (
    CHUNK_BYTES,
    SAMPLE_RATE,
    DeviceError,
    Fault,
    Microphone,
)
from custom_components.reply_satellite.voice.hearing.spotter import (
    Detection,
    Keyword,
    Spotter,
)

SPOTTER_ERROR = VoiceError(Service.PORCUPINE, "out of order")

GONE = DeviceError(Fault.GONE, "unplugged")

MARKS = {Keyword.COMPUTER: 30_001, Keyword.REPLY: 30_002, Keyword.SNAPSHOT: 30_003}
"""The sample that stands for the end of a word to MarkSpotter."""


class Device(Microphone):
    """A card that brings what its script holds, then nothing more."""

    def __init__(self, *script: bytes | Exception, name: str = "Device") -> None:
        """Bring each piece in chunks; raise each exception."""
        self._name = name
        self._script: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()
        self.overflows_counted = 0
        self.closed = threading.Event()
        self.bring(*script)

    def bring(self, *script: bytes | Exception) -> None:
        """Have more to bring."""
        for piece in script:
            if isinstance(piece, Exception):
                self._script.put(piece)
            else:
                for start in range(0, len(piece), CHUNK_BYTES):
                    self._script.put(piece[start : start + CHUNK_BYTES])

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def overflows(self) -> int:
        return self.overflows_counted

    @override
    def read(self) -> bytes:
        piece = self._script.get()
        if isinstance(piece, Exception):
            raise piece
        return piece

    @override
    def abort(self) -> None:
        self._script.put(DeviceError(Fault.GONE, "closed"))

    @override
    def close(self) -> None:
        self.closed.set()

    @override
    def __enter__(self) -> Self:
        return self

    @override
    def __exit__(self, *_: object) -> None:
        self.close()


class Socket:
    """Where devices are plugged in: each opening takes the next one of a script."""

    def __init__(self, *devices: Device | Exception) -> None:
        """Open these in turn, and the last one again and again."""
        self._devices = list(devices)
        self.opened = 0

    def __call__(self) -> Microphone:
        """Open the next device."""
        self.opened += 1
        device = self._devices[0]
        if len(self._devices) > 1:
            self._devices.pop(0)
        if isinstance(device, Exception):
            raise device
        return device


class MarkSpotter(Spotter):
    """Finds words that are one sample long: a spotter for tests of what is around."""

    def __init__(self, fails_at: int | None = None) -> None:
        """Fail, if asked to, once so many samples have been heard."""
        self.sensitivities: Mapping[Keyword, float] = {}
        self.heard = 0
        self.resets = 0
        self.closed = False
        self._fails_at = fails_at

    @override
    def process(self, samples: NDArray[np.int16]) -> list[Detection]:
        before = self.heard
        self.heard += samples.size
        if self._fails_at is not None and self.heard >= self._fails_at:
            raise SPOTTER_ERROR
        return [
            Detection(word, (before + int(place) + 1) / SAMPLE_RATE, 0.9)
            for word in self.sensitivities
            for place in np.flatnonzero(samples == MARKS[word])
        ]

    @override
    def reset(self) -> None:
        self.resets += 1
        self.heard = 0

    @override
    def close(self) -> None:
        self.closed = True


class Posts:
    """What a listener has told, in order; may be waited for."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self.all: list[Heard] = []
        self._told = threading.Condition()

    def __call__(self, heard: Heard) -> None:
        """Take what is told, on any thread."""
        with self._told:
            self.all.append(heard)
            self._told.notify_all()

    def of[T](self, *kinds: type[T]) -> list[T]:
        """Return all of a kind."""
        return [heard for heard in list(self.all) if isinstance(heard, kinds)]

    def wait_for[T](self, kind: type[T], count: int = 1, seconds: float = 20) -> T:
        """Wait until `count` of a kind were told; return the last of them."""
        with self._told:
            enough = self._told.wait_for(lambda: len(self.of(kind)) >= count, seconds)
        assert enough, f"no {kind.__name__} among {self.all[-20:]}"
        return self.of(kind)[count - 1]


def noise(seconds: float, rms: float = 30.0, seed: int = 1) -> bytes:
    """Return white noise: int16 LE, mono, 16 kHz."""
    sound = np.random.default_rng(seed).normal(0, rms, int(seconds * SAMPLE_RATE))
    return pcm(sound)


def pcm(sound: NDArray[np.floating] | Iterable[float]) -> bytes:
    """Return numbers as int16 LE samples."""
    return np.clip(np.asarray(sound), -32768, 32767).astype("<i2").tobytes()


def marked(sound: bytes, **words: float) -> bytes:
    """Return the sound with words that end at these seconds."""
    samples = np.frombuffer(sound, "<i2").copy()
    for word, end in words.items():
        samples[round(end * SAMPLE_RATE) - 1] = MARKS[Keyword(word)]
    return samples.tobytes()


def chunks(sound: bytes) -> list[bytes]:
    """Cut a sound as microphones do."""
    return [sound[at : at + CHUNK_BYTES] for at in range(0, len(sound), CHUNK_BYTES)]


def level_at(sound: bytes, hertz: int) -> float:
    """Return a frequency's share of the power: 0 to 1."""
    samples = np.frombuffer(sound, "<i2").astype(np.float64)
    power = np.abs(np.fft.rfft(samples * np.hanning(samples.size))) ** 2
    place = round(hertz * samples.size / SAMPLE_RATE)
    return float(power[place - 3 : place + 4].sum() / power.sum())


def until(is_so: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until it is so."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.002)
