"""Tests of the voice: the real SDK on the stand-in."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from custom_components.reply_satellite.voice.errors import (
    BrokenAnswerError,
    BusyError,
    NoFundsError,
    RefusedError,
    TooSlowError,
    UnknownNameError,
    UnreachableError,
    VoiceError,
    WrongKeyError,
)
from custom_components.reply_satellite.voice.speaking import elevenlabs
from custom_components.reply_satellite.voice.speaking.elevenlabs import ElevenLabsVoice
from custom_components.reply_satellite.voice.speaking.length import Mp3Length, is_mp3
from custom_components.reply_satellite.voice.speaking.relay import BYTES_PER_SECOND
from custom_components.reply_satellite.voice.speaking.voice import Choice, Manner
from tests.standins.elevenlabs import ElevenLabsStandin
from tests.standins.exchange import Outcome, Record
from tests.standins.script import Fault, FaultKind, Latency

from .writing import written

SPEECH = "/v1/text-to-speech/*"
SIX = [f"This is sentence number {number}. " for number in range(6)]


def spoken(standin: ElevenLabsStandin) -> list[Record]:
    """The requests for speech, in order."""
    return [one for one in standin.requests if "text-to-speech" in one.path]


def texts(standin: ElevenLabsStandin) -> list[str]:
    """What was to be spoken, request by request."""
    return [one.body["text"] for one in spoken(standin)]


async def listen(voice: ElevenLabsVoice, manner: Manner, *pieces: str | float) -> bytes:
    """All the audio of a text."""
    heard = bytearray()
    await _hear(voice, manner, pieces, heard)
    return bytes(heard)


async def failing(
    voice: ElevenLabsVoice, manner: Manner, *pieces: str | float
) -> tuple[VoiceError, bytes]:
    """How a text fails, and the audio before."""
    heard = bytearray()
    with pytest.raises(VoiceError) as raised:
        await _hear(voice, manner, pieces, heard)
    return raised.value, bytes(heard)


async def _hear(
    voice: ElevenLabsVoice,
    manner: Manner,
    pieces: tuple[str | float, ...],
    heard: bytearray,
) -> None:
    async for chunk in voice.speak(written(*pieces), manner):
        heard += chunk


@pytest.fixture
def humming(elevenlabs_standin: ElevenLabsStandin) -> None:
    """Let the stand-in hum, which is quicker than to speak."""
    elevenlabs_standin.script(SPEECH, reply={"silence": 1.0})


async def test_check(voice: ElevenLabsVoice, elevenlabs_standin: Any) -> None:
    await voice.check()
    elevenlabs_standin.key = "another"
    with pytest.raises(WrongKeyError):
        await voice.check()


async def test_voices_are_in_order(voice: ElevenLabsVoice) -> None:
    voices = await voice.voices()
    assert Choice("21m00Tcm4TlvDq8ikWAM", "Rachel") in voices
    assert voices == sorted(voices, key=lambda choice: choice.name)


async def test_models_are_those_that_can_be_used(voice: ElevenLabsVoice) -> None:
    models = await voice.models()
    assert Choice("eleven_flash_v2_5", "Eleven Flash v2.5") in models
    assert not [model for model in models if model.id.startswith("eleven_v4")]


async def test_warming_opens_the_connection_that_speaks(
    voice: ElevenLabsVoice, manner: Manner, elevenlabs_standin: ElevenLabsStandin
) -> None:
    await voice.warm()
    await listen(voice, manner, "Hello there.")
    first, second = elevenlabs_standin.requests
    assert first.connection == second.connection


async def test_warming_never_fails(
    voice: ElevenLabsVoice, elevenlabs_standin: ElevenLabsStandin
) -> None:
    elevenlabs_standin.key = "another"
    await voice.warm()
    assert elevenlabs_standin.requests


async def test_audio(
    voice: ElevenLabsVoice, manner: Manner, elevenlabs_standin: ElevenLabsStandin
) -> None:
    audio = await listen(voice, manner, "Hello there.")
    assert is_mp3(audio)
    length = Mp3Length()
    length.feed(audio)
    assert length.seconds == pytest.approx(len(audio) / BYTES_PER_SECOND, abs=0.01)
    (request,) = spoken(elevenlabs_standin)
    assert request.query == {"output_format": "mp3_44100_128"}
    assert request.body == {"text": "Hello there.", "model_id": "eleven_flash_v2_5"}


async def test_the_manner_of_speaking(
    voice: ElevenLabsVoice, manner: Manner, elevenlabs_standin: ElevenLabsStandin
) -> None:
    settings = {
        "stability": 0.4,
        "similarity_boost": 0.6,
        "style": 0.1,
        "speed": 1.1,
        "use_speaker_boost": False,
    }
    dictionaries = (("dict-house", "version-1"), ("dict-names", "version-1"))
    manner = replace(
        manner, settings=settings, dictionaries=dictionaries, language="en-GB"
    )
    await listen(voice, manner, "HA says hello.")
    (request,) = spoken(elevenlabs_standin)
    assert request.body["voice_settings"] == settings
    assert request.body["language_code"] == "en"
    assert request.details["text"] == "Home Assistant says hello."
    assert len(request.body["pronunciation_dictionary_locators"]) == 2


@pytest.mark.parametrize(
    ("model", "language", "sent"),
    [
        ("eleven_flash_v2_5", "de-CH", "de"),
        ("eleven_turbo_v2_5", "en", "en"),
        ("eleven_flash_v2_5", "xx", None),
        ("eleven_flash_v2_5", None, None),
        ("eleven_multilingual_v2", "en", None),
        ("eleven_v3", "en", None),
    ],
)
async def test_a_language_is_only_told_to_models_that_take_it(
    voice: ElevenLabsVoice,
    manner: Manner,
    elevenlabs_standin: ElevenLabsStandin,
    model: str,
    language: str | None,
    sent: str | None,
) -> None:
    await listen(voice, replace(manner, model=model, language=language), "Hello there.")
    assert spoken(elevenlabs_standin)[0].body.get("language_code") == sent


async def test_the_first_sentence_goes_out_before_the_second_is_written(
    voice: ElevenLabsVoice, manner: Manner, elevenlabs_standin: ElevenLabsStandin
) -> None:
    heard = asyncio.Event()

    async def waiting() -> AsyncGenerator[str]:
        yield "This is the first sentence."
        await heard.wait()
        yield " And this is the second."

    async with aclosing(voice.speak(waiting(), manner)) as speech:
        assert is_mp3(await anext(speech))
        assert texts(elevenlabs_standin) == ["This is the first sentence."]
        heard.set()
        async for _ in speech:
            pass
    assert texts(elevenlabs_standin)[1:] == ["And this is the second."]


@pytest.mark.usefixtures("humming")
async def test_nothing_is_lost_repeated_or_out_of_order(
    voice: ElevenLabsVoice, manner: Manner, elevenlabs_standin: ElevenLabsStandin
) -> None:
    sentences = [f"This is sentence number {number}." for number in range(60)]
    words = [f"{word} " for word in " ".join(sentences).split()]
    audio = await listen(voice, manner, *words)
    assert " ".join(texts(elevenlabs_standin)).split() == " ".join(sentences).split()
    parts = [one.sent_bytes for one in spoken(elevenlabs_standin)]
    assert len(audio) == sum(parts)


@pytest.mark.usefixtures("humming")
async def test_a_request_names_those_before_it(
    voice: ElevenLabsVoice, manner: Manner, elevenlabs_standin: ElevenLabsStandin
) -> None:
    gaps = [piece for sentence in SIX for piece in (sentence, 0.3)]
    await listen(voice, manner, *gaps)
    requests = spoken(elevenlabs_standin)
    ids = [one.details["request_id"] for one in requests]
    assert len(requests) > 4
    assert "previous_request_ids" not in requests[0].body
    for number, one in enumerate(requests[1:], 1):
        assert one.body["previous_request_ids"] == ids[max(0, number - 3) : number]


@pytest.mark.usefixtures("humming")
async def test_models_that_do_not_take_it_are_not_told_what_was_before(
    voice: ElevenLabsVoice, manner: Manner, elevenlabs_standin: ElevenLabsStandin
) -> None:
    await listen(voice, replace(manner, model="eleven_v3"), *SIX)
    assert len(spoken(elevenlabs_standin)) > 1
    for one in spoken(elevenlabs_standin):
        assert not [name for name in one.body if name.startswith("previous")]


@pytest.mark.usefixtures("humming")
async def test_the_next_request_overlaps_a_slow_one(
    voice: ElevenLabsVoice, manner: Manner, elevenlabs_standin: ElevenLabsStandin
) -> None:
    # A chunk of 4096 bytes is 0.256 s of audio.
    elevenlabs_standin.script(SPEECH, latency=Latency(each=0.15))
    await listen(voice, manner, *SIX)
    first, second, *_ = spoken(elevenlabs_standin)
    assert first.first_sent < second.started < first.ended
    assert second.body["previous_text"] == SIX[0].strip()
    running = 0
    moments = [(one.started, 1) for one in spoken(elevenlabs_standin)]
    moments += [(one.ended, -1) for one in spoken(elevenlabs_standin)]
    for _, change in sorted(moments):
        running += change
        assert running <= 2


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("invalid_api_key", WrongKeyError),
        ("quota_exceeded", NoFundsError),
        ("missing_permissions", WrongKeyError),
        ("voice_not_found", UnknownNameError),
        ("max_character_limit_exceeded", RefusedError),
    ],
)
async def test_what_does_not_pass_is_not_tried_again(
    voice: ElevenLabsVoice,
    manner: Manner,
    elevenlabs_standin: ElevenLabsStandin,
    name: str,
    kind: type[VoiceError],
) -> None:
    elevenlabs_standin.script(SPEECH, fault=elevenlabs_standin.error(name))
    error, audio = await failing(voice, manner, "First sentence. ", "Second one.")
    assert type(error) is kind
    assert not audio
    assert error.unspoken == "First sentence. Second one."
    assert len(spoken(elevenlabs_standin)) == 1


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock of waiting run faster."""
    monkeypatch.setattr(elevenlabs, "WAITS", (0.01, 0.01))
    monkeypatch.setattr(elevenlabs, "FIRST_BYTE_WITHIN", 1.0)
    monkeypatch.setattr(elevenlabs, "NEXT_BYTE_WITHIN", 0.5)


