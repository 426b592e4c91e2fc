"""Tests of the voice: the real SDK on the stand-in."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from custom_components.reply_satellite.voice.errors import (
    WrongKeyError,
)
from custom_components.reply_satellite.voice.speaking.elevenlabs import ElevenLabsVoice
from custom_components.reply_satellite.voice.speaking.length import Mp3Length, is_mp3
from custom_components.reply_satellite.voice.speaking.relay import BYTES_PER_SECOND
from custom_components.reply_satellite.voice.speaking.voice import Choice, Manner
from tests.standins.elevenlabs import ElevenLabsStandin
from tests.standins.exchange import Outcome
from tests.standins.script import Latency

from .hearing import SIX, SPEECH, listen, spoken, texts


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
    # Little to read: that is done in the event loop.
    assert first.status == 200
    assert first.sent_bytes < 1_000


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
    dictionaries = ("dict-house", "dict-names")
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
    async def one_by_one() -> AsyncGenerator[str]:
        for number, sentence in enumerate(SIX, 1):
            yield sentence
            async with asyncio.timeout(20):
                while [one.outcome for one in spoken(elevenlabs_standin)] != (
                    [Outcome.SENT] * number
                ):
                    await asyncio.sleep(0.01)

    async for _ in voice.speak(one_by_one(), manner):
        pass
    requests = spoken(elevenlabs_standin)
    ids = [one.details["request_id"] for one in requests]
    assert len(requests) == len(SIX)
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
