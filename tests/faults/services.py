"""The faults of the three services."""

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

from custom_components.reply_satellite import const
from custom_components.reply_satellite.voice.turn import Outcome
from tests.residence import Residence
from tests.standins.assemblyai import ERRORS as ASSEMBLYAI_ERRORS
from tests.standins.elevenlabs_account import ERRORS as ELEVENLABS_ERRORS
from tests.standins.openai_errors import ERRORS as OPENAI_ERRORS
from tests.standins.script import Fault, FaultKind

from .case import Case, Play, standin

NOWHERE: Final = "nowhere.invalid"

OPENAI: Final = "OpenAI"
ASSEMBLYAI: Final = "AssemblyAI"
ELEVENLABS: Final = "ElevenLabs"

_PATHS: Final = {
    OPENAI: "/v1/responses",
    ASSEMBLYAI: "*",
    ELEVENLABS: "/v1/text-to-speech/*",
}
_ERRORS: Final = {
    OPENAI: OPENAI_ERRORS,
    ASSEMBLYAI: ASSEMBLYAI_ERRORS,
    ELEVENLABS: ELEVENLABS_ERRORS,
}
_OUTCOMES: Final = {
    OPENAI: Outcome.FAILED,
    ASSEMBLYAI: Outcome.FAILED,
    ELEVENLABS: Outcome.UNSPOKEN,
}
_VOICE: Final = "custom_components.reply_satellite.voice"
IMPATIENT: Final[Mapping[str, Mapping[str, Any]]] = {
    OPENAI: {f"{_VOICE}.thinking.openai_run.STALL": 0.5},
    ASSEMBLYAI: {
        f"{_VOICE}.transcribing.assemblyai.AssemblyAITranscriber.__init__"
        ".__kwdefaults__": {
            "region": "us",
            "api_url": None,
            "sync_url": None,
            "language": None,
            "live": True,
            "patience": 0.7,
        }
    },
    ELEVENLABS: {
        f"{_VOICE}.speaking.elevenlabs.FIRST_BYTE_WITHIN": 1.0,
        f"{_VOICE}.speaking.elevenlabs.NEXT_BYTE_WITHIN": 0.5,
    },
}
IMPATIENT_CHOICES: Final = {const.CONF_FIRST_TOKEN_WITHIN: 1.0}


def _scripted(where: str, fault: Fault) -> Play:
    """The service answers like that."""

    @asynccontextmanager
    async def play(residence: Residence) -> AsyncGenerator[None]:
        service = standin(residence, where)
        assert service is not None
        service.script(_PATHS[where], fault=fault)
        yield

    return play


def _refusing(where: str) -> Play:
    """Nobody listens at the service's port."""

    @asynccontextmanager
    async def play(residence: Residence) -> AsyncGenerator[None]:
        service = standin(residence, where)
        assert service is not None
        async with service.refusing():
            yield

    return play


@asynccontextmanager
async def _at_another_address(residence: Residence) -> AsyncGenerator[None]:
    """The account's address is wrong; the user corrects it after the turn."""
    yield
    right = {
        const.CONF_ASSEMBLYAI_URL: residence.assemblyai.url,
        const.CONF_ELEVENLABS_URL: residence.elevenlabs.url,
    }
    if any(residence.entry.data[name] != url for name, url in right.items()):
        hass, entry = residence.hass, residence.entry
        hass.config_entries.async_update_entry(entry, data={**entry.data, **right})
        await hass.async_block_till_done()


def _openai_moved_to(scheme: str, host: str) -> Play:
    """Without OpenAI there is no set-up: its address changes after it."""

    @asynccontextmanager
    async def play(residence: Residence) -> AsyncGenerator[None]:
        client = residence.satellite.parts.assistant._wire._client  # type: ignore[attr-defined]
        right = client.base_url
        port = residence.openai.port
        client.base_url = f"{scheme}://{host}:{port}/v1"
        yield
        client.base_url = right

    return play


def _connecting() -> Iterator[Case]:
    """Faults before there is a connection."""
    for where, outcome in _OUTCOMES.items():
        failed: dict[str, Any] = {
            "where": where,
            "outcome": outcome,
            "failure": f"{where.lower()}.unreachable",
            "most": 0,
        }
        refused = "connection refused"
        yield Case(fault=refused, play=_refusing(where), **failed)
        for fault, scheme, host in (
            ("name not in the DNS", "http", NOWHERE),
            ("no TLS where it is expected", "https", "127.0.0.1"),
        ):
            if where == OPENAI:
                play = _openai_moved_to(scheme, host)
                yield Case(fault=fault, play=play, **failed)
            else:
                address = {f"{where.lower()}_url": f"{scheme}://{host}:{{port}}"}
                yield Case(
                    fault=fault, play=_at_another_address, accounts=address, **failed
                )


_STATUSES: Final = (
    # fault, OpenAI's, AssemblyAI's and ElevenLabs' name for it
    ("400", "bad_request", "bad_request", "unsupported_model"),
    ("401", "invalid_api_key", "unauthorized", "invalid_api_key"),
    ("403", "permission_denied", "forbidden", "forbidden"),
    ("404", "not_found", "not_found", "not_found"),
    (
        "429",
        "rate_limit_exceeded",
        "too_many_requests",
        "too_many_concurrent_requests",
    ),
    ("500", "server_error", "server_error", "server_error"),
    ("503", "overloaded", "capacity_exceeded", "unavailable"),
    ("no credit left", "insufficient_quota", "insufficient_funds", "quota_exceeded"),
)

