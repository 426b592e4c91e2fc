"""A house with players and our voice in it."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from elevenlabs.client import AsyncElevenLabs
from homeassistant.components.media_player.const import DATA_COMPONENT as PLAYERS
from homeassistant.components.tts.const import DATA_COMPONENT as ENGINES
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.reply_satellite.playing import playback as module
from custom_components.reply_satellite.playing.playback import Playback
from custom_components.reply_satellite.tts import ReplySatelliteVoice
from custom_components.reply_satellite.voice.speaking.elevenlabs import ElevenLabsVoice
from tests.players import Manners, Player
from tests.standins.elevenlabs import ElevenLabsStandin

from .playing import SECONDS, SPEECH, TEXT, VOICE, MakePlayer, Speak


@pytest.fixture
async def house(
    hass: HomeAssistant, tmp_path: Path, elevenlabs_standin: ElevenLabsStandin
) -> str:
    """Home Assistant with our voice in it; its entity id."""
    hass.config.config_dir = str(tmp_path)
    for component in ("http", "media_source", "media_player", "tts"):
        assert await async_setup_component(hass, component, {})
    elevenlabs_standin.script(SPEECH, reply={"silence": SECONDS})
    url, key = elevenlabs_standin.url, elevenlabs_standin.key
    voice = await hass.async_add_executor_job(
        lambda: ElevenLabsVoice(AsyncElevenLabs(api_key=key, base_url=url))
    )
    entity = ReplySatelliteVoice("entry", voice)
    await hass.data[ENGINES].async_add_entities([entity])
    await hass.async_block_till_done()
    return entity.entity_id


@pytest.fixture
async def make_player(
    hass: HomeAssistant, house: str, hass_client_no_auth: ClientSessionGenerator
) -> MakePlayer:
    """Make players, which fetch from Home Assistant as it is reached from outside."""
    client = await hass_client_no_auth()

    async def make(name: str = "speaker", **manners: Any) -> Player:
        player = Player(
            name, lambda path: str(client.make_url(path)), Manners(**manners)
        )
        await hass.data[PLAYERS].async_add_entities([player])
        await hass.async_block_till_done()
        return player

    return make


@pytest.fixture
async def begin(hass: HomeAssistant, house: str) -> AsyncGenerator[Speak]:
    """Make playbacks and hand them over; stopped at the end."""
    made: list[Playback] = []

    def make(**options: Any) -> Playback:
        settings: dict[str, Any] = {
            "players": ["media_player.speaker"],
            "engine": house,
        } | options
        if settings["engine"] == house:
            settings["options"] = {"voice": VOICE} | options.get("options", {})
        playback = Playback(hass, **{"language": "en-GB"} | settings)
        made.append(playback)
        playback.hand_over()
        return playback

    yield make
    for playback in made:
        await playback.stop()


@pytest.fixture
def speak(begin: Speak) -> Speak:
    """Make playbacks with a text that is all written."""

    def make(text: str = TEXT, **options: Any) -> Playback:
        playback = begin(**options)
        playback.write(text)
        playback.end()
        return playback

    return make


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock of waiting for players run faster."""
    for name, seconds in {
        "PROVED_WITHIN": 0.5,
        "FETCHED_WITHIN": 0.1,
        "POLLED_EVERY": 0.1,
        "LOOKED_EVERY": 0.02,
        "SETTLED_AFTER": 0.1,
        "LATE": 0.3,
        "LATE_UNTOLD": 0.2,
    }.items():
        monkeypatch.setattr(module, name, seconds)
