"""A music player: MPD, playing to the loudspeaker of the virtual sound card."""

import socket
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from .processes import OwnedProcess, free_port
from .sound import Sink, SoundCard

_START_SECONDS: Final = 15.0

_CONFIGURATION: Final = """\
music_directory "{folder}/music"
playlist_directory "{folder}/playlists"
state_file "{folder}/state"
bind_to_address "127.0.0.1"
port "{port}"
zeroconf_enabled "no"
auto_update "no"
filesystem_charset "UTF-8"
input {{
    plugin "curl"
}}
audio_output {{
    type "pulse"
    name "Loudspeaker"
    server "unix:{socket}"
    sink "{sink}"
    mixer_type "software"
}}
"""


class MusicPlayer:
    """One MPD on a port of its own. It fetches and plays http addresses."""

    def __init__(self, folder: Path, sound_card: SoundCard, port: int = 0) -> None:
        """Keep its files in `folder`; port 0 means a free one."""
        self._folder = folder
        self._sound_card = sound_card
        self.host: Final = "127.0.0.1"
        self.port: Final = port or free_port()
        self._daemon: OwnedProcess | None = None

    def start(self) -> None:
        """Start it, and return when it answers. Raises ProcessFailure."""
        for name in ("music", "playlists"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        configuration = self._folder / "mpd.conf"
        address = self._sound_card.environment["PULSE_SERVER"].removeprefix("unix:")
        configuration.write_text(
            _CONFIGURATION.format(
                folder=self._folder,
                port=self.port,
                socket=address,
                sink=Sink.LOUDSPEAKER,
            ),
            encoding="utf-8",
        )
        command = ["mpd", "--no-daemon", "--stderr", str(configuration)]
        self._daemon = OwnedProcess(
            command, self._sound_card.environment, self._folder / "mpd.log"
        )
        self._daemon.wait_until(self._answers, _START_SECONDS)

    def stop(self) -> None:
        """Stop it."""
        if self._daemon is not None:
            self._daemon.stop()
            self._daemon = None

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

    def ask(self, command: str) -> str:
        """Send one command of MPD's protocol, return its answer without the OK."""
        with socket.create_connection((self.host, self.port), timeout=5) as connection:
            stream = connection.makefile("rw", encoding="utf-8", newline="\n")
            stream.readline()
            stream.write(command + "\n")
            stream.flush()
            lines = []
            while (line := stream.readline()) and not line.startswith(("OK", "ACK")):
                lines.append(line)
        if line.startswith("ACK"):
            raise ValueError(line.strip())
        return "".join(lines)

    def _answers(self) -> bool:
        try:
            self.ask("status")
        except OSError:
            return False
        return True