_MEANINGS: Final = {
    (OPENAI, "400"): "refused",
    (OPENAI, "401"): "wrong_key",
    (OPENAI, "403"): "wrong_key",
    (OPENAI, "404"): "refused",
    (OPENAI, "429"): "busy",
    (OPENAI, "500"): "unreachable",
    (OPENAI, "503"): "busy",
    (OPENAI, "no credit left"): "no_funds",
    (ASSEMBLYAI, "400"): "refused",
    (ASSEMBLYAI, "401"): "wrong_key",
    (ASSEMBLYAI, "403"): "refused",
    (ASSEMBLYAI, "404"): "refused",
    (ASSEMBLYAI, "429"): "busy",
    (ASSEMBLYAI, "500"): "unreachable",
    (ASSEMBLYAI, "503"): "busy",
    (ASSEMBLYAI, "no credit left"): "no_funds",
    (ELEVENLABS, "400"): "refused",
    (ELEVENLABS, "401"): "wrong_key",
    (ELEVENLABS, "403"): "refused",
    (ELEVENLABS, "404"): "unknown_name",
    (ELEVENLABS, "429"): "busy",
    (ELEVENLABS, "500"): "unreachable",
    (ELEVENLABS, "503"): "unreachable",
    (ELEVENLABS, "no credit left"): "no_funds",
}

_ASKED_FOR: Final = ("wrong_key", "no_funds", "unknown_name")

_MOST: Final = {OPENAI: 10, ASSEMBLYAI: 8, ELEVENLABS: 7}
"""Requests in a failed turn, one of them to open the connection: OpenAI is asked six
times while it is busy, AssemblyAI by three ways, ElevenLabs three times for each of two
passages."""


def _refusals() -> Iterator[Case]:
    """HTTP statuses, with what the service says in its body."""
    for fault, *names in _STATUSES:
        for where, name in zip((OPENAI, ASSEMBLYAI, ELEVENLABS), names, strict=True):
            status, body = _ERRORS[where][name]
            answer = Fault(kind=FaultKind.STATUS, status=status, body=body)
            key = _MEANINGS[where, fault]
            case = Case(
                where=where,
                fault=f"answers {fault}" if fault.isdecimal() else fault,
                play=_scripted(where, answer),
                outcome=_OUTCOMES[where],
                failure=f"{where.lower()}.{key}",
                asks=key if key in _ASKED_FOR else "",
                most=_MOST[where],
            )
            yield case
            if fault == "429":
                later = replace(answer, headers={"Retry-After": "60"})
                yield replace(
                    case,
                    fault="answers 429, Retry-After: 60",
                    play=_scripted(where, later),
                    clocks={f"{_VOICE}.transcribing.segment._LONGEST_WAIT": 0.05},
                )


_BREAKS: Final = (
    # fault, kind, pieces before it, and what it is called at the three services
    ("nothing comes", FaultKind.STALL, 0, "too_slow", "too_slow", "too_slow"),
    ("stops in the middle", FaultKind.STALL, 1, "too_slow", "too_slow", "too_slow"),
    (
        "cut before the first byte",
        FaultKind.CUT,
        0,
        "unreachable",
        "unreachable",
        "unreachable",
    ),
    (
        "cut in the middle",
        FaultKind.CUT,
        1,
        "unreachable",
        "unreachable",
        "unreachable",
    ),
    (
        "answers with something else",
        FaultKind.GARBAGE,
        0,
        "broken_answer",
        "broken_answer",
        "broken_answer",
    ),
    (
        "answers with 0 bytes",
        FaultKind.EMPTY,
        0,
        "unreachable",
        "broken_answer",
        "broken_answer",
    ),
    (
        "answers without end",
        FaultKind.ENDLESS,
        0,
        "broken_answer",
        "too_slow",
        "broken_answer",
    ),
)


def _clocks(where: str, kind: FaultKind) -> Mapping[str, Any]:
    """The limits that end such an answer."""
    if kind not in {FaultKind.STALL, FaultKind.ENDLESS}:
        return {}
    if kind is FaultKind.STALL or where == ASSEMBLYAI:
        return IMPATIENT[where]
    if where == ELEVENLABS:
        return {f"{_VOICE}.speaking.elevenlabs.MOST_SECONDS": (1.0, 0.0)}
    return {}


def _breaks() -> Iterator[Case]:
    """Answers that are none, or not whole."""
    for fault, kind, after, *keys in _BREAKS:
        for where, key in zip((OPENAI, ASSEMBLYAI, ELEVENLABS), keys, strict=True):
            yield Case(
                where=where,
                fault=fault,
                play=_scripted(where, Fault(kind=kind, after=after)),
                outcome=_OUTCOMES[where],
                failure=f"{where.lower()}.{key}",
                most=_MOST[where],
                clocks=_clocks(where, kind),
                choices=IMPATIENT_CHOICES if kind is FaultKind.STALL else {},
            )


SERVICES: Final = tuple(
    sorted(
        (*_connecting(), *_refusals(), *_breaks()),
        key=lambda case: tuple(_OUTCOMES).index(case.where),
    )
)
"""Every fault of every service, the services in the order of a turn's figures."""
