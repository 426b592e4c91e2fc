"""The accounts: the one place where the services' clients are made."""

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

from elevenlabs.client import AsyncElevenLabs
from homeassistant.core import HomeAssistant
from homeassistant.helpers.httpx_client import get_async_client
from openai import AsyncOpenAI

from . import const
from .packages import async_provide_porcupine
from .voice.errors import Service, VoiceError
from .voice.hearing.porcupine import create_porcupine, load_porcupine
from .voice.hearing.spotter import Keyword
from .voice.speaking.elevenlabs import ElevenLabsVoice
from .voice.thinking.openai_assistant import OpenAIAssistant
from .voice.thinking.openai_rehearsal import rehearse
from .voice.transcribing.assemblyai import AssemblyAITranscriber, Region

KEYS: Final = {
    Service.OPENAI: const.CONF_OPENAI_KEY,
    Service.ASSEMBLYAI: const.CONF_ASSEMBLYAI_KEY,
    Service.ELEVENLABS: const.CONF_ELEVENLABS_KEY,
    Service.PORCUPINE: const.CONF_PORCUPINE_KEY,
}
"""Where the key of each service is kept in the entry's data."""

SETTINGS: Final = {
    Service.OPENAI: (const.CONF_OPENAI_KEY, const.CONF_OPENAI_URL),
    Service.ASSEMBLYAI: (
        const.CONF_ASSEMBLYAI_KEY,
        const.CONF_ASSEMBLYAI_REGION,
        const.CONF_ASSEMBLYAI_URL,
    ),
    Service.ELEVENLABS: (const.CONF_ELEVENLABS_KEY, const.CONF_ELEVENLABS_URL),
    Service.PORCUPINE: (const.CONF_PORCUPINE_KEY,),
}
"""All of the entry's data that says how a service is asked."""

NO_KEY: Final = "none"
"""What a server gets that asks for no key; the client wants something to send."""


async def async_assistant(
    hass: HomeAssistant, accounts: Mapping[str, Any]
) -> OpenAIAssistant:
    """Make the assistant of an account, on Home Assistant's own HTTP client."""
    # httpx on 2026.10, httpx2 on 2026.11: the client takes either.
    http_client: Any = get_async_client(hass)

    def make() -> OpenAIAssistant:
        client = AsyncOpenAI(
            api_key=accounts.get(const.CONF_OPENAI_KEY, NO_KEY),
            base_url=accounts.get(const.CONF_OPENAI_URL),
            http_client=http_client,
        )
        # Read from disk once and kept: later calls must not do so in the loop.
        client.platform_headers()
        # Else the first answer would hold up the loop.
        rehearse()
        return OpenAIAssistant(client)

    return await hass.async_add_executor_job(make)


async def async_transcriber(
    hass: HomeAssistant,
    accounts: Mapping[str, Any],
    *,
    language: str | None = None,
    live: bool = True,
) -> AssemblyAITranscriber:
    """Make the transcriber of an account; whoever asked closes it."""
    url = accounts.get(const.CONF_ASSEMBLYAI_URL)
    return await hass.async_add_executor_job(
        partial(
            AssemblyAITranscriber,
            accounts[const.CONF_ASSEMBLYAI_KEY],
            region=Region(accounts.get(const.CONF_ASSEMBLYAI_REGION, Region.US)),
            api_url=url,
            sync_url=url,
            language=language,
            live=live,
        )
    )


async def async_voice(
    hass: HomeAssistant, accounts: Mapping[str, Any]
) -> ElevenLabsVoice:
    """Make the voice of an account, on Home Assistant's own HTTP client."""
    http_client = get_async_client(hass)

    def make() -> ElevenLabsVoice:
        return ElevenLabsVoice(
            AsyncElevenLabs(
                api_key=accounts[const.CONF_ELEVENLABS_KEY],
                base_url=accounts.get(const.CONF_ELEVENLABS_URL),
                httpx_client=http_client,
            )
        )

    return await hass.async_add_executor_job(make)


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Service]:
    """Tell which services are asked in another way than before."""
    return [
        service
        for service, fields in SETTINGS.items()
        if any(before.get(field) != after.get(field) for field in fields)
    ]


async def async_check(
    hass: HomeAssistant,
    accounts: Mapping[str, Any],
    services: Iterable[Service] = tuple(KEYS),
) -> dict[Service, VoiceError]:
    """Ask the services of an account if they take their keys; tells what is wrong."""
    services = [
        service
        for service in services
        if service is Service.OPENAI or KEYS[service] in accounts
    ]
    results = await asyncio.gather(
        *(_async_check_one(hass, accounts, service) for service in services)
    )
    return {
        service: error
        for service, error in zip(services, results, strict=True)
        if error is not None
    }


async def _async_check_one(
    hass: HomeAssistant, accounts: Mapping[str, Any], service: Service
) -> VoiceError | None:
    try:
        match service:
            case Service.OPENAI:
                await (await async_assistant(hass, accounts)).check()
            case Service.ASSEMBLYAI:
                transcriber = await async_transcriber(hass, accounts)
                try:
                    await transcriber.check()
                finally:
                    await transcriber.close()
            case Service.ELEVENLABS:
                await (await async_voice(hass, accounts)).check()
            case Service.PORCUPINE:
                await _async_check_porcupine(hass, accounts[KEYS[service]])
    except VoiceError as error:
        return error
    return None


async def _async_check_porcupine(hass: HomeAssistant, key: str) -> None:
    """Start the engine once, which asks Picovoice about the key. Raises VoiceError."""
    await async_provide_porcupine(hass)

    def start() -> None:
        builtin = load_porcupine().KEYWORD_PATHS[Keyword.COMPUTER]
        create_porcupine(key, [builtin], [0.5]).delete()

    await hass.async_add_executor_job(start)
