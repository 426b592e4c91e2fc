"""The microphone through PyAudio (PortAudio), where that can be installed."""

import logging
import queue
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final, Self, override

from .microphone import (
    CHUNK_BYTES,
    CHUNK_SAMPLES,
    FRAMES_TIMEOUT,
    SAMPLE_RATE,
    DeviceError,
    Fault,
    Input,
    Microphone,
)
from .resampling import Resampler

type _Host = Any  # PyAudio has no types
type _Opening = Future[tuple[str, Any, Resampler]]

_LOGGER = logging.getLogger(__name__)

_BUSY: Final = -9985
"""paDeviceUnavailable of PortAudio's portaudio.h."""

# Where ALSA's card has its number today is no part of its name.
_CARD_NUMBER: Final = re.compile(r" \(hw:\d+,\d+\)$")
_OPEN_TIMEOUT: Final = 10.0
_CLOSE_TIMEOUT: Final = 3.0
_LOOK_SECONDS: Final = 0.5
_WAITING_CHUNKS: Final = 250

# PortAudio's Pa_Initialize, Pa_OpenStream and their like are not thread-safe.
_PORTAUDIO: Final = threading.Lock()


def _pyaudio() -> ModuleType:
    """Import PyAudio. Raises DeviceError where it can't be."""
    try:
        import pyaudio  # noqa: PLC0415 (it can't be installed everywhere)
    except (ImportError, OSError) as error:
        raise DeviceError(Fault.NOT_INSTALLED, f"PyAudio: {error}") from error
    module: ModuleType = pyaudio
    return module


@contextmanager
def _alone() -> Iterator[None]:
    """Have PortAudio for this thread.

    Raises DeviceError if one hangs in it, and for whatever PyAudio raises.
    """
    if not _PORTAUDIO.acquire(timeout=_OPEN_TIMEOUT):
        raise DeviceError(Fault.STALLED, "PortAudio does not answer")
    try:
        yield
    except (OSError, ValueError) as error:
        raise _fault(error) from error
    finally:
        _PORTAUDIO.release()


def _fault(error: Exception) -> DeviceError:
    """Make PortAudio's error one of ours."""
    fault = Fault.BUSY if _BUSY in error.args else Fault.GONE
    return DeviceError(fault, f"PyAudio: {error.args[-1] if error.args else error}")


def list_pyaudio_inputs() -> list[Input]:
    """Return the inputs PyAudio finds. Raises DeviceError."""
    pyaudio = _pyaudio()
    with _alone():
        host = pyaudio.PyAudio()
        try:
            names = [device["name"] for device in _inputs(host)]
        finally:
            host.terminate()
    return [
        Input(f"pyaudio:{name}", f"{name} (PyAudio)") for name in dict.fromkeys(names)
    ]


def _inputs(host: _Host) -> list[dict[str, Any]]:
    devices = map(host.get_device_info_by_index, range(host.get_device_count()))
    return [device for device in devices if device["maxInputChannels"] > 0]


def _find(host: _Host, name: str | None) -> dict[str, Any]:
    """Return the device of that name, or the default, which PyAudio raises for."""
    if name is None:
        default: dict[str, Any] = host.get_default_input_device_info()
        return default
    devices = _inputs(host)
    plain = _CARD_NUMBER.sub("", name)
    for device in devices:
        if device["name"] == name:
            return device
    for device in devices:
        if _CARD_NUMBER.sub("", device["name"]) == plain:
            return device
    raise DeviceError(Fault.GONE, f"PyAudio: no input named {name}")


