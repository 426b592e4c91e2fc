"""ElevenLabs' stand-in, driven by ElevenLabs' SDK: it speaks, and refuses."""

from typing import Any

import assemblyai
import pytest
from elevenlabs.client import AsyncElevenLabs
from elevenlabs.core import ApiError
from elevenlabs.types import PronunciationDictionaryVersionLocator, VoiceSettings

from .elevenlabs import ElevenLabsStandin
from .elevenlabs_account import VOICES
from .script import Latency
from .waves import decode

VOICE = next(iter(VOICES))
FLASH = "eleven_flash_v2_5"
PCM = "pcm_16000"


async def speak(
    client: AsyncElevenLabs,
    text: str = "Done.",
    voice: str = VOICE,
    model: str = FLASH,
    form: Any = PCM,
    **options: Any,
) -> tuple[bytes, dict[str, str]]:
    """The audio of a text, and the headers it came with."""
    async with client.text_to_speech.with_raw_response.stream(
        voice, text=text, model_id=model, output_format=form, **options
    ) as response:
        audio = b"".join([chunk async for chunk in response.data])
        return audio, dict(response.headers)


def status_of(refused: pytest.ExceptionInfo[ApiError]) -> tuple[int | None, str]:
    body: Any = refused.value.body
    return refused.value.status_code, body["detail"]["status"]


async def test_the_account_is_shown(speaker: AsyncElevenLabs) -> None:
    models = {model.model_id: model for model in await speaker.models.list()}
    assert models[FLASH].can_do_text_to_speech
    voices = (await speaker.voices.get_all()).voices
    assert {voice.voice_id for voice in voices} == set(VOICES)
    assert (await speaker.voices.get(VOICE)).name == "Rachel"
    found = await speaker.voices.search(search="geor", page_size=1)
    assert [voice.name for voice in found.voices] == ["George"]
    page = await speaker.voices.search(page_size=2)
    assert page.has_more
    assert (await speaker.user.get()).subscription.tier == "creator"
    listed = await speaker.pronunciation_dictionaries.list()
    assert "House" in {one.name for one in listed.pronunciation_dictionaries}


async def test_what_is_spoken_can_be_heard(
    speaker: AsyncElevenLabs, transcriber: assemblyai.AsyncClient
) -> None:
    text = "I see one picture of 640 by 480 pixels."
    audio, headers = await speak(speaker, text)
    assert headers["content-type"] == "audio/pcm"
    assert headers["character-cost"] == str(len(text))
    config = assemblyai.SyncTranscriptionConfig(sample_rate=16_000, channels=1)
    live = assemblyai.AsyncSyncTranscriber(client=transcriber, config=config)
    heard = (await live.transcribe(audio)).text.lower()
    assert "one picture of six hundred" in heard
    assert "four hundred" in heard


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("mp3_44100_128", "audio/mpeg"),
        ("mp3_22050_32", "audio/mpeg"),
        ("pcm_24000", "audio/pcm"),
        ("ulaw_8000", "audio/basic"),
        ("opus_48000_64", "audio/ogg"),
    ],
)
async def test_formats(speaker: AsyncElevenLabs, form: str, kind: str) -> None:
    audio, headers = await speak(speaker, form=form)
    assert headers["content-type"] == kind
    if kind in {"audio/mpeg", "audio/ogg"}:
        assert len(await decode(audio, 16_000)) > 8_000


async def test_successive_mp3_answers_can_be_joined(speaker: AsyncElevenLabs) -> None:
    first, _ = await speak(speaker, "Done.", form="mp3_44100_128")
    second, _ = await speak(speaker, "That is all.", form="mp3_44100_128")
    apart = len(await decode(first, 16_000)) + len(await decode(second, 16_000))
    joined = len(await decode(first + second, 16_000))
    assert joined == pytest.approx(apart, rel=0.1)


async def test_voices_languages_and_speeds_differ(speaker: AsyncElevenLabs) -> None:
    text = "Good morning to you all."
    plain, _ = await speak(speaker, text)
    other, _ = await speak(speaker, text, voice="JBFqnCBsd6RMkjVDRZzb")
    german, _ = await speak(speaker, text, language_code="de")
    slow, _ = await speak(speaker, text, voice_settings=VoiceSettings(speed=0.7))
    fast, _ = await speak(speaker, text, voice_settings=VoiceSettings(speed=1.2))
    assert len({plain, other, german, slow, fast}) == 5
    assert len(fast) < len(plain) < len(slow)


async def test_a_model_that_finds_the_language_itself_ignores_another(
    speaker: AsyncElevenLabs,
) -> None:
    # As ElevenLabs' support says, and as Home Assistant's own integration relies on.
    model = "eleven_multilingual_v2"
    plain, _ = await speak(speaker, model=model)
    told, _ = await speak(speaker, model=model, language_code="de")
    assert plain == told


async def test_a_pronunciation_dictionary_is_used(
    speaker: AsyncElevenLabs, elevenlabs_standin: ElevenLabsStandin
) -> None:
    house = PronunciationDictionaryVersionLocator(
        pronunciation_dictionary_id="dict-house", version_id="version-1"
    )
    await speak(speaker, "HA is what I say.", pronunciation_dictionary_locators=[house])
    spoken = elevenlabs_standin.requests[-1].details["text"]
    assert spoken == "Home Assistant is what I say."


