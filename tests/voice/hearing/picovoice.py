"""What is behind a key of Picovoice: an engine that hears, and a service that trains.

The engine stands in for the library's, at its door, `create`; the service speaks to the
real SDK.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, override

import pvporcupine

from .hardware import MARKS

FILES = Path(pvporcupine.__file__).parent / "resources" / "keyword_files"
FIT = FILES / "linux" / "alexa_linux.ppn"
UNFIT = FILES / "windows" / "alexa_windows.ppn"


class Engine:
    """Hears the same marks as MarkSpotter, in the order of its files."""

    def __init__(self, words: int) -> None:
        """Know so many words."""
        self.deleted = False
        self.failure: Exception | None = None
        self._words = list(MARKS.values())[:words]

    def process(self, frame: Sequence[int]) -> int:
        """Return which word was heard, or -1."""
        assert len(frame) == 512
        if self.failure is not None:
            raise self.failure
        return next((i for i, mark in enumerate(self._words) if mark in frame), -1)

    def delete(self) -> None:
        """Be of no more use."""
        self.deleted = True


class Trainer:
    """The service that makes keyword files."""

    def __init__(self) -> None:
        """Make a fit file of every phrase."""
        self.status = 200
        self.answer = FIT.read_bytes()
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        """Key, path and body of each request."""
        self.released = threading.Event()
        """Answers wait for it."""
        self.released.set()

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve; gives the address for the SDK."""
        trainer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                trainer.asked.append(
                    (self.headers["x-api-key"], self.path, json.loads(body))
                )
                trainer.released.wait(20)
                self.send_response(trainer.status)
                self.send_header("Content-Length", str(len(trainer.answer)))
                self.end_headers()
                self.wfile.write(trainer.answer)

            @override
            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}/"
            finally:
                self.released.set()
                server.shutdown()
                thread.join()
