"""A real Home Assistant, as a process, with a configuration of its own."""

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import aiohttp

from .client import Client
from .processes import OwnedProcess, ProcessFailure, free_port

ROOT: Final = Path(__file__).resolve().parents[2]
LIVE: Final = ROOT / ".local" / "live"
"""The virtual environment scripts/setup makes, with Home Assistant 2026.11."""

USER: Final = "house"

_START_SECONDS: Final = 240.0
_STOP_SECONDS: Final = 60.0

_OPEN: Final = """\
  auth_providers:
    - type: trusted_networks
      trusted_networks: [127.0.0.1/32]
      allow_bypass_login: true
    - type: homeassistant
"""
_CONFIGURATION: Final = """\
homeassistant:
  name: House
  internal_url: {url}
  time_zone: UTC
  country: US
{providers}config:
frontend:
media_source:
logger:
  default: warning
  logs:
    custom_components.reply_satellite: {level}
automation: !include automations.yaml
template:
  - light:
      - name: Kitchen light
        unique_id: kitchen_light
        turn_on: []
        turn_off: []
"""


class HomeAssistant:
    """Home Assistant in a folder; it can be started, stopped and killed repeatedly."""

    def __init__(
        self,
        folder: Path,
        environment: dict[str, str],
        *,
        port: int = 0,
        log_level: str = "info",
        login_needed: bool = True,
    ) -> None:
        """Write the configuration into `folder`, which may have been used before.

        Args:
            folder: Its configuration directory.
            environment: Over our own, as from `SoundCard.environment`.
            port: Where it listens, on 127.0.0.1 only; 0 means a free one.
            log_level: For the integration's own log.
            login_needed: Without, a browser on this machine is let in at once.
        """
        self.folder: Final = folder
        self.port: Final = port or free_port()
        self.url: Final = f"http://127.0.0.1:{self.port}"
        self.log: Final = folder / "process.log"
        self._environment = {
            **environment,
            "PATH": f"{LIVE / 'bin'}:{os.environ['PATH']}",
            "VIRTUAL_ENV": str(LIVE),
        }
        self._process: OwnedProcess | None = None
        self._token_file = folder / "house_token"
        folder.mkdir(parents=True, exist_ok=True)
        yaml = _CONFIGURATION.format(
            url=self.url, providers="" if login_needed else _OPEN, level=log_level
        )
        (folder / "configuration.yaml").write_text(yaml, encoding="utf-8")
        (folder / "automations.yaml").touch()
        integrations = folder / "custom_components"
        if not integrations.is_symlink():
            integrations.symlink_to(ROOT / "custom_components")
        self._store("http", 3, _http_settings(self.port))
        if self._token is None:
            # What is left is the first user; the other steps would fetch things.
            steps = ["analytics", "core_config", "integration"]
            self._store("onboarding", 4, {"done": steps})

    @property
    def pid(self) -> int:
        """The process id, while it runs."""
        if self._process is None:
            raise ProcessFailure("Home Assistant does not run")
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs or never ran."""
        return None if self._process is None else self._process.exit_status

    @property
    def token(self) -> str:
        """A long-lived token of the first user. Raises ProcessFailure."""
        if self._token is None:
            raise ProcessFailure("Home Assistant was not started yet")
        return self._token

    async def start(self) -> None:
        """Start it, and return when it is set up wholly. Raises ProcessFailure."""
        command = [str(LIVE / "bin" / "hass"), "--config", str(self.folder)]
        self._process = OwnedProcess(command, self._environment, self.log)
        async with asyncio.timeout(_START_SECONDS), aiohttp.ClientSession() as session:
            while not await self._answers(session):
                self._process.check()
                await asyncio.sleep(0.1)
            if self._token is None:
                token = await Client.onboard(session, self.url, USER)
                self._token_file.write_text(token, encoding="utf-8")
        async with asyncio.timeout(_START_SECONDS), self.client() as client:
            while (await client.get("/api/config"))["state"] != "RUNNING":
                self._process.check()
                await asyncio.sleep(0.1)

    def client(self) -> Client:
        """A new client, to be used as a context manager, of the first user."""
        if (token := self._token) is None:
            raise ProcessFailure("Home Assistant was not started yet")
        return Client(self.url, token)

    def stop(self) -> None:
        """Stop it as a service manager would."""
        if self._process is not None:
            self._process.stop(_STOP_SECONDS)
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    async def __aenter__(self) -> Self:
        """Start it."""
        try:
            await self.start()
        except BaseException:
            self.kill()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        # Off the loop: what Home Assistant still talks to may be served by it.
        await asyncio.to_thread(self.stop)

    @property
    def _token(self) -> str | None:
        """The first user's, once there is one."""
        if not self._token_file.exists():
            return None
        return self._token_file.read_text(encoding="utf-8")

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        """Whether requests are answered; before the first user, those of onboarding."""
        try:
            async with session.get(f"{self.url}/api/onboarding") as response:
                return response.ok or self._token is not None
        except aiohttp.ClientConnectionError:
            return False

    def _store(self, key: str, version: int, data: dict[str, Any]) -> None:
        """Write what Home Assistant would have stored itself."""
        storage = self.folder / ".storage"
        storage.mkdir(exist_ok=True)
        stored = {"version": version, "minor_version": 1, "key": key, "data": data}
        (storage / key).write_text(json.dumps(stored), encoding="utf-8")


def _http_settings(port: int) -> dict[str, Any]:
    """Return settings as confirmed: those from YAML would be on trial for 5 minutes."""
    stable = {
        "server_host": ["127.0.0.1"],
        "server_port": port,
        "cors_allowed_origins": ["https://cast.home-assistant.io"],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": True,
        "ssl_profile": "intermediate_v6",
        "use_x_frame_options": True,
        "created_at": datetime.now(UTC).isoformat(),
        "error": None,
        "error_message": None,
    }
    return {"stable": stable, "pending": None, "yaml_migration_done": True}
