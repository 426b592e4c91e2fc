"""What a stand-in is told to do with a request: how late, how wrong, what to answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Self

type Json = Any  # whatever a JSON text can hold


class FaultKind(StrEnum):
    """The ways in which a response can go wrong."""

    STATUS = "status"  # an HTTP error, with body and headers
    STALL = "stall"  # nothing more comes, and the connection stays open
    CUT = "cut"  # the connection is reset
    GARBAGE = "garbage"  # the body is not what its content type says
    EMPTY = "empty"  # 200 with no byte in it
    ENDLESS = "endless"  # the body never ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault and where it strikes.

    `after` counts the pieces that go out unharmed first: tokens of a streamed answer,
    chunks of audio, halves of a JSON body. 0 is before the first byte.
    """

    kind: FaultKind
    after: int = 0
    seconds: float | None = None  # of a stall or endless body; None: till hang-up
    status: int = 500
    body: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)
    before_upload: bool = False  # the status is sent without reading the request


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Seconds that the service takes, whatever the stand-in's own work takes.

    `first_byte` passes before the response's headers, `first` before the first token,
    chunk of audio or transcript, `each` between the following ones.
    """

    first_byte: float = 0.0
    first: float = 0.0
    each: float = 0.0


@dataclass(slots=True, kw_only=True)
class Rule:
    """What happens to the requests that match, from the `skip`-th on, `times` times."""

    method: str = "*"
    path: str = "*"
    skip: int = 0
    times: int | None = None
    latency: Latency | None = None
    fault: Fault | None = None
    reply: Mapping[str, Any] | None = None
    seen: int = 0

    def takes(self, method: str, path: str) -> bool:
        """Count a request that matches; whether this rule is for it."""
        if self.method not in {"*", method} or not fnmatchcase(path, self.path):
            return False
        self.seen += 1
        number = self.seen - self.skip
        return number > 0 and (self.times is None or number <= self.times)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """A rule as the control endpoint takes it.

        Raises:
            TypeError: a name that rules, faults or latencies don't have.
            ValueError: a fault kind that there is not.
        """
        values = dict(data)
        if (latency := values.get("latency")) is not None:
            values["latency"] = Latency(**latency)
        if (fault := values.get("fault")) is not None:
            values["fault"] = Fault(**fault | {"kind": FaultKind(fault["kind"])})
        if unknown := values.keys() - {item.name for item in fields(cls)}:
            raise TypeError(f"a rule has no {', '.join(sorted(unknown))}")
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Play:
    """What all rules together say about one request."""

    latency: Latency = field(default_factory=Latency)
    fault: Fault | None = None
    reply: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Script:
    """The rules of a stand-in; where two speak of one thing the younger counts."""

    rules: list[Rule] = field(default_factory=list)

    def play(self, method: str, path: str) -> Play:
        """Count a request and say what happens to it."""
        latency, fault = Latency(), None
        reply: dict[str, Any] = {}
        for rule in self.rules:
            if rule.takes(method, path):
                latency = rule.latency or latency
                fault = rule.fault or fault
                reply |= rule.reply or {}
        return Play(latency, fault, reply)
