"""Real speech through AssemblyAI's SDK, recognised by a real recogniser."""

import asyncio
from pathlib import Path

from custom_components.reply_satellite.voice.hearing.spotter import Keyword
from custom_components.reply_satellite.voice.transcribing.dictation import Dictation
from custom_components.reply_satellite.voice.transcribing.transcript import (
    ends_with,
    without_keywords,
)
from tests.standins.assemblyai import AssemblyAIStandin
from tests.standins.voice import Speaker as Voices
from tests.standins.voice import Utterance, Voice

from .conftest import MakeTranscriber
from .requests import open_live


async def test_speech_is_recognised_while_it_is_spoken(
    assemblyai_standin: AssemblyAIStandin, make_transcriber: MakeTranscriber
) -> None:
    speech = await Voice().speak(
        Utterance(
            "Computer, turn on the lights in the kitchen. Reply.",
            Voices("slt"),
            output_format="pcm_16000",
        )
    )
    transcriber = await make_transcriber(patience=30.0)
    live = open_live(transcriber)
    for begin in range(0, len(speech), 2560):
        live.write(speech[begin : begin + 2560])
        await asyncio.sleep(0)
    transcript = await live.finish()
    assert transcript.text.casefold().startswith("computer, turn on the lights in")
    assert ends_with(transcript, Keyword.REPLY)
    assert 0 < transcript.words[0].start < transcript.words[0].end < 2.0
    assert transcript.words[-1].end <= len(speech) / 32_000


async def test_a_spoken_turn_recognised(
    assemblyai_standin: AssemblyAIStandin,
    make_transcriber: MakeTranscriber,
    tmp_path: Path,
) -> None:
    """Dictated, cut after "reply", confirmed, and cleared of its keywords."""
    speech = await Voice().speak(
        Utterance(
            "Computer, turn on the lights in the kitchen. Reply.",
            Voices("slt"),
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