@pytest.mark.parametrize("name", ["too_many_concurrent_requests", "system_busy"])
@pytest.mark.usefixtures("patience")
async def test_busy_passes(
    voice: ElevenLabsVoice,
    manner: Manner,
    elevenlabs_standin: ElevenLabsStandin,
    name: str,
) -> None:
    elevenlabs_standin.script(SPEECH, times=2, fault=elevenlabs_standin.error(name))
    assert is_mp3(await listen(voice, manner, "Hello there."))
    assert len(spoken(elevenlabs_standin)) == 3


@pytest.mark.usefixtures("patience")
async def test_busy_for_too_long(
    voice: ElevenLabsVoice, manner: Manner, elevenlabs_standin: ElevenLabsStandin
) -> None:
    busy = elevenlabs_standin.error("system_busy", retry_after="0.01")
    elevenlabs_standin.script(SPEECH, fault=busy)
    error, _ = await failing(voice, manner, "Hello there.")
    assert isinstance(error, BusyError)
    assert error.retry_after == 0.01
    assert len(spoken(elevenlabs_standin)) == 3


async def test_asked_to_wait_longer_than_a_voice_can(
    voice: ElevenLabsVoice, manner: Manner, elevenlabs_standin: ElevenLabsStandin
) -> None:
    busy = elevenlabs_standin.error("system_busy", retry_after="30")
    elevenlabs_standin.script(SPEECH, fault=busy)
    error, _ = await failing(voice, manner, "Hello there.")
    assert isinstance(error, BusyError)
    assert len(spoken(elevenlabs_standin)) == 1


