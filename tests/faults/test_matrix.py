"""Every row of the fault matrix, played on a satellite in Home Assistant."""

import socket
from collections.abc import Mapping
from typing import Any

import pytest

from custom_components.reply_satellite.voice.errors import WrongKeyError
from custom_components.reply_satellite.voice.turn import Outcome, Turn
from tests.residence import MakeResidence, Residence
from tests.standins.assemblyai import AssemblyAIStandin
from tests.standins.elevenlabs import ElevenLabsStandin
from tests.standins.openai import OpenAIStandin
from tests.standins.server import Standin
from tests.test_failures import issues, reauths

from .case import HEARD, Case
from .invariants import listens
from .matrix import MATRIX
from .services import ASSEMBLYAI, ELEVENLABS, NOWHERE, OPENAI


@pytest.fixture(autouse=True)
def resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    """The DNS, which knows nothing of the one name that is asked for."""
    resolve = socket.getaddrinfo

    def resolve_here(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host in {NOWHERE, NOWHERE.encode()}:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_here)


async def shows(residence: Residence, case: Case) -> None:
    """Check what the user sees of a turn that is not answered."""
    assert residence.told.count("turn_failed") == 1
    failed = residence.events[residence.told.index("turn_failed")].data
    assert failed["failure"] == case.failure
    asked = {case.asks} - {"", WrongKeyError.key}
    await residence.until(lambda: "turn_failed" in issues(residence.hass))
    assert issues(residence.hass) == {"turn_failed"} | asked
    assert len(reauths(residence.hass)) == (case.asks == WrongKeyError.key)


def keeps(residence: Residence, case: Case, turn: Turn) -> None:
    """Check what is kept for another try."""
    if turn.recorded:
        assert residence.satellite.spool.has_recording(turn.id)
    if "transcript" in case.kept:
        assert turn.transcript == HEARD
    if "reply" in case.kept:
        assert turn.reply


async def recovers(residence: Residence, turn_id: str) -> None:
    """Check that another try answers, and that nothing is left to be done."""
    for service in (residence.openai, residence.assemblyai, residence.elevenlabs):
        service.clear_script()
    for path in ("/v1/transcribe*", "/v2/*"):
        residence.assemblyai.script(path, reply={"transcript": HEARD})
    answer = await residence.call("retry", answers=True, turn_id=turn_id)
    assert answer["spoken"]
    turn = residence.satellite.memory.turn(turn_id)
    assert turn is not None
    assert turn.transcript == HEARD
    await residence.until(lambda: not residence.satellite.spool.turns())
    await residence.until(lambda: not issues(residence.hass))


@pytest.fixture
def services(
    openai_standin: OpenAIStandin,
    assemblyai_standin: AssemblyAIStandin,
    elevenlabs_standin: ElevenLabsStandin,
) -> dict[str, Standin]:
    """The services by the names they have in the table."""
    return {
        OPENAI: openai_standin,
        ASSEMBLYAI: assemblyai_standin,
        ELEVENLABS: elevenlabs_standin,
    }


@pytest.mark.faults
@pytest.mark.usefixtures("in_a_hurry")
@pytest.mark.parametrize("case", MATRIX, ids=str)
async def test_fault(
    make_residence: MakeResidence,
    services: Mapping[str, Standin],
    case: Case,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as shortened:
        for name, value in case.clocks.items():
            shortened.setattr(name, value)
        service = services.get(case.where)
        port = 0 if service is None else service.port
        accounts = {name: it.format(port=port) for name, it in case.accounts.items()}
        residence = await make_residence(case.choices, **accounts)
        residence.player.manners.plays = 0.05
        if service is not None:
            service.requests.clear()
        async with case.play(residence):
            await case.turn(residence)
            if case.outcome is None:
                return
            turn = residence.satellite.turn
            assert turn is not None
            assert (turn.outcome, turn.failure) == (case.outcome, case.failure)
            if case.is_unanswered:
                await shows(residence, case)
                keeps(residence, case, turn)
            if service is not None:
                assert len(service.requests) <= case.most
    await listens(residence)
    if case.is_unanswered:
        await recovers(residence, turn.id)
    elif case.outcome is Outcome.SPOKEN:
        await residence.until(lambda: not residence.satellite.spool.turns())
