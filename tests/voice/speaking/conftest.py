"""What the tests of this room share."""

import asyncio

import pytest
from elevenlabs.client import AsyncElevenLabs

from custom_components.reply_satellite.voice.speaking import elevenlabs
from custom_components.reply_satellite.voice.speaking.elevenlabs import ElevenLabsVoice
from custom_components.reply_satellite.voice.speaking.voice import Manner
from tests.standins.elevenlabs import ElevenLabsStandin

from .hearing import SPEECH


@pytest.fixture
async def voice(elevenlabs_standin: ElevenLabsStandin) -> ElevenLabsVoice:
    """A voice on the stand-in, made as its owner does: off the loop."""

    def make() -> ElevenLabsVoice:
        return ElevenLabsVoice(
            AsyncElevenLabs(
                api_key=elevenlabs_standin.key, base_url=elevenlabs_standin.url
            )
        )

    return await asyncio.get_running_loop().run_in_executor(None, make)


@pytest.fixture
def manner() -> Manner:
    """The way to speak where a test is about something else."""
    return Manner(voice="21m00Tcm4TlvDq8ikWAM", model="eleven_flash_v2_5")


@pytest.fixture
def humming(elevenlabs_standin: ElevenLabsStandin) -> None:
    """Let the stand-in hum, which is quicker than to speak."""
    elevenlabs_standin.script(SPEECH, reply={"silence": 1.0})


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock of waiting run faster."""
    monkeypatch.setattr(elevenlabs, "WAITS", (0.01, 0.01))
