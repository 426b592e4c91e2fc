"""Telling the stand-ins, in their own process, how late to be and what to say."""

from dataclasses import dataclass
from typing import Any

import aiohttp


@dataclass(frozen=True, slots=True)
class Script:
    """The control end of one stand-in."""

    session: aiohttp.ClientSession
    root: str

    async def play(self, *rules: dict[str, Any]) -> None:
        """Play these rules instead of those before."""
        async with self.session.delete(f"{self.root}/_script"):
            pass
        data = {"rules": list(rules)}
        async with self.session.post(f"{self.root}/_script", json=data) as answer:
            answer.raise_for_status()

    async def forget(self) -> None:
        """Forget the requests so far."""
        async with self.session.delete(f"{self.root}/_requests"):
            pass

    async def requests(self, path: str) -> list[dict[str, Any]]:
        """The requests to a path since then."""
        async with self.session.get(f"{self.root}/_requests") as answer:
            told = (await answer.json())["requests"]
        return [request for request in told if path in request["path"]]
