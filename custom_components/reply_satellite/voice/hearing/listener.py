"""The one thread: microphone -> spotter -> recording."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from .ear import Ear
from .health import Health
from .heard import Heard
from .microphone import DeviceError, Fault, Microphone
from .spotter import Keyword, Spotter

_LOGGER = logging.getLogger(__name__)

FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 30.0
"""Seconds before a lost device is tried again: doubled from first to longest."""

_STEADY_SECONDS: Final = 10.0
_STOP_TIMEOUT: Final = 10.0


class Listener:
    """Listens on a thread of its own, from `start` to `stop`, again and again.

    All but `stop` return at once and belong to one thread, the owner's; what was
    asked is done by the listener's thread before its next chunk of sound. `post` is
    called on the listener's thread. Positions go on where they were after a `stop`;
    the sound from before is forgotten. While stopped, the device is closed.
    """

    def __init__(
        self,
        *,
        open_microphone: Callable[[], Microphone],
        make_spotter: Callable[[], Spotter],
        post: Callable[[Heard], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; both makers are called on the listener's thread and may block."""
        self._open_microphone = open_microphone
        self._make_spotter = make_spotter
        self._post = post
        self._ear = Ear(post, clock)
        self._orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._quit = threading.Event()
        self._lock = threading.Lock()
        self._microphone: Microphone | None = None
        self._overflows = 0

    @property
    def position(self) -> float:
        """Seconds of sound heard so far."""
        return self._ear.position

    @property
    def overflows(self) -> int:
        """How often sound is known to be lost as nobody took it in time."""
        with self._lock:
            microphone = self._microphone
            return self._overflows + (microphone.overflows if microphone else 0)

    def start(self) -> None:
        """Begin to listen.

        Raises DeviceError if a device that does not answer still holds the
        thread of the time before.
        """
        if self._thread is not None and self._thread.is_alive():
            if not self._quit.is_set():
                return
            raise DeviceError(Fault.STALLED, "the device does not let go")
        self._quit.clear()
        self._orders.put(partial(self._ear.use_spotter, self._make_spotter))
        self._thread = threading.Thread(
            target=self._listen, name="reply_satellite listener", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the device and join the thread. Blocks: for an executor."""
        thread = self._thread
        if thread is None:
            return
        self._quit.set()
        self._orders.put(_wake)
        with self._lock:
            microphone = self._microphone
        if microphone is not None:
            microphone.abort()
        thread.join(_STOP_TIMEOUT)
        if thread.is_alive():
            _LOGGER.error("The microphone does not answer, its thread is left behind")
        else:
            self._thread = None

    def arm(self, sensitivities: Mapping[Keyword, float]) -> None:
        """Listen for these words, each with its sensitivity, and for no others."""
        self._orders.put(partial(self._ear.arm, dict(sensitivities)))

    def begin_recording(self, path: Path, since: float, silence: float = 0.0) -> None:
        """Record from position `since`, up to 3 s back, into a new file at `path`.

        FellSilent is told after so many seconds of `silence`; never if 0.
        """
        self._orders.put(partial(self._ear.begin_recording, path, since, silence))

    def end_recording(self) -> None:
        """End the recording now."""
        self._orders.put(self._ear.end_recording)

    def measure_level(self, *, wanted: bool) -> None:
        """Tell LevelMeasured eight times a second, or stop telling it."""
        self._orders.put(partial(self._ear.measure_level, wanted=wanted))

    def use_spotter(self, make_spotter: Callable[[], Spotter]) -> None:
        """Listen with another spotter from now on, until stopped."""
        self._orders.put(partial(self._ear.use_spotter, make_spotter))

    def _listen(self) -> None:
        """Hear until told to quit, whatever happens; the thread's own function."""
        health = Health(self._tell)
        try:
            wait = FIRST_WAIT
            while not self._quit.is_set():
                wait = self._hear_and_wait(health, wait)
            self._obey()
        finally:
            self._ear.close()

    def _tell(self, heard: Heard) -> None:
        """Tell how the device is, as long as it is wanted."""
        if not self._quit.is_set():
            self._post(heard)

    def _hear_and_wait(self, health: Health, wait: float) -> float:
        """Hear until the device is lost, then wait; return how long to wait next."""
        began, again = self._ear.position, False
        try:
            with self._opened() as microphone:
                again = self._hear(microphone, health)
        except DeviceError as fault:
            health.lost(fault)
        except Exception as error:
            _LOGGER.exception("A fault of the listener's own")
            health.lost(DeviceError(Fault.FAILED, type(error).__name__))
        self._ear.interrupt()
        if self._ear.position - began > _STEADY_SECONDS:
            # The troubles of before are over.
            wait = FIRST_WAIT
        if again:
            return wait
        self._obey_for(wait)
        return min(2 * wait, LONGEST_WAIT)

    def _hear(self, microphone: Microphone, health: Health) -> bool:
        """Hear until it is lost; return whether it is to be opened again at once."""
        health.opened()
        while not self._quit.is_set():
            try:
                chunk = microphone.read()
            except DeviceError as fault:
                # Told before it is closed, which may take a while.
                health.lost(fault)
                return False
            self._obey()
            if health.hear(chunk, microphone.name):
                return True
            self._ear.hear(chunk)
        return False

    @contextmanager
    def _opened(self) -> Iterator[Microphone]:
        """Open the device, where `stop` can close it from outside."""
        with self._open_microphone() as microphone:
            with self._lock:
                self._microphone = microphone
            try:
                yield microphone
            finally:
                with self._lock:
                    self._microphone = None
                    self._overflows += microphone.overflows

    def _obey(self) -> None:
        """Do what was asked meanwhile."""
        while not self._orders.empty():
            self._do(self._orders.get_nowait())

    def _obey_for(self, seconds: float) -> None:
        """Do what is asked for so long, or until told to quit."""
        end = time.monotonic() + seconds
        while not self._quit.is_set() and (left := end - time.monotonic()) > 0:
            try:
                order = self._orders.get(timeout=left)
            except queue.Empty:
                return
            self._do(order)

    def _do(self, order: Callable[[], None]) -> None:
        """Do one thing; whatever comes of it, the listening goes on."""
        try:
            order()
        except Exception:
            _LOGGER.exception("A fault in what was asked of the listener")


def _wake() -> None:
    """Do nothing, but end a wait."""
