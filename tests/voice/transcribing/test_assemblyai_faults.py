"""Everything that can go wrong with AssemblyAI, and what it is called here."""

import asyncio
import gc
import logging
import socket
from pathlib import Path

import pytest

from custom_components.reply_satellite.voice.errors import (
    BrokenAnswerError,
    BusyError,
    NoFundsError,
    RefusedError,
    TooSlowError,
    UnreachableError,
    VoiceError,
    WrongKeyError,
)
from custom_components.reply_satellite.voice.transcribing.assemblyai import (
    AssemblyAITranscriber,
)
from tests.standins.assemblyai import AssemblyAIStandin
from tests.standins.script import Fault, FaultKind

from .conftest import MakeTranscriber
from .requests import LIVE, finish

pytestmark = pytest.mark.usefixtures("what_time_is_it")


STATUSES: list[tuple[str, type[VoiceError]]] = [
    ("bad_request", RefusedError),
    ("bad_audio", RefusedError),
    ("audio_too_long", RefusedError),
    ("unauthorized", WrongKeyError),
    ("insufficient_funds", NoFundsError),
    ("forbidden", RefusedError),
    ("not_found", RefusedError),
    ("upload_timeout", TooSlowError),
    ("audio_too_large", RefusedError),
    ("unsupported_media_type", RefusedError),
    ("too_many_requests", BusyError),
    ("server_error", UnreachableError),
    ("capacity_exceeded", BusyError),
    ("inference_timeout", TooSlowError),
]
FAULTS: list[tuple[Fault, type[VoiceError]]] = [
    (Fault(kind=FaultKind.STALL), TooSlowError),
    (Fault(kind=FaultKind.STALL, after=1), TooSlowError),
    (Fault(kind=FaultKind.CUT), UnreachableError),
    (Fault(kind=FaultKind.CUT, after=1), UnreachableError),
    (Fault(kind=FaultKind.GARBAGE), BrokenAnswerError),
    (Fault(kind=FaultKind.EMPTY), BrokenAnswerError),
    (Fault(kind=FaultKind.ENDLESS), TooSlowError),
    (Fault(kind=FaultKind.STATUS, status=402, body={}), NoFundsError),
    (Fault(kind=FaultKind.STATUS, status=302, body={}), BrokenAnswerError),
    (Fault(kind=FaultKind.STATUS, status=502, body="<html>"), UnreachableError),
]


@pytest.mark.faults
@pytest.mark.parametrize(("name", "expected"), STATUSES, ids=[n for n, _ in STATUSES])
async def test_refusals(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
    name: str,
    expected: type[VoiceError],
) -> None:
    assemblyai_standin.script(fault=assemblyai_standin.error(name))
    with pytest.raises(expected):
        await finish(await make_transcriber())
    whole = await make_transcriber(live=False)
    with pytest.raises(expected):
        await whole.transcribe(recording)
    with pytest.raises(expected) as raised:
        await whole.check()
    assert raised.value.service == "assemblyai"


@pytest.mark.faults
@pytest.mark.parametrize(
    ("fault", "expected"),
    FAULTS,
    ids=[f"{f.kind}-{f.after}-{f.status}" for f, _ in FAULTS],
)
async def test_faults(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
    fault: Fault,
    expected: type[VoiceError],
) -> None:
    assemblyai_standin.script(fault=fault)
    live = await make_transcriber(patience=0.3)
    with pytest.raises(expected):
        await finish(live)
    whole = await make_transcriber(live=False, patience=0.3)
    with pytest.raises(expected):
        await whole.transcribe(recording)
    with pytest.raises(expected):
        await whole.check()


@pytest.mark.faults
async def test_an_answer_without_measure_is_not_read_to_its_end(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    huge = {
        "text": "x" * 9 * 1024**2,
        "confidence": 1.0,
        "audio_duration_ms": 1_000,
        "session_id": "",
    }
    assemblyai_standin.script(
        LIVE, fault=Fault(kind=FaultKind.STATUS, status=200, body=huge)
    )
    with pytest.raises(BrokenAnswerError):
        await finish(transcriber)


@pytest.mark.faults
@pytest.mark.parametrize(
    ("headers", "retry_after"),
    [({"Retry_After": "7"}, 7), ({}, None), ({"Retry_After": "soon"}, None)],
)
async def test_the_service_says_how_long_to_wait(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    headers: dict[str, str],
    retry_after: float | None,
) -> None:
    busy = assemblyai_standin.error("too_many_requests", **headers)
    assemblyai_standin.script(fault=busy)
    with pytest.raises(BusyError) as raised:
        await finish(transcriber)
    assert raised.value.retry_after == retry_after
    assert raised.value.passing


@pytest.mark.faults
async def test_no_connection(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    recording: Path,
) -> None:
    async with assemblyai_standin.refusing():
        await transcriber.warm()
        with pytest.raises(UnreachableError):
            await transcriber.check()
        with pytest.raises(UnreachableError):
            await finish(transcriber)
        with pytest.raises(UnreachableError):
            await transcriber.transcribe(recording)
    await transcriber.check()


@pytest.mark.faults
async def test_no_such_host(
    make_transcriber: MakeTranscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find_no_host(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", find_no_host)
    transcriber = await make_transcriber(
        api_url="http://service.invalid", sync_url="http://service.invalid"
    )
    with pytest.raises(UnreachableError):
        await transcriber.check()
    with pytest.raises(UnreachableError):
        await finish(transcriber)


@pytest.mark.faults
async def test_no_tls(
    assemblyai_standin: AssemblyAIStandin, make_transcriber: MakeTranscriber
) -> None:
    url = assemblyai_standin.url.replace("http:", "https:")
    transcriber = await make_transcriber(api_url=url, sync_url=url)
    with pytest.raises(UnreachableError):
        await transcriber.check()


@pytest.mark.faults
async def test_an_answer_packed_wrongly(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    packed = Fault(
        kind=FaultKind.STATUS,
        status=200,
        body="not gzip",
        headers={"Content-Encoding": "gzip"},
    )
    assemblyai_standin.script(LIVE, fault=packed)
    detail = ""
    try:
        await finish(transcriber)
    except BrokenAnswerError as error:
        detail = error.detail
    # What the HTTP client had begun to read is closed when the error is gone.
    gc.collect()
    await asyncio.sleep(0)
    assert detail.startswith("DecodingError")


@pytest.mark.faults
async def test_neither_key_nor_words_are_logged(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    key = "marked-key"
    assemblyai_standin.key = key
    secret = {"text": ["a secret"], "words": "a secret"}
    assemblyai_standin.script(
        fault=Fault(kind=FaultKind.STATUS, status=200, body=secret)
    )
    transcriber = await make_transcriber(key=key)
    for work in (transcriber.transcribe(recording), finish(transcriber)):
        with pytest.raises(BrokenAnswerError) as raised:
            await work
        assert "secret" not in str(raised.value)
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__
    assert key not in caplog.text
    assert "secret" not in caplog.text
