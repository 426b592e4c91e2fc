"""A virtual sound card: a PulseAudio daemon of our own with two null sinks.

What is played into the sink "room" is what the microphone hears (its monitor is the
default source); the monitor of the sink "loudspeaker" is what a person would hear.
"""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from .processes import OwnedProcess

RECORDING_RATE: Final = 16_000
"""Samples a second of what `record` writes, mono, 16 bit."""

_START_SECONDS: Final = 10.0
_ALSA: Final = """\
pcm.!default { type pulse hint { show on description "Virtual sound card" } }
ctl.!default { type pulse }
"""


class Sink(StrEnum):
    """The two places where sound is to be heard."""

    ROOM = "room"
    LOUDSPEAKER = "loudspeaker"

    @property
    def monitor(self) -> str:
        """The source that hears it."""
        return f"{self}.monitor"


@dataclass(frozen=True, slots=True)
class Playing:
    """A file that is being played."""

    process: OwnedProcess
    started: float
    """time.monotonic() of its first sample in the room, within about 20 ms."""

    def wait(self, seconds: float) -> None:
        """Wait until it has been heard to its end."""
        if status := self.process.wait(seconds):
            raise subprocess.CalledProcessError(status, "paplay", self.process.tail)

    def stop(self) -> None:
        """Be silent now."""
        self.process.stop()


class SoundCard:
    """One virtual sound card; as many as wanted may exist side by side."""

    def __init__(self, folder: Path) -> None:
        """Keep sockets and state in `folder`. A socket's path has 107 bytes at most."""
        self._folder = folder
        self._socket = folder / "pulse"
        self._log = folder / "pulseaudio.log"
        self._daemon: OwnedProcess | None = None
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "asound.conf").write_text(_ALSA, encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to use this card, through PulseAudio or ALSA."""
        return {
            "PULSE_SERVER": f"unix:{self._socket}",
            "PULSE_COOKIE": str(self._folder / "cookie"),
            "PULSE_RUNTIME_PATH": str(self._folder / "runtime"),
            "PULSE_STATE_PATH": str(self._folder / "state"),
            "ALSA_CONFIG_PATH": str(self._folder / "asound.conf"),
            # PortAudio would ask JACK too, which would start a daemon.
            "JACK_NO_START_SERVER": "1",
        }

    @property
    def is_running(self) -> bool:
        """Whether the daemon is there."""
        return self._daemon is not None and self._daemon.exit_status is None

    def start(self) -> None:
        """Start the daemon with both sinks. Raises ProcessFailure."""
        self._socket.unlink(missing_ok=True)
        modules = [
            f"module-native-protocol-unix socket={self._socket} auth-anonymous=1",
            *(_null_sink(sink) for sink in Sink),
        ]
        command = [
            "pulseaudio",
            "-n",
            "--daemonize=no",
            "--use-pid-file=no",
            "--exit-idle-time=-1",
            "--realtime=no",
            # Where it may be: a card that waits for a processor is late, or stutters.
            "--high-priority=yes",
            "--disable-shm=yes",
            *(f"--load={module}" for module in modules),
        ]
        self._daemon = OwnedProcess(command, self.environment, self._log)
        self._daemon.wait_until(self._answers, _START_SECONDS)
        self.control("set-default-source", Sink.ROOM.monitor)
        self.control("set-default-sink", Sink.LOUDSPEAKER)

    def stop(self) -> None:
        """Stop the daemon."""
        if self._daemon is not None:
            self._daemon.stop()
            self._daemon = None

    def kill(self) -> None:
        """Let the daemon crash."""
        if self._daemon is not None:
            self._daemon.kill()
            self._daemon = None

    def control(self, *command: str) -> str:
        """Send a command of pactl, return its answer. Raises CalledProcessError."""
        return self._pactl(*command, check=True).stdout

    def suspend(self, sink: Sink, *, suspended: bool = True) -> None:
        """Take a sink, and so its monitor, from its users; or give it back."""
        self.control("suspend-sink", sink, str(int(suspended)))

    def unplug(self, sink: Sink) -> None:
        """Take a sink, and so its monitor, off the card."""
        for line in self.control("list", "short", "modules").splitlines():
            if f"sink_name={sink} " in line:
                self.control("unload-module", line.split("\t")[0])

    def plug_in(self, sink: Sink) -> None:
        """Put a sink back that was unplugged."""
        self.control("load-module", *_null_sink(sink).split())
        if sink is Sink.ROOM:
            self.control("set-default-source", sink.monitor)
        else:
            self.control("set-default-sink", sink)

    def start_playing(self, recording: Path, sink: Sink = Sink.ROOM) -> Playing:
        """Begin to play a file (wav, flac); returns at once."""
        # A player that is ahead by less runs dry when the machine is busy.
        command = ["paplay", f"--device={sink}", "--latency-msec=200", str(recording)]
        process = OwnedProcess(command, self.environment, self._folder / "paplay.log")
        return Playing(process, time.monotonic() + 0.02)

    def play(
        self, recording: Path, sink: Sink = Sink.ROOM, seconds: float = 900
    ) -> None:
        """Play a file (wav, flac) to its end, at most so many `seconds`."""
        playing = self.start_playing(recording, sink)
        try:
            playing.wait(seconds)
        finally:
            playing.stop()

    @contextlib.contextmanager
    def record(self, target: Path, sink: Sink = Sink.LOUDSPEAKER) -> Iterator[None]:
        """Write what is heard there to a wav file: mono, 16 kHz, 16 bit."""
        command = [
            "parec",
            f"--device={sink.monitor}",
            "--latency-msec=20",
            "--file-format=wav",
            "--format=s16le",
            f"--rate={RECORDING_RATE}",
            "--channels=1",
            str(target),
        ]
        recorder = OwnedProcess(command, self.environment, self._folder / "parec.log")
        try:
            recorder.wait_until(lambda: self._is_recorded(recorder), _START_SECONDS)
            yield
        finally:
            recorder.stop()

    @contextlib.contextmanager
    def room_tone(self) -> Iterator[None]:
        """Let the room be as quiet as rooms are: -70 dB below full scale, not dead."""
        command = [
            "ffmpeg",
            "-nostdin",
            *("-loglevel", "error"),
            "-re",
            *("-f", "lavfi", "-i", "anoisesrc=color=pink:amplitude=0.002:r=16000"),
            *("-f", "pulse", "-device", Sink.ROOM, "tone"),
        ]
        tone = OwnedProcess(command, self.environment, self._folder / "tone.log")
        try:
            yield
        finally:
            tone.stop()

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()

    def _answers(self) -> bool:
        sinks = self._pactl("list", "short", "sinks", check=False).stdout
        return all(f"\t{sink}\t" in sinks for sink in Sink)

    def _is_recorded(self, recorder: OwnedProcess) -> bool:
        clients = self._pactl("list", "source-outputs", check=False).stdout
        return f'application.process.id = "{recorder.pid}"' in clients

    def _pactl(self, *command: str, check: bool) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pactl", *command],
            env={**self.environment, "LC_ALL": "C", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=_START_SECONDS,
            check=check,
        )


def _null_sink(sink: Sink) -> str:
    # Without norewinds a null sink renders up to 2 s ahead, and a client that wants
    # less makes it skip what it had rendered.
    return (
        f"module-null-sink sink_name={sink} rate=48000 norewinds=1 "
        f"sink_properties=device.description={sink}"
    )
