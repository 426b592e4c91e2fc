"""The accounts' services, and the satellites plugged together from them."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from homeassistant.components.ffmpeg import get_ffmpeg_manager
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from . import accounts, failures
from .const import (
    CONF_ASSEMBLYAI_KEY,
    CONF_ELEVENLABS_KEY,
    DOMAIN,
    SUBENTRY_SATELLITE,
)
from .coordinator import Satellite
from .packages import usable_microphone
from .satellite.memory import Memory
from .satellite.settings import Settings
from .satellite.spool import Spool, spool_folder
from .satellite.spotting import porcupine_maker
from .stt_transcriber import SttTranscriber
from .voice.errors import Service
from .voice.hearing.inputs import open_microphone
from .voice.hearing.microphone import Microphone
from .voice.hearing.spotter import Spotter
from .voice.speaking.voice import Voice
from .voice.thinking.assistant import Assistant
from .voice.transcribing.transcriber import Transcriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a satellite is plugged together from."""

    open_microphone: Callable[[], Microphone]
    make_porcupine: Callable[[], Spotter] | None
    """How Porcupine is started, where it is to hear; blocks."""
    transcriber: Transcriber
    transcriber_name: Service
    assistant: Assistant
    voice: Voice | None
    tts: Callable[[], str | None]
    """The tts entity that speaks, if there is one now: its name may change."""

    @property
    def voice_name(self) -> Service:
        """Who speaks: ElevenLabs, or an entity of Home Assistant's."""
        return Service.TTS if self.voice is None else Service.ELEVENLABS

    @property
    def services(self) -> tuple[Transcriber | Assistant | Voice, ...]:
        """Everyone who is asked something in a turn."""
        asked = (self.transcriber, self.assistant, self.voice)
        return tuple(service for service in asked if service is not None)

    def service(self, name: Service) -> Transcriber | Assistant | Voice | None:
        """The part that stands for a service, if it can be asked how it is."""
        match name:
            case Service.OPENAI:
                return self.assistant
            case Service.ELEVENLABS:
                return self.voice
            case self.transcriber_name:
                return self.transcriber
        return None


@dataclass(slots=True, kw_only=True)
class Household:
    """The accounts' services, and the satellites that share them."""

    assistant: Assistant
    local_assistant: Assistant
    """The same service, with threads that are kept here."""
    voice: Voice | None
    transcribers: dict[str, Transcriber] = field(default_factory=dict)
    """One for each satellite, for each may speak another language."""
    satellites: dict[str, Satellite] = field(default_factory=dict)

    async def stop(self) -> None:
        """Stop every satellite."""
        await asyncio.gather(*(it.stop() for it in self.satellites.values()))

    async def close(self) -> None:
        """Give back what the satellites shared."""
        for transcriber in self.transcribers.values():
            await transcriber.close()


type ReplySatelliteConfigEntry = ConfigEntry[Household]


async def async_make_household(
    hass: HomeAssistant, entry: ReplySatelliteConfigEntry
) -> Household:
    """Make the services of the accounts."""
    data = entry.data
    household = Household(
        assistant=await accounts.async_assistant(hass, data),
        local_assistant=await accounts.async_assistant(hass, data, local_threads=True),
        voice=(
            await accounts.async_voice(hass, data)
            if data.get(CONF_ELEVENLABS_KEY)
            else None
        ),
    )
    if data.get(CONF_ASSEMBLYAI_KEY):
        for satellite_id, subentry in entry.subentries.items():
            settings = Settings.of(subentry.data)
            if settings.stt is None:
                household.transcribers[satellite_id] = await accounts.async_transcriber(
                    hass,
                    data,
                    language=settings.language,
                    live=settings.transcribe_live,
                )
    return household


def make_satellites(hass: HomeAssistant, entry: ReplySatelliteConfigEntry) -> None:
    """Plug every satellite together, on the household's services."""
    household = entry.runtime_data
    for subentry in entry.subentries.values():
        if subentry.subentry_type == SUBENTRY_SATELLITE:
            satellite = _satellite(hass, entry, subentry)
            household.satellites[subentry.subentry_id] = satellite


async def async_forget(hass: HomeAssistant, satellite_ids: Iterable[str]) -> None:
    """Remove what is left of satellites that are no more: what they kept, issues."""
    for satellite_id in satellite_ids:
        await Memory(hass, satellite_id).remove()
        spool = Spool(spool_folder(hass, satellite_id))
        await hass.async_add_executor_job(spool.forget_all)
        failures.forget(hass, satellite_id)


def _satellite(
    hass: HomeAssistant, entry: ReplySatelliteConfigEntry, subentry: ConfigSubentry
) -> Satellite:
    household, settings = entry.runtime_data, Settings.of(subentry.data)
    transcriber = household.transcribers.get(subentry.subentry_id)
    name = Service.ASSEMBLYAI
    if transcriber is None:
        transcriber = SttTranscriber(hass, settings.stt, settings.language)
        name = Service.STT
    assistant = household.assistant
    if settings.local_threads:
        assistant = household.local_assistant
    binary = get_ffmpeg_manager(hass).binary
    parts = Parts(
        open_microphone=lambda: open_microphone(
            usable_microphone(settings.microphone), binary
        ),
        make_porcupine=porcupine_maker(hass, entry.data, settings),
        transcriber=transcriber,
        transcriber_name=name,
        assistant=assistant,
        voice=household.voice if settings.tts is None else None,
        tts=lambda: settings.tts or _own_voice(hass, entry),
    )
    return Satellite(hass, entry, subentry, settings, parts)


def _own_voice(hass: HomeAssistant, entry: ReplySatelliteConfigEntry) -> str | None:
    """Our own tts entity, which lives as long as there is a key for it."""
    registry = er.async_get(hass)
    return registry.async_get_entity_id(Platform.TTS, DOMAIN, entry.entry_id)