class PyAudioMicrophone(Microphone):
    """Records through PortAudio.

    A sound server that hangs makes PortAudio hang. So its opening and closing have a
    thread of their own, which is left behind then, and its sound comes by callback.
    """

    def __init__(self, name: str | None) -> None:
        """Open a device by name, None for the default. Raises DeviceError."""
        self._pyaudio = _pyaudio()
        self._sound: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._pending = b""
        self._overflows = 0
        self._closing = threading.Event()
        opening: _Opening = Future()
        self._thread = threading.Thread(
            target=self._hold,
            args=(name, opening),
            name="reply_satellite portaudio",
            daemon=True,
        )
        self._thread.start()
        try:
            self._name, self._stream, self._resampler = opening.result(_OPEN_TIMEOUT)
        except TimeoutError:
            self._closing.set()
            raise DeviceError(
                Fault.STALLED, f"PyAudio: {name or 'default'} does not open"
            ) from None
        except Exception:
            self._thread.join()
            raise

    def _hold(self, name: str | None, opening: _Opening) -> None:
        """Open the device, hold it, and close it when that is asked."""
        try:
            with _alone():
                host = self._pyaudio.PyAudio()
                try:
                    device = _find(host, name)
                    stream, resampler = self._open(host, device)
                except Exception:
                    host.terminate()
                    raise
        except Exception as error:  # noqa: BLE001 (the opener waits for it)
            opening.set_exception(error)
            return
        opening.set_result((device["name"], stream, resampler))
        self._closing.wait()
        with _PORTAUDIO:
            try:
                stream.close()
            finally:
                host.terminate()

    def _open(self, host: _Host, device: dict[str, Any]) -> tuple[Any, Resampler]:
        """Open it at 16 kHz mono, else at what it has, to be converted.

        Raises what PyAudio does.
        """
        channels = min(2, int(device["maxInputChannels"]))
        own_rate = int(device["defaultSampleRate"])
        ways = ((SAMPLE_RATE, 1), (SAMPLE_RATE, channels), (own_rate, channels))
        refusal: Exception = OSError("no way to open it")
        for rate, count in dict.fromkeys(ways):
            try:
                stream = host.open(
                    rate=rate,
                    channels=count,
                    format=self._pyaudio.paInt16,
                    input=True,
                    input_device_index=device["index"],
                    frames_per_buffer=CHUNK_SAMPLES * rate // SAMPLE_RATE,
                    stream_callback=self._take,
                )
            except (OSError, ValueError) as error:
                refusal = error
            else:
                return stream, Resampler(rate, count)
        raise refusal

    def _take(
        self, sound: bytes, _count: int, _times: object, status: int
    ) -> tuple[None, int]:
        """Take what PortAudio's own thread brings."""
        if status & self._pyaudio.paInputOverflow:
            self._overflows += 1
        if self._sound.qsize() < _WAITING_CHUNKS:
            self._sound.put(sound)
        else:
            self._overflows += 1
        return None, self._pyaudio.paContinue

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def overflows(self) -> int:
        return self._overflows

    @override
    def read(self) -> bytes:
        deadline = time.monotonic() + FRAMES_TIMEOUT
        while len(self._pending) < CHUNK_BYTES:
            self._pending += self._resampler.convert(self._next(deadline))
        chunk, self._pending = self._pending[:CHUNK_BYTES], self._pending[CHUNK_BYTES:]
        return chunk

    def _next(self, deadline: float) -> bytes:
        """Wait for sound. Raises DeviceError when there will be none."""
        while True:
            try:
                sound = self._sound.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                if not self._stream.is_active():
                    detail = f"PyAudio: {self._name} has ended"
                    raise DeviceError(Fault.GONE, detail) from None
                if time.monotonic() > deadline:
                    detail = f"PyAudio: no sound from {self._name}"
                    raise DeviceError(Fault.STALLED, detail) from None
                continue
            if sound is None:
                raise DeviceError(Fault.GONE, "closed")
            return sound

    @override
    def abort(self) -> None:
        self._sound.put(None)

    @override
    def close(self) -> None:
        self._closing.set()
        self._thread.join(_CLOSE_TIMEOUT)
        if self._thread.is_alive():
            _LOGGER.warning("PyAudio: %s does not close, left behind", self._name)

    @override
    def __enter__(self) -> Self:
        return self

    @override
    def __exit__(self, *_: object) -> None:
        self.close()
