"""Home Assistant in this process with one satellite: all real but what is hardware."""

import asyncio
import queue
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Self, override
from unittest.mock import patch

import numpy as np
import pytest
from homeassistant.components.camera import Camera
from homeassistant.components.camera.const import DATA_COMPONENT as CAMERAS
from homeassistant.components.media_player.const import DATA_COMPONENT as PLAYERS
from homeassistant.config_entries import ConfigEntryState, ConfigSubentryData
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from PIL import Image
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.reply_satellite import const
from custom_components.reply_satellite.coordinator import Satellite
from custom_components.reply_satellite.voice.hearing.heard import (
    KeywordHeard,
    QuietBegan,
)
from custom_components.reply_satellite.voice.hearing.microphone import (
    CHUNK_BYTES,
    CHUNK_SAMPLES,
    SAMPLE_RATE,
    DeviceError,
    Microphone,
)
from custom_components.reply_satellite.voice.hearing.spotter import Keyword
from custom_components.reply_satellite.voice.machine import Phase

from .players import Manners, Player
from .standins.assemblyai import AssemblyAIStandin
from .standins.elevenlabs import ElevenLabsStandin
from .standins.openai import OpenAIStandin

CAMERA = "camera.front_door"
PLAYER = "media_player.speaker"
VOICE = "21m00Tcm4TlvDq8ikWAM"
ROOM_TONE = np.random.default_rng(1).integers(-4, 5, CHUNK_SAMPLES, np.int16)


class PlayedMicrophone(Microphone):
    """A microphone in a quiet room; what is played into it comes as fast as it can."""

    def __init__(self) -> None:
        """Be plugged in."""
        self._sound: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.fault: DeviceError | None = None
        self.opened = 0
        self.room = ROOM_TONE.tobytes()
        """What is heard while nothing is played: CHUNK_BYTES of it, in their time."""
        self.lost = 0
        """How often it gave more than was fetched in time."""

    def play(self, samples: bytes) -> None:
        """Let int16 LE mono samples at 16 kHz be heard."""
        for start in range(0, len(samples), CHUNK_BYTES):
            self._sound.put(samples[start : start + CHUNK_BYTES])

    @property
    @override
    def name(self) -> str:
        return "Played"

    @property
    @override
    def overflows(self) -> int:
        return self.lost

    @override
    def read(self) -> bytes:
        if self.fault is not None:
            raise self.fault
        try:
            return self._sound.get(timeout=CHUNK_SAMPLES / SAMPLE_RATE)
        except queue.Empty:
            return self.room

    @override
    def abort(self) -> None:
        """Reading ends by itself soon."""

    @override
    def close(self) -> None:
        """Nothing to give back."""

    @override
    def __enter__(self) -> Self:
        if self.fault is not None:
            raise self.fault
        self.opened += 1
        return self

    @override
    def __exit__(self, *_: object) -> None:
        """Nothing to give back."""


LENS_CAP = HomeAssistantError("The lens cap is on")


