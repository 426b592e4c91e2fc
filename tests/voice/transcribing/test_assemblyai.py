"""AssemblyAI through its own SDK, on a server that speaks its wire format."""

import asyncio
from pathlib import Path

import pytest

from custom_components.reply_satellite.voice.errors import (
    WrongKeyError,
)
from custom_components.reply_satellite.voice.transcribing.assemblyai import (
    AssemblyAITranscriber,
    Region,
)
from tests.standins.assemblyai import AssemblyAIStandin

from .conftest import MakeTranscriber
from .requests import JOBS, SECOND, finish, open_live, paths

pytestmark = pytest.mark.usefixtures("what_time_is_it")


async def test_what_is_sent(
    assemblyai_standin: AssemblyAIStandin, make_transcriber: MakeTranscriber
) -> None:
    transcriber = await make_transcriber(language="en-GB")
    live = open_live(transcriber, ("Kitchen lamp", " Kitchen  lamp", "", "x" * 8000))
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
    await finish(await make_transcriber(language=language))
    assert assemblyai_standin.requests[0].body.get("language_codes") == codes


async def test_more_vocabulary_than_a_request_may_carry(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    live = open_live(transcriber, tuple(f"name {number}" for number in range(300)))
    live.write(SECOND)
    await live.finish()
    terms = assemblyai_standin.requests[0].body["keyterms_prompt"]
    assert len(terms) == 100
    assert terms[-1] == "name 99"


async def test_warming_spares_the_upload_a_connection(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    await transcriber.warm()
    await finish(transcriber)
    warm, upload = assemblyai_standin.requests
    assert warm.path == "/v1/warm"
    assert warm.connection == upload.connection


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


async def test_regions() -> None:
    for region, host in ((Region.US, "api."), (Region.EU, "api.eu.")):
        transcriber = await asyncio.to_thread(
            AssemblyAITranscriber, "key", region=region
        )
        settings = transcriber._client.settings
        assert settings.base_url == f"https://{host}assemblyai.com"
        assert settings.sync_base_url == settings.base_url.replace("api", "sync", 1)
        await transcriber.close()


async def test_check(
    assemblyai_standin: AssemblyAIStandin, transcriber: AssemblyAITranscriber
) -> None:
    await transcriber.check()
    assert paths(assemblyai_standin) == [f"GET {JOBS}"]
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
        await finish(transcriber)
    with pytest.raises(WrongKeyError):
        await transcriber.transcribe(recording)
    transcriber = await make_transcriber(key="wrong", live=False)
    with pytest.raises(WrongKeyError):
        await transcriber.transcribe(recording)
