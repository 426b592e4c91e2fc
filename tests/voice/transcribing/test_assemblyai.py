"""AssemblyAI through its own SDK, on a server that speaks its wire format."""

import asyncio
import gc
import logging
import socket
from collections.abc import Awaitable, Callable
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
from custom_components.reply_satellite.voice.hearing.spotter import Keyword
from custom_components.reply_satellite.voice.transcribing.assemblyai import (
    AssemblyAITranscriber,
    Region,
)
from custom_components.reply_satellite.voice.transcribing.dictation import Dictation
from custom_components.reply_satellite.voice.transcribing.transcriber import (
    LiveTranscription,
    Transcript,
)
from custom_components.reply_satellite.voice.transcribing.transcript import (
    ends_with,
    without_keywords,
)
from tests.standins.assemblyai import AssemblyAIStandin
from tests.standins.script import Fault, FaultKind, Latency
from tests.standins.voice import Speaker, Utterance, Voice

type MakeTranscriber = Callable[..., Awaitable[AssemblyAITranscriber]]

SECOND = bytes(32_000)
LIVE, UPLOAD, JOBS = "/v1/transcribe/live", "/v2/upload", "/v2/transcript"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "recording.pcm"
    path.write_bytes(SECOND * 3)
    return path


def _open(
    transcriber: AssemblyAITranscriber, vocabulary: tuple[str, ...] = ()
) -> LiveTranscription:
    live = transcriber.open(vocabulary)
    assert live is not None
    return live


@pytest.fixture(autouse=True)
def _said(
    assemblyai_standin: AssemblyAIStandin, request: pytest.FixtureRequest
) -> None:
    """Spare the recogniser, which takes seconds to start, what is only about HTTP."""
    if "recognised" not in request.node.name:
        assemblyai_standin.script(LIVE, reply={"transcript": "What time is it?"})
        assemblyai_standin.script(JOBS, reply={"transcript": "What time is it?"})


async def _finish(transcriber: AssemblyAITranscriber) -> Transcript:
    live = _open(transcriber)
    for _ in range(10):
        live.write(bytes(3200))
    return await live.finish()


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not done():
            await asyncio.sleep(0.01)


def _paths(standin: AssemblyAIStandin) -> list[str]:
    return [f"{record.method} {record.path}" for record in standin.requests]


# --- it works ---


async def test_speech_is_recognised_while_it_is_spoken(
    assemblyai_standin: AssemblyAIStandin, make_transcriber: MakeTranscriber
) -> None:
    speech = await Voice().speak(
        Utterance(
            "Computer, turn on the lights in the kitchen. Reply.",
            Speaker("slt"),
            output_format="pcm_16000",
        )
    )
    transcriber = await make_transcriber(patience=30.0)
    live = _open(transcriber)
    for begin in range(0, len(speech), 2560):
        live.write(speech[begin : begin + 2560])
        await asyncio.sleep(0)
    transcript = await live.finish()
    assert transcript.text.casefold().startswith("computer, turn on the lights in")
    assert ends_with(transcript, Keyword.REPLY)
    assert 0 < transcript.words[0].start < transcript.words[0].end < 2.0
    assert transcript.words[-1].end <= len(speech) / 32_000


async def test_what_is_sent(
    assemblyai_standin: AssemblyAIStandin, make_transcriber: MakeTranscriber
) -> None:
    transcriber = await make_transcriber(language="en-GB")
    live = _open(transcriber, ("Kitchen lamp", " Kitchen  lamp", "", "x" * 8000))
    live.write(SECOND)
    await live.finish()
    (record,) = assemblyai_standin.requests
    assert record.received_bytes == len(SECOND)
    assert record.body == {
        "sample_rate": 16_000,
        "channels": 1,
        "timestamps": True,
        "language_codes": ["en"],
        "keyterms_prompt": ["Kitchen lamp"],
    }


@pytest.mark.parametrize(
    ("language", "codes"),
    [(None, None), ("nb", ["no"]), ("zh-Hans", ["zh"]), ("sw", None), ("", None)],
)
async def test_languages_the_service_does_not_take_are_left_out(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    language: str | None,
    codes: list[str] | None,
) -> None:
    await _finish(await make_transcriber(language=language))
    assert assemblyai_standin.requests[0].body.get("language_codes") == codes


