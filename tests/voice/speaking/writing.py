"""Texts as a model writes them."""

import asyncio
from collections.abc import AsyncGenerator


async def written(*pieces: str | float) -> AsyncGenerator[str]:
    """A text as a model writes it: pieces, and pauses in seconds."""
    for piece in pieces:
        if isinstance(piece, str):
            yield piece
        else:
            await asyncio.sleep(piece)