class FrontDoor(Camera):
    """A camera; its picture is 640 by 480, unless it is broken, and fails with that."""

    _attr_name = "Front door"
    _attr_unique_id = "front_door"

    def __init__(self) -> None:
        """Be mounted."""
        super().__init__()
        self.entity_id = CAMERA
        self.broken: Exception | None = None
        self.ready = asyncio.Event()
        """Set, unless it is to take its time."""
        self.ready.set()

    @override
    async def async_camera_image(
        self, width: int | None = None, height: int | None = None
    ) -> bytes | None:
        await self.ready.wait()
        if self.broken is not None:
            raise self.broken
        image = BytesIO()
        Image.new("RGB", (640, 480), "red").save(image, "JPEG")
        return image.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Residence:
    """A satellite and everything around it."""

    hass: HomeAssistant
    entry: MockConfigEntry
    openai: OpenAIStandin
    assemblyai: AssemblyAIStandin
    elevenlabs: ElevenLabsStandin
    microphone: PlayedMicrophone
    camera: FrontDoor
    player: Player
    events: list[Event] = field(repr=False)
    """All turn events; too many to be read where a test says what it failed with."""

    @property
    def satellite(self) -> Satellite:
        """The satellite as it runs now; a reload makes another."""
        (satellite,) = self.entry.runtime_data.satellites.values()
        assert isinstance(satellite, Satellite)
        return satellite

    @property
    def told(self) -> list[str]:
        """The types of the turn events, in order."""
        return [event.data["type"] for event in self.events]

    async def call(self, action: str, answers: bool = False, **data: Any) -> Any:
        """Call one of our actions."""
        return await self.hass.services.async_call(
            const.DOMAIN, action, data, blocking=True, return_response=answers
        )

    def state(self, entity_id: str) -> str:
        """The state of an entity."""
        state = self.hass.states.get(entity_id)
        assert state is not None, entity_id
        return state.state

    async def until(self, is_so: Callable[[], bool], seconds: float = 20) -> None:
        """Wait until something is so. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not is_so():
                await asyncio.sleep(0.01)

    async def until_phase(self, phase: Phase, seconds: float = 20) -> None:
        """Wait for a phase. Raises TimeoutError."""
        await self.until(lambda: self.satellite.data.phase is phase, seconds)

    async def until_idle(self) -> None:
        """Wait until the turn is over and has cleaned up."""
        running = self.satellite.running
        if running is not None:
            async with asyncio.timeout(30):
                await asyncio.shield(running.done)
        await self.hass.async_block_till_done()

    async def dictate(self, text: str, seconds: float = 1.0) -> None:
        """Record by hand, and have the transcriber understand `text`."""
        self.assemblyai.script(path="/v1/transcribe*", reply={"transcript": text})
        await self.call("start_recording")
        await self.murmur(seconds)
        await self.call("end_recording")

    def spot(self, word: Keyword, score: float) -> None:
        """Have the spotter hear a word now, and quiet after it."""
        now = self.satellite.ears.position
        self.satellite.hear(KeywordHeard(word, now, score, clock=0.0))
        self.satellite.hear(QuietBegan(now))

    async def murmur(self, seconds: float = 1.0) -> None:
        """Let the microphone hear something that is not too short to transcribe."""
        self.microphone.play(murmured(seconds))
        began = self.satellite.ears.position
        await self.until(lambda: self.satellite.ears.position >= began + seconds)


def murmured(seconds: float) -> bytes:
    """Something like speech, for a transcriber that is told what it heard."""
    time = np.arange(int(16_000 * seconds)) / 16_000
    tone = np.sin(2 * np.pi * 180 * time) * (1 + np.sin(2 * np.pi * 3 * time))
    return bytes((3_000 * tone).astype(np.int16).tobytes())


type MakeResidence = Callable[..., Awaitable[Residence]]


@pytest.fixture
async def make_residence(
    hass: HomeAssistant,
    tmp_path_factory: pytest.TempPathFactory,
    enable_custom_integrations: None,
    hass_client_no_auth: ClientSessionGenerator,
    openai_standin: OpenAIStandin,
    assemblyai_standin: AssemblyAIStandin,
    elevenlabs_standin: ElevenLabsStandin,
) -> AsyncGenerator[MakeResidence]:
    """Make a residence whose satellite has other choices than the defaults."""
    hass.config.config_dir = str(tmp_path_factory.mktemp("config"))
    components = ("homeassistant", "media_source", "media_player", "camera", "image")
    # Ours too: nothing can be served that comes after the first client.
    for component in (*components, const.DOMAIN):
        assert await async_setup_component(hass, component, {})
    client = await hass_client_no_auth()
    player = Player("speaker", lambda path: str(client.make_url(path)), Manners())
    await hass.data[PLAYERS].async_add_entities([player])
    camera = FrontDoor()
    await hass.data[CAMERAS].async_add_entities([camera])
    microphone = PlayedMicrophone()
    entries: list[MockConfigEntry] = []

    async def make(
        choices: Mapping[str, Any] | None = None, **accounts: str | None
    ) -> Residence:
        keys: dict[str, str | None] = {
            const.CONF_OPENAI_KEY: openai_standin.key,
            const.CONF_OPENAI_URL: openai_standin.base_url,
            const.CONF_ASSEMBLYAI_KEY: assemblyai_standin.key,
            const.CONF_ASSEMBLYAI_URL: assemblyai_standin.url,
            const.CONF_ELEVENLABS_KEY: elevenlabs_standin.key,
            const.CONF_ELEVENLABS_URL: elevenlabs_standin.url,
            **accounts,
        }
        entry = MockConfigEntry(
            domain=const.DOMAIN,
            title="Reply Satellite",
            data={name: key for name, key in keys.items() if key is not None},
            subentries_data=[_satellite(choices or {})],
        )
        entry.add_to_hass(hass)
        entries.append(entry)
        events = async_capture_events(hass, const.EVENT_TURN)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        await _until_voices_are_learnt()
        return Residence(
            hass=hass,
            entry=entry,
            openai=openai_standin,
            assemblyai=assemblyai_standin,
            elevenlabs=elevenlabs_standin,
            microphone=microphone,
            camera=camera,
            player=player,
            events=events,
        )

    with patch(
        "custom_components.reply_satellite.household.open_microphone",
        lambda *_: microphone,
    ):
        yield make
        for entry in entries:
            if entry.state is ConfigEntryState.LOADED:
                await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()


async def _until_voices_are_learnt() -> None:
    """Wait for what a set-up asks ElevenLabs in the background, and nobody counts."""
    name = "learn the voices"
    if asked := [it for it in asyncio.all_tasks() if it.get_name().startswith(name)]:
        await asyncio.wait(asked)


def _satellite(choices: Mapping[str, Any]) -> ConfigSubentryData:
    return ConfigSubentryData(
        subentry_type=const.SUBENTRY_SATELLITE,
        title="Kitchen",
        unique_id=None,
        data={
            const.CONF_CAMERAS: [CAMERA],
            const.CONF_PLAYERS: [PLAYER],
            const.CONF_VOICE: VOICE,
            const.CONF_CHIMES: False,
            **choices,
        },
    )


@pytest.fixture
async def residence(make_residence: MakeResidence) -> Residence:
    """A residence with the defaults."""
    return await make_residence()
