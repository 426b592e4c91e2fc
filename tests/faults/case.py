"""One row of the fault matrix: where a fault strikes, and what must come of it."""

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, override

from custom_components import reply_satellite
from custom_components.reply_satellite import failures
from custom_components.reply_satellite.voice.errors import Service, WrongKeyError
from custom_components.reply_satellite.voice.turn import Outcome
from tests.residence import Residence
from tests.standins.server import Standin

type Play = Callable[[Residence], AbstractAsyncContextManager[None]]
"""Has the fault happen for as long as it is entered."""

type TakeTurn = Callable[[Residence], Awaitable[None]]
"""Goes through a turn, as the user does."""

HEARD: Final = "What do you see?"
"""What the user says in every turn."""

RESTARTED: Final = "house.restarted"
"""The failure of a turn that was cut off by an end of the satellite."""


async def dictate(residence: Residence) -> None:
    """Say it, and wait for what comes of it."""
    residence.assemblyai.script("/v2/*", reply={"transcript": HEARD})
    await residence.dictate(HEARD, seconds=0.5)
    await residence.until_idle()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A fault, how it is played, and everything that is checked after it."""

    where: str
    """The service or the part of the house in which it strikes."""
    fault: str
    """What happens there, in words."""
    play: Play
    turn: TakeTurn = dictate
    outcome: Outcome | None
    """How the turn stands in the end; None where nothing of it may be left."""
    failure: str = ""
    """The turn's failure, as `service.key`."""
    asks: str = ""
    """What the user is asked for: `wrong_key`, or the key of an issue."""
    most: int = 0
    """Requests that the turn may cost at the service, all in all."""
    clocks: Mapping[str, Any] = field(default_factory=dict)
    """Limits that are shortened: their names, and what they are meanwhile."""
    choices: Mapping[str, Any] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    """Other accounts than those that work; `{port}` is where the service listens."""

    @override
    def __str__(self) -> str:
        """Name it."""
        return f"{self.where}: {self.fault}"

    @property
    def is_unanswered(self) -> bool:
        """Whether the user may try the turn again."""
        return self.outcome in {Outcome.FAILED, Outcome.UNSPOKEN, Outcome.CANCELLED}

    @property
    def kept(self) -> str:
        """What is kept of the turn, in words."""
        match self.outcome:
            case None:
                return "nothing"
            case Outcome.UNSPOKEN:
                return "recording, transcript, reply"
            case Outcome.FAILED if self.failure.startswith(Service.OPENAI):
                return "recording, transcript"
            case _ if self.is_unanswered:
                return "recording"
        return "the answered turn"

    @property
    def sees(self) -> str:
        """What the user is told, in words."""
        if self.outcome is None:
            return "nothing: it was removed"
        if not self.is_unanswered:
            return "the answer"
        if self.failure == RESTARTED:
            return f"repair “{_title('turn_failed')}”"
        service, key = self.failure.split(".")
        seen = _words(key).format(service=failures.name(Service(service)))
        if self.asks == WrongKeyError.key:
            return f"{seen}; asks for another key"
        return f"{seen}; repair “{_title(self.asks)}”" if self.asks else seen


def standin(residence: Residence, where: str) -> Standin | None:
    """The service in which a fault strikes, if it is one."""
    services = (residence.openai, residence.assemblyai, residence.elevenlabs)
    return next((it for it in services if it.name == where.lower()), None)


_TRANSLATIONS: Final = json.loads(
    (Path(reply_satellite.__path__[0]) / "translations" / "en.json").read_text("utf-8")
)


def _words(key: str) -> str:
    return str(_TRANSLATIONS["exceptions"][key]["message"])


def _title(key: str) -> str:
    title = str(_TRANSLATIONS["issues"][key]["title"])
    return title.format(service="…", satellite="…", detail="…")
