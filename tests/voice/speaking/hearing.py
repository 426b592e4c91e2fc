"""Listening to the voice on the stand-in."""

import pytest

from custom_components.reply_satellite.voice.errors import (
    VoiceError,
)
from custom_components.reply_satellite.voice.speaking.elevenlabs import ElevenLabsVoice
from custom_components.reply_satellite.voice.speaking.voice import Manner
from tests.standins.elevenlabs import ElevenLabsStandin
from tests.standins.exchange import Record

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