@pytest.mark.usefixtures("patience")
async def test_unreachable(
    voice: ElevenLabsVoice, manner: Manner, elevenlabs_standin: ElevenLabsStandin
) -> None:
    async with elevenlabs_standin.refusing():
        error, audio = await failing(voice, manner, "Hello there.")
    assert isinstance(error, UnreachableError)
    assert not audio


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.usefixtures("patience")
async def test_a_stall(
    voice: ElevenLabsVoice,
    manner: Manner,
    elevenlabs_standin: ElevenLabsStandin,
    after: int,
) -> None:
    stall = Fault(kind=FaultKind.STALL, after=after)
    elevenlabs_standin.script(SPEECH, fault=stall)
    error, audio = await failing(voice, manner, "Hello there.")
    assert isinstance(error, TooSlowError)
    assert bool(audio) is bool(after)


@pytest.mark.parametrize("kind", [FaultKind.EMPTY, FaultKind.GARBAGE])
@pytest.mark.usefixtures("patience")
async def test_no_audio(
    voice: ElevenLabsVoice,
    manner: Manner,
    elevenlabs_standin: ElevenLabsStandin,
    kind: FaultKind,
) -> None:
    elevenlabs_standin.script(SPEECH, fault=Fault(kind=kind))
    error, audio = await failing(voice, manner, "Hello there.")
    assert isinstance(error, BrokenAnswerError)
    assert not audio
    assert len(spoken(elevenlabs_standin)) == 3