async def test_requests_are_stitched_to_those_before(speaker: AsyncElevenLabs) -> None:
    ids: list[str] = []
    for text in ("One.", "Two.", "Three.", "Four."):
        _, headers = await speak(speaker, text, previous_request_ids=ids[-3:])
        ids.append(headers["request-id"])
    assert len(set(ids)) == 4
    with pytest.raises(ApiError) as refused:
        await speak(speaker, previous_request_ids=ids)
    assert refused.value.status_code == 422
    with pytest.raises(ApiError) as refused:
        await speak(speaker, previous_request_ids=["never"])
    assert status_of(refused) == (400, "request_ids_not_found")


def locator(name: str, version: str | None) -> PronunciationDictionaryVersionLocator:
    return PronunciationDictionaryVersionLocator(
        pronunciation_dictionary_id=name, version_id=version
    )


@pytest.mark.parametrize(
    ("options", "status", "name"),
    [
        ({"voice": "nobody"}, 404, "voice_not_found"),
        ({"model": "eleven_none"}, 400, "model_not_found"),
        ({"model": "eleven_v4_turbo"}, 400, "unsupported_model"),
        ({"model": "eleven_v3", "previous_text": "Hello."}, 400, "unsupported_model"),
        (
            {"model": "eleven_flash_v2", "language_code": "de"},
            400,
            "unsupported_language",
        ),
        ({"text": " "}, 400, "input_text_empty"),
        (
            {"model": "eleven_v3", "text": "word " * 1_001},
            400,
            "max_character_limit_exceeded",
        ),
        ({"form": "pcm_44100"}, 403, "output_format_not_allowed"),
        (
            {"voice_settings": VoiceSettings(speed=2)},
            400,
            "invalid_voice_settings",
        ),
        (
            {"pronunciation_dictionary_locators": [locator("dict-none", None)]},
            404,
            "pronunciation_dictionary_not_found",
        ),
        (
            {"pronunciation_dictionary_locators": [locator("dict-house", "old")]},
            404,
            "pronunciation_dictionary_not_found",
        ),
    ],
)
async def test_refusals(
    speaker: AsyncElevenLabs, options: dict[str, Any], status: int, name: str
) -> None:
    with pytest.raises(ApiError) as refused:
        await speak(speaker, **options)
    assert status_of(refused) == (status, name)


@pytest.mark.parametrize(
    "options",
    [
        {"form": "wav_16000"},
        {"text": 5},
        {"pronunciation_dictionary_locators": [locator("dict-house", None)] * 4},
    ],
)
async def test_requests_of_a_wrong_shape(
    speaker: AsyncElevenLabs, options: dict[str, Any]
) -> None:
    with pytest.raises(ApiError) as refused:
        await speak(speaker, **options)
    assert refused.value.status_code == 422


async def test_a_wrong_key(elevenlabs_standin: ElevenLabsStandin) -> None:
    client = AsyncElevenLabs(api_key="wrong", base_url=elevenlabs_standin.url)
    with pytest.raises(ApiError) as refused:
        await client.models.list()
    assert status_of(refused) == (401, "invalid_api_key")


async def test_the_quota_runs_out_as_a_401(
    speaker: AsyncElevenLabs, elevenlabs_standin: ElevenLabsStandin
) -> None:
    elevenlabs_standin.character_limit = 8
    await speak(speaker, "Done.")
    assert (await speaker.user.subscription.get()).character_count == 5
    with pytest.raises(ApiError) as refused:
        await speak(speaker, "Done.")
    assert status_of(refused) == (401, "quota_exceeded")


async def test_too_many_at_once(
    speaker: AsyncElevenLabs, elevenlabs_standin: ElevenLabsStandin
) -> None:
    elevenlabs_standin.concurrency = 1
    elevenlabs_standin.script("*/stream", nth=1, latency=Latency(each=30))
    async with speaker.text_to_speech.with_raw_response.stream(
        VOICE, text="One moment please.", model_id=FLASH, output_format=PCM
    ) as first:
        assert await anext(first.data)
        with pytest.raises(ApiError) as refused:
            await speak(speaker)
    assert status_of(refused) == (429, "too_many_concurrent_requests")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("missing_permissions", 401),
        ("system_busy", 429),
        ("server_error", 500),
        ("unavailable", 503),
    ],
)
async def test_scripted_errors(
    speaker: AsyncElevenLabs,
    elevenlabs_standin: ElevenLabsStandin,
    name: str,
    status: int,
) -> None:
    elevenlabs_standin.script("*/stream", fault=elevenlabs_standin.error(name))
    with pytest.raises(ApiError) as refused:
        await speak(speaker)
    assert refused.value.status_code == status


async def test_scripted_silence_is_as_long_as_it_is_told(
    speaker: AsyncElevenLabs, elevenlabs_standin: ElevenLabsStandin
) -> None:
    elevenlabs_standin.script("*/stream", reply={"silence": 0.5})
    audio, _ = await speak(speaker)
    assert audio == bytes(16_000)


async def test_audio_is_paced_as_scripted(
    speaker: AsyncElevenLabs, elevenlabs_standin: ElevenLabsStandin
) -> None:
    elevenlabs_standin.script(
        "*/stream", latency=Latency(first=0.02, each=0.01), reply={"silence": 0.5}
    )
    await speak(speaker)
    record = elevenlabs_standin.requests[-1]
    assert record.scripted == pytest.approx(0.02 + 3 * 0.01)
    assert record.last_sent - record.first_sent >= 3 * 0.01
