"""Answers of bounded size, whatever a service sends."""

from collections.abc import AsyncIterator
from typing import Final, override

import httpx

_LARGEST_ANSWER: Final = 8 * 1024 * 1024
"""Bytes; a transcript of ten minutes has about 200 kB. An answer without an end
must not fill the memory."""


async def bound(response: httpx.Response) -> None:
    """Bound the size of an answer before its body is read: a hook for httpx.

    Reading a larger one raises ValueError.
    """
    if isinstance(response.stream, httpx.AsyncByteStream):
        response.stream = _Bounded(response.stream)


class _Bounded(httpx.AsyncByteStream):
    """An answer's body that gives up when it is too large to be an answer."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        """Wrap the body."""
        self._stream = stream

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Pass the body on. Raises ValueError when it is too large."""
        size = 0
        async for piece in self._stream:
            size += len(piece)
            if size > _LARGEST_ANSWER:
                raise ValueError("the answer has no end")
            yield piece

    @override
    async def aclose(self) -> None:
        """Close the body."""
        await self._stream.aclose()