@pytest.mark.usefixtures("patience")
async def test_endless_audio(
    voice: ElevenLabsVoice,
    manner: Manner,
    elevenlabs_standin: ElevenLabsStandin,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(elevenlabs, "MOST_SECONDS", (1.0, 0.1))
    endless = Fault(kind=FaultKind.ENDLESS, after=2)
    elevenlabs_standin.script(SPEECH, fault=endless)
    error, audio = await failing(voice, manner, "Hello there.")
    assert isinstance(error, BrokenAnswerError)
    assert len(audio) < 3 * BYTES_PER_SECOND


@pytest.mark.usefixtures("patience")
async def test_a_cut_stream_goes_on_where_it_was(
    voice: ElevenLabsVoice, manner: Manner, elevenlabs_standin: ElevenLabsStandin
) -> None:
    whole = await listen(voice, manner, "This is a sentence of some length.")
    cut = Fault(kind=FaultKind.CUT, after=3)
    elevenlabs_standin.script(SPEECH, nth=1, fault=cut)
    again = await listen(voice, manner, "This is a sentence of some length.")
    assert again == whole
    assert len(spoken(elevenlabs_standin)) == 3


@pytest.mark.usefixtures("patience", "humming")
async def test_a_stream_cut_for_good_tells_what_was_not_spoken(
    voice: ElevenLabsVoice, manner: Manner, elevenlabs_standin: ElevenLabsStandin
) -> None:
    cut = Fault(kind=FaultKind.CUT, after=2)
    elevenlabs_standin.script(SPEECH, fault=cut)
    elevenlabs_standin.script(SPEECH, nth=1, fault=Fault(kind=FaultKind.CUT, after=999))
    error, audio = await failing(voice, manner, *SIX)
    assert isinstance(error, UnreachableError)
    assert audio
    assert error.unspoken.split() == "".join(SIX[1:]).split()


@pytest.mark.usefixtures("humming")
async def test_hanging_up_ends_the_requests(
    voice: ElevenLabsVoice, manner: Manner, elevenlabs_standin: ElevenLabsStandin
) -> None:
    elevenlabs_standin.script(SPEECH, latency=Latency(each=0.2))
    async with aclosing(voice.speak(written(*SIX), manner)) as speech:
        await anext(speech)
    async with asyncio.timeout(5):
        while any(one.outcome is Outcome.OPEN for one in elevenlabs_standin.requests):
            await asyncio.sleep(0.01)
    assert spoken(elevenlabs_standin)[0].outcome is Outcome.ABORTED


async def test_a_text_that_is_stopped_ends_the_speech(
    voice: ElevenLabsVoice, manner: Manner, elevenlabs_standin: ElevenLabsStandin
) -> None:
    elevenlabs_standin.script(SPEECH, latency=Latency(each=10.0))
    stopped = asyncio.Event()

    async def text() -> AsyncGenerator[str]:
        yield "This is a sentence. And"
        await stopped.wait()
        raise asyncio.CancelledError

    speech = voice.speak(text(), manner)
    await anext(speech)
    stopped.set()
    with pytest.raises(asyncio.CancelledError):
        async for _ in speech:
            pass
    async with asyncio.timeout(5):
        while spoken(elevenlabs_standin)[0].outcome is Outcome.OPEN:
            await asyncio.sleep(0.01)


async def test_nothing_to_say(
    voice: ElevenLabsVoice, manner: Manner, elevenlabs_standin: ElevenLabsStandin
) -> None:
    assert await listen(voice, manner, "🎉\n", "```\ncode\n```") == b""
    assert not elevenlabs_standin.requests


@pytest.mark.usefixtures("humming")
async def test_no_task_is_left(voice: ElevenLabsVoice, manner: Manner) -> None:
    before = asyncio.all_tasks()
    await listen(voice, manner, *SIX)
    named = {task.get_name() for task in asyncio.all_tasks() - before}
    assert not named & {"fetch speech", "ask for speech", "read what is written"}