async def test_more_vocabulary_than_a_request_may_carry(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    live = _open(transcriber, tuple(f"name {number}" for number in range(300)))
    live.write(SECOND)
    await live.finish()
    terms = assemblyai_standin.requests[0].body["keyterms_prompt"]
    assert len(terms) == 100
    assert terms[-1] == "name 99"


async def test_warming_spares_the_upload_a_connection(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    await transcriber.warm()
    await _finish(transcriber)
    warm, upload = assemblyai_standin.requests
    assert warm.path == "/v1/warm"
    assert warm.connection == upload.connection


async def test_the_upload_begins_before_the_speech_is_over(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    live = _open(transcriber)
    live.write(SECOND)
    requests = assemblyai_standin.requests
    await _until(lambda: bool(requests) and requests[0].received_bytes > 16_000)
    assert not live.broken
    assert not requests[0].uploaded
    await live.abort()


async def test_a_recording_goes_in_one_request(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    recording: Path,
) -> None:
    transcript = await transcriber.transcribe(recording)
    assert transcript.text == "What time is it?"
    assert len(transcript.words) == 4
    (record,) = assemblyai_standin.requests
    assert record.received_bytes == 96_000


async def test_a_part_of_a_recording(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    recording: Path,
) -> None:
    await transcriber.transcribe(recording, (), 1.0, 2.5)
    assert assemblyai_standin.requests[0].received_bytes == 48_000


async def test_a_long_recording_goes_by_upload_and_poll(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    tmp_path: Path,
) -> None:
    recording = tmp_path / "long.pcm"
    recording.write_bytes(SECOND * 130)
    assemblyai_standin.script(
        JOBS, reply={"transcript": "A long story."}, latency=Latency(first=0.6)
    )
    transcriber = await make_transcriber(language="de")
    transcript = await transcriber.transcribe(recording, ["Emma"])
    await transcriber.close()
    assert transcript.text == "A long story."
    assert transcript.words[-1].end <= 130.0
    upload, create, *polls, _ = assemblyai_standin.requests
    assert upload.path == UPLOAD
    assert upload.headers["content-length"] == str(130 * 32_000 + 44)
    assert upload.received_bytes == 130 * 32_000 + 44
    assert create.body["language_code"] == "de"
    assert create.body["keyterms_prompt"] == ["Emma"]
    assert create.body["speech_models"] == ["universal-3-5-pro", "universal-2"]
    assert "language_detection" not in create.body
    assert len(polls) >= 2


async def test_whole_recordings_by_choice(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
) -> None:
    assemblyai_standin.script(JOBS, reply={"transcript": "Turn it off."})
    transcriber = await make_transcriber(live=False)
    assert transcriber.open() is None
    assert not transcriber.confirms
    await transcriber.warm()
    transcript = await transcriber.transcribe(recording)
    assert transcript.text == "Turn it off."
    assert _paths(assemblyai_standin)[:2] == [f"POST {UPLOAD}", f"POST {JOBS}"]
    assert assemblyai_standin.requests[1].body["language_detection"] is True


async def test_the_service_keeps_nothing(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
) -> None:
    transcriber = await make_transcriber(live=False)
    await transcriber.transcribe(recording)
    await transcriber.close()
    assert assemblyai_standin.requests[-1].method == "DELETE"
    assert assemblyai_standin.requests[-1].status == 200
    assert assemblyai_standin.requests[-1].path == assemblyai_standin.requests[-2].path
    assert _tasks() == []


@pytest.mark.faults
async def test_what_the_service_keeps_all_the_same_is_told(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assemblyai_standin.script(
        method="DELETE", fault=assemblyai_standin.error("server_error")
    )
    transcriber = await make_transcriber(live=False)
    await transcriber.transcribe(recording)
    await transcriber.close()
    assert "AssemblyAI still has a transcript: assemblyai: HTTP 500" in caplog.text


@pytest.mark.parametrize("live", [True, False])
async def test_nothing_to_hear_is_an_empty_transcript(
    make_transcriber: MakeTranscriber, tmp_path: Path, live: bool
) -> None:
    recording = tmp_path / "short.pcm"
    recording.write_bytes(bytes(1600))
    transcriber = await make_transcriber(live=live)
    assert await transcriber.transcribe(recording) == Transcript("")


async def test_a_live_upload_of_nothing_is_an_empty_transcript(
    transcriber: AssemblyAITranscriber,
) -> None:
    assert await _open(transcriber).finish() == Transcript("")


async def test_silence_is_an_empty_transcript(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
) -> None:
    assemblyai_standin.script(
        JOBS,
        reply={
            "error": "language_detection cannot be performed on files with no spoken "
            "audio."
        },
    )
    transcriber = await make_transcriber(live=False)
    assert await transcriber.transcribe(recording) == Transcript("")


async def test_a_recording_that_is_not_there(
    transcriber: AssemblyAITranscriber, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        await transcriber.transcribe(tmp_path / "none.pcm")


async def test_regions() -> None:
    for region, host in ((Region.US, "api."), (Region.EU, "api.eu.")):
        transcriber = await asyncio.to_thread(
            AssemblyAITranscriber, "key", region=region
        )
        settings = transcriber._client.settings
        assert settings.base_url == f"https://{host}assemblyai.com"
        assert settings.sync_base_url == settings.base_url.replace("api", "sync", 1)
        await transcriber.close()


# --- the key ---


async def test_check(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    await transcriber.check()
    assert _paths(assemblyai_standin) == [f"GET {JOBS}"]
    assert assemblyai_standin.requests[0].query == {"limit": "1"}


async def test_check_with_a_wrong_key(make_transcriber: MakeTranscriber) -> None:
    transcriber = await make_transcriber(key="wrong")
    with pytest.raises(WrongKeyError) as raised:
        await transcriber.check()
    assert "wrong" not in str(raised.value)
    assert raised.value.detail == "HTTP 401"


async def test_a_wrong_key_everywhere(
    make_transcriber: MakeTranscriber, recording: Path
) -> None:
    transcriber = await make_transcriber(key="wrong")
    with pytest.raises(WrongKeyError):
        await _finish(transcriber)
    with pytest.raises(WrongKeyError):
        await transcriber.transcribe(recording)
    transcriber = await make_transcriber(key="wrong", live=False)
    with pytest.raises(WrongKeyError):
        await transcriber.transcribe(recording)


# --- faults ---

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
        await _finish(await make_transcriber())
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
        await _finish(live)
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
        await _finish(transcriber)


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
        await _finish(transcriber)
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
            await _finish(transcriber)
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
        await _finish(transcriber)


@pytest.mark.faults
async def test_no_tls(
    assemblyai_standin: AssemblyAIStandin, make_transcriber: MakeTranscriber
) -> None:
    url = assemblyai_standin.url.replace("http:", "https:")
    transcriber = await make_transcriber(api_url=url, sync_url=url)
    with pytest.raises(UnreachableError):
        await transcriber.check()


@pytest.mark.faults
async def test_an_answer_to_a_part_of_the_speech_is_none(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    early = {
        "text": "Turn",
        "words": [],
        "confidence": 1.0,
        "audio_duration_ms": 1_000,
        "session_id": "",
    }
    assemblyai_standin.script(
        LIVE,
        fault=Fault(kind=FaultKind.STATUS, status=200, body=early, before_upload=True),
    )
    live = _open(transcriber)
    for _ in range(3):
        live.write(SECOND)
    with pytest.raises(BrokenAnswerError):
        await live.finish()


@pytest.mark.faults
async def test_a_live_upload_that_is_cut_is_known_to_be_broken(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    live = _open(transcriber)
    live.write(SECOND)
    await _until(lambda: bool(assemblyai_standin.requests))
    async with assemblyai_standin.refusing():
        async with asyncio.timeout(10):
            while not live.broken:
                live.write(SECOND)
                await asyncio.sleep(0.01)
    with pytest.raises(UnreachableError):
        await live.finish()
    await live.abort()


async def test_an_aborted_upload_is_gone_at_once(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    assemblyai_standin.script(LIVE, fault=Fault(kind=FaultKind.STALL))
    live = _open(transcriber)
    live.write(SECOND)
    await _until(lambda: bool(assemblyai_standin.requests))
    finishing = asyncio.create_task(live.finish())
    await asyncio.sleep(0.05)
    await live.abort()
    await asyncio.wait([finishing])
    assert finishing.cancelled()
    await live.abort()
    assert _tasks() == []


async def test_who_waits_for_a_transcript_may_be_cancelled(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    assemblyai_standin.script(LIVE, fault=Fault(kind=FaultKind.STALL))
    finishing = asyncio.create_task(_finish(transcriber))
    await asyncio.sleep(0.05)
    finishing.cancel()
    await asyncio.wait([finishing])
    assert _tasks() == []


def _tasks() -> list[str]:
    """What we still have running."""
    return [
        task.get_name()
        for task in asyncio.all_tasks()
        if task.get_name().startswith("reply_satellite")
    ]


@pytest.mark.faults
async def test_what_the_sync_api_fails_on_goes_by_upload_and_poll(
    assemblyai_standin: AssemblyAIStandin,
    transcriber: AssemblyAITranscriber,
    recording: Path,
) -> None:
    assemblyai_standin.script(LIVE, fault=assemblyai_standin.error("capacity_exceeded"))
    assemblyai_standin.script(JOBS, reply={"transcript": "All is well."})
    transcript = await transcriber.transcribe(recording)
    assert transcript.text == "All is well."
    assert _paths(assemblyai_standin)[:3] == [
        f"POST {LIVE}",
        f"POST {UPLOAD}",
        f"POST {JOBS}",
    ]


@pytest.mark.faults
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("Transcoding failed.", RefusedError),
        ("Your current account balance is negative.", NoFundsError),
    ],
)
async def test_a_job_that_fails(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
    error: str,
    expected: type[VoiceError],
) -> None:
    assemblyai_standin.script(JOBS, reply={"error": error})
    transcriber = await make_transcriber(live=False)
    with pytest.raises(expected, match=error):
        await transcriber.transcribe(recording)


@pytest.mark.faults
async def test_a_poll_that_fails_is_not_a_failed_job(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
) -> None:
    assemblyai_standin.script(JOBS, reply={"transcript": "All is well."})
    assemblyai_standin.script(
        f"{JOBS}/*", fault=assemblyai_standin.error("server_error"), times=2
    )
    transcriber = await make_transcriber(live=False)
    assert (await transcriber.transcribe(recording)).text == "All is well."


@pytest.mark.faults
async def test_polls_that_fail_again_and_again(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
) -> None:
    assemblyai_standin.script(
        f"{JOBS}/*", fault=assemblyai_standin.error("server_error")
    )
    transcriber = await make_transcriber(live=False)
    with pytest.raises(UnreachableError):
        await transcriber.transcribe(recording)
    assert len(assemblyai_standin.requests) == 2 + 3


@pytest.mark.faults
async def test_a_job_that_completes_without_a_text(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
) -> None:
    done = {"id": "1", "status": "completed", "audio_url": "", "text": None}
    assemblyai_standin.script(
        f"{JOBS}/*",
        method="GET",
        fault=Fault(kind=FaultKind.STATUS, status=200, body=done),
    )
    transcriber = await make_transcriber(live=False)
    with pytest.raises(BrokenAnswerError):
        await transcriber.transcribe(recording)


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
        await _finish(transcriber)
    except BrokenAnswerError as error:
        detail = error.detail
    # What the HTTP client had begun to read is closed when the error is gone.
    gc.collect()
    await asyncio.sleep(0)
    assert detail.startswith("DecodingError")


@pytest.mark.faults
async def test_a_job_that_never_ends(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    recording: Path,
) -> None:
    assemblyai_standin.script(JOBS, latency=Latency(first=600.0))
    transcriber = await make_transcriber(live=False, patience=0.3)
    with pytest.raises(TooSlowError):
        await transcriber.transcribe(recording, (), 0.0, 0.2)


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
    for work in (transcriber.transcribe(recording), _finish(transcriber)):
        with pytest.raises(BrokenAnswerError) as raised:
            await work
        assert "secret" not in str(raised.value)
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__
    assert key not in caplog.text
    assert "secret" not in caplog.text


async def test_a_spoken_turn_recognised(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    tmp_path: Path,
) -> None:
    """Dictated, cut after "reply", confirmed, and cleared of its keywords."""
    speech = await Voice().speak(
        Utterance(
            "Computer, turn on the lights in the kitchen. Reply.",
            Speaker("slt"),
            output_format="pcm_16000",
        )
    )
    recording = tmp_path / "recording.pcm"
    recording.write_bytes(speech)
    seconds = len(speech) / 32_000
    dictation = Dictation(await make_transcriber(patience=30.0), recording, 5.0)
    for begin in range(0, len(speech), 2560):
        dictation.write(5.0 + begin / 32_000, speech[begin : begin + 2560])
    segment = await dictation.cut(5.0 + seconds - 0.3)
    dictation.write(5.0 + seconds, bytes(3200))
    assert ends_with(segment, Keyword.REPLY)
    whole = await dictation.settle()
    assert whole == segment
    computer, reply = whole.words[0].end, whole.words[-1].end
    clean = without_keywords(whole, computer, (), reply)
    assert clean.text == "Turn on the lights in the kitchen."
