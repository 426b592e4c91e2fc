"""The accounts' services, and the satellites plugged together from them."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from homeassistant.components.ffmpeg import get_ffmpeg_manager
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
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

    hass: HomeAssistant
    assistant: Assistant
    voice: Voice | None
    transcribers: list[Transcriber] = field(default_factory=list)
    satellites: dict[str, Satellite] = field(default_factory=dict)
    _stopping: asyncio.Future[list[None]] | None = field(default=None, init=False)

    @callback
    def start(self) -> None:
        """Let every satellite listen, unless the end came first."""
        if self._stopping is None:
            for satellite in self.satellites.values():
                satellite.start()

    async def stop(self) -> None:
        """Stop every satellite: once, and to the end, even if nobody waits for it."""
        if self._stopping is None:
            stops = [
                # Home Assistant ends what is not known to it, or not yet: an eager
                # task's first jobs for the executor too.
                self.hass.async_create_task(
                    satellite.stop(), f"{satellite.name}: stop", eager_start=False
                )
                for satellite in self.satellites.values()
            ]
            self._stopping = asyncio.gather(*stops)
        await asyncio.shield(self._stopping)

    async def close(self) -> None:
        """Stop, and give back what the satellites shared."""
        await self.stop()
        for transcriber in self.transcribers:
            await transcriber.close()


type ReplySatelliteConfigEntry = ConfigEntry[Household]


async def async_make_household(
    hass: HomeAssistant, entry: ReplySatelliteConfigEntry
) -> Household:
    """Make the services that all satellites of the accounts share."""
    failures.forget_left_out(hass, entry)
    data = entry.data
    voice = None
    if data.get(CONF_ELEVENLABS_KEY):
        voice = await accounts.async_voice(hass, data)
    elif (entity_id := _own_voice(hass, entry)) is not None:
        # Else satellites would take it for a voice, and answers would end unspoken.
        er.async_get(hass).async_remove(entity_id)
    return Household(
        hass=hass,
        assistant=await accounts.async_assistant(hass, data),
        voice=voice,
    )


async def async_make_satellites(
    hass: HomeAssistant, entry: ReplySatelliteConfigEntry
) -> None:
    """Plug every satellite together, on the household's services."""
    household = entry.runtime_data
    for subentry in entry.get_subentries_of_type(SUBENTRY_SATELLITE):
        satellite = await _async_satellite(hass, entry, subentry)
        await satellite.remember()
        household.satellites[satellite.id] = satellite


async def async_forget(hass: HomeAssistant, satellite_ids: Iterable[str]) -> None:
    """Remove what is left of satellites that are no more: what they kept, issues."""
    for satellite_id in satellite_ids:
        await Memory(hass, satellite_id).remove()
        spool = Spool(spool_folder(hass, satellite_id))
        await hass.async_add_executor_job(spool.forget_all)
        failures.forget(hass, satellite_id)


async def _async_satellite(
    hass: HomeAssistant, entry: ReplySatelliteConfigEntry, subentry: ConfigSubentry
) -> Satellite:
    household, settings = entry.runtime_data, Settings.of(subentry.data, entry.data)
    transcriber, name = await _async_transcriber(hass, entry, settings)
    household.transcribers.append(transcriber)
    binary = get_ffmpeg_manager(hass).binary
    parts = Parts(
        open_microphone=lambda: open_microphone(
            usable_microphone(settings.microphone), binary
        ),
        make_porcupine=porcupine_maker(hass, entry.data, settings),
        transcriber=transcriber,
        transcriber_name=name,
        assistant=household.assistant,
        voice=household.voice if settings.tts is None else None,
        tts=lambda: settings.tts or _own_voice(hass, entry),
    )
    return Satellite(hass, entry, subentry, settings, parts)


async def _async_transcriber(
    hass: HomeAssistant, entry: ReplySatelliteConfigEntry, settings: Settings
) -> tuple[Transcriber, Service]:
    """One for each satellite, for each may speak another language."""
    if settings.stt is None and entry.data.get(CONF_ASSEMBLYAI_KEY):
        transcriber = await accounts.async_transcriber(
            hass,
            entry.data,
            language=settings.language,
            live=settings.transcribe_live,
        )
        return transcriber, Service.ASSEMBLYAI
    return SttTranscriber(hass, settings.stt, settings.language), Service.STT


def _own_voice(hass: HomeAssistant, entry: ReplySatelliteConfigEntry) -> str | None:
    """Our own tts entity, which lives as long as there is a key for it.

    None where the user disabled it.
    """
    registry = er.async_get(hass)
    voice = registry.async_get_entity_id(Platform.TTS, DOMAIN, entry.entry_id)
    return None if voice is None or registry.entities[voice].disabled else voice
