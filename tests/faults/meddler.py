"""Somebody between us and a service, who changes what it answers."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Final, Self

import aiohttp
from aiohttp import web
from hypothesis import strategies as st

type Change = Callable[[bytes], bytes]
"""What is done to an answer's body."""

_VALUE: Final = re.compile(rb'":\s*("(?:[^"\\]|\\.)*"|-?[\d.]+|true|false|null|\[|\{)')
_STRANGE: Final[tuple[object, ...]] = (
    None,
    True,
    -1,
    0,
    10**30,
    1e308,
    "",
    "x",
    "\u202e\ufffd\x00",
    "y" * 70_000,
    [],
    {},
    [None],
    {"type": "error"},
)


class Meddler:
    """A proxy on loopback; `changes` are what it does to every body from now on."""

    def __init__(self, upstream: str) -> None:
        """Stand before the service at `upstream`."""
        self.changes: Sequence[Change] = ()
        self.url = ""
        self._upstream = upstream
        application = web.Application(client_max_size=64 * 1024**2)
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        self._runner = web.AppRunner(
            application, handler_cancellation=True, shutdown_timeout=0.1
        )

    async def __aenter__(self) -> Self:
        """Listen."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._session = aiohttp.ClientSession(auto_decompress=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Be gone."""
        await self._session.close()
        await self._runner.cleanup()

    async def _pass_on(self, request: web.Request) -> web.Response:
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in {"host", "content-length", "transfer-encoding"}
        }
        async with self._session.request(
            request.method,
            self._upstream + request.path_qs,
            data=await request.read(),
            headers=headers,
        ) as answer:
            body = await answer.read()
            status, content_type = answer.status, answer.headers.get("Content-Type")
        for change in self.changes:
            body = change(body)
        return web.Response(
            body=body, status=status, headers={"Content-Type": content_type or "*/*"}
        )


def _slice(begin: float, length: float, make: Callable[[bytes], bytes]) -> Change:
    def change(body: bytes) -> bytes:
        start = int(begin * len(body))
        end = start + int(length * (len(body) - start)) + 1
        return body[:start] + make(body[start:end]) + body[end:]

    return change


def _replaced(which: int, value: object) -> Change:
    def change(body: bytes) -> bytes:
        found = list(_VALUE.finditer(body))
        if not found:
            return body
        start, end = found[which % len(found)].span(1)
        return body[:start] + json.dumps(value).encode() + body[end:]

    return change


def _shuffled(which: int, to: int) -> Change:
    """A line, or an event of a stream, comes at another time."""

    def change(body: bytes) -> bytes:
        blocks = body.split(b"\n\n")
        block = blocks.pop(which % len(blocks))
        blocks.insert(to % (len(blocks) + 1), block)
        return b"\n\n".join(blocks)

    return change


_PART: Final = st.floats(0, 1, exclude_max=True)
_BYTES: Final = st.one_of(
    st.binary(max_size=64), st.sampled_from((b"\n\n", b"data: [DONE]\n\n", b"\xff\xfb"))
)

CHANGES: Final = st.lists(
    st.one_of(
        st.builds(_slice, _PART, _PART, st.just(lambda _: b"")),
        st.builds(_slice, _PART, _PART, st.just(lambda piece: piece * 3)),
        st.builds(_slice, _PART, st.just(0.0), _BYTES.map(lambda it: lambda _: it)),
        st.builds(_replaced, st.integers(0, 400), st.sampled_from(_STRANGE)),
        st.builds(_shuffled, st.integers(0, 50), st.integers(0, 50)),
        st.just(lambda _: b""),
    ),
    min_size=1,
    max_size=4,
)
"""Whole answers, changed: cut, doubled, shuffled, with values nobody expects."""
