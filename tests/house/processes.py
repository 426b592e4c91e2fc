"""Child processes that end with their owner, however that one ends."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

POLL_SECONDS = 0.02


class ProcessFailure(Exception):
    """A process of the house did not start, or ended by itself."""


class OwnedProcess:
    """A child in a process group of its own, so that Ctrl-C reaches its owner first.

    It gets SIGTERM from the kernel when the thread that started it is gone: start it
    from one that lasts.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        """Start `command` with `environment` over our own; it writes to `log`.

        Raises:
            ProcessFailure: The program is not there.
        """
        tied = ["setpriv", "--pdeathsig", "TERM", "--", *command]
        self.name = Path(command[0]).name
        self.log = log
        if shutil.which(command[0]) is None:
            raise ProcessFailure(f"{command[0]} is not installed")
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                tied,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    def wait(self, seconds: float) -> int:
        """Wait for its end, return the exit status. Raises TimeoutExpired."""
        return self._process.wait(seconds)

    def wait_until(self, is_ready: Callable[[], bool], seconds: float) -> None:
        """Wait until `is_ready`.

        Raises:
            ProcessFailure: It ended, or took longer than `seconds`.
        """
        deadline = time.monotonic() + seconds
        while not is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise ProcessFailure(f"{self.name} took over {seconds} s: {self.tail}")
            time.sleep(POLL_SECONDS)

    def check(self) -> None:
        """Raise ProcessFailure if it has ended."""
        if (status := self.exit_status) is not None:
            raise ProcessFailure(f"{self.name} ended with {status}: {self.tail}")

    @property
    def tail(self) -> str:
        """The last it has written."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]

    def interrupt(self) -> None:
        """Ask it to end, as Ctrl-C would, and leave it the time it takes."""
        self._signal(signal.SIGINT)

    def stop(self, seconds: float = 10) -> None:
        """End it, and after `seconds` without success kill it with its children."""
        if self.exit_status is None:
            self._process.terminate()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        # What it started and left behind.
        self._signal(signal.SIGKILL)

    def kill(self) -> None:
        """End it and its children as a power cut would."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return


def free_port() -> int:
    """Return a TCP port nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
