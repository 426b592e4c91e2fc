"""Tests of the voice when something goes wrong."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

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
from custom_components.reply_satellite.voice.speaking.length import is_mp3
from custom_components.reply_satellite.voice.speaking.relay import BYTES_PER_SECOND
from custom_components.reply_satellite.voice.speaking.voice import Manner
from tests.standins.elevenlabs import ElevenLabsStandin
from tests.standins.exchange import Outcome
from tests.standins.script import Fault, FaultKind, Latency

from .hearing import SIX, SPEECH, failing, listen, spoken
from .writing import written


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


@pytest.mark.parametrize(
    ("after", "limit"), [(0, "FIRST_BYTE_WITHIN"), (1, "NEXT_BYTE_WITHIN")]
)
async def test_a_stall(
    voice: ElevenLabsVoice,
    manner: Manner,
    elevenlabs_standin: ElevenLabsStandin,
    monkeypatch: pytest.MonkeyPatch,
    after: int,
    limit: str,
) -> None:
    monkeypatch.setattr(elevenlabs, limit, 0.5)
    stall = Fault(kind=FaultKind.STALL, after=after)
    elevenlabs_standin.script(SPEECH, fault=stall)
    error, audio = await failing(voice, manner, "Hello there.")
    assert isinstance(error, TooSlowError)
    assert bool(audio) is bool(after)
    assert len(spoken(elevenlabs_standin)) == 1


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
