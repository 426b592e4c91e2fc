"""The three services: stand-ins as a process of their own, or the real ones."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import aiohttp

ROOT: Final = Path(__file__).resolve().parents[2]
KEYS: Final = {
    "openai": "OPENAI_API_KEY",
    "assemblyai": "ASSEMBLYAI_API_KEY",
    "elevenlabs": "ELEVENLABS_API_KEY",
}
"""Where the keys of the real services are looked for in the environment."""


@dataclass(frozen=True, slots=True)
class Account:
    """A key, and the server that takes it; None is the real service's own."""

    key: str
    url: str | None


class Services:
    """An account at each service: the real one where the environment has its key."""

    def __init__(self, *, may_be_real: bool) -> None:
        """Use the real services only if they may be."""
        self._may_be_real = may_be_real
        self._process: subprocess.Popen[str] | None = None
        self.accounts: dict[str, Account] = {}
        self.standins: dict[str, Any] = {}
        """What the stand-ins said of themselves when they were ready."""

    @property
    def environment(self) -> dict[str, str]:
        """What points others at the stand-ins, who have no setting for it."""
        variables = {"openai": "OPENAI_BASE_URL", "elevenlabs": "ELEVENLABS_BASE_URL"}
        return {
            variables[name]: account.url
            for name, account in self.accounts.items()
            if name in variables and account.url is not None
        }

    def __enter__(self) -> Self:
        """Start the stand-ins; returns when they are ready."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.standins", "--print-json", "--until-eof"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Ctrl-C is for us: they end when their input does.
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self.standins = json.loads(self._process.stdout.readline())
        for name, variable in KEYS.items():
            key = os.environ.get(variable) if self._may_be_real else None
            standin = self.standins[name]
            self.accounts[name] = (
                Account(key, None)
                if key
                else Account(standin["key"], standin["base_url"])
            )
        return self

    async def script(self, service: str, *rules: dict[str, Any]) -> None:
        """Tell a stand-in what to do from now on; without rules: the usual again."""
        root = str(self.standins[service]["base_url"]).removesuffix("/v1")
        async with aiohttp.ClientSession(f"{root}/", raise_for_status=True) as session:
            await session.delete("_script")
            await session.post("_script", json={"rules": rules})

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the stand-ins."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
