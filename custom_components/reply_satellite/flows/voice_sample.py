"""Speaking a sentence on a player while a satellite is being set up."""

from collections.abc import AsyncGenerator, Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from homeassistant.components.http import KEY_HASS, HomeAssistantView
from homeassistant.components.media_player import (
    ATTR_MEDIA_ANNOUNCE,
    ATTR_MEDIA_CONTENT_ID,
    ATTR_MEDIA_CONTENT_TYPE,
    SERVICE_PLAY_MEDIA,
    MediaType,
    async_process_play_media_url,
)
from homeassistant.components.media_player import (
    DOMAIN as MEDIA_PLAYER_DOMAIN,
)
from homeassistant.components.tts import generate_media_source_id
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.ulid import ulid_now

from .. import const
from ..accounts import async_voice
from ..voice.errors import Service, UnknownNameError
from ..voice.speaking.voice import Manner

URL: Final = "/api/reply_satellite/sample/{sample_id}.mp3"

_SAMPLE: HassKey[tuple[str, bytes]] = HassKey(f"{const.DOMAIN}_sample")
"""The last sample: its id, and MP3."""


class SampleView(HomeAssistantView):
    """Hands the last sample to a player that was given its signed address."""

    url = URL
    name = "api:reply_satellite:sample"

    async def get(self, request: web.Request, sample_id: str) -> web.Response:
        """Answer with the sample, as long as it is the last one."""
        kept, audio = request.app[KEY_HASS].data[_SAMPLE]
        if kept != sample_id:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.Response(body=audio, content_type="audio/mpeg")


async def async_play_sample(
    hass: HomeAssistant,
    accounts: Mapping[str, Any],
    satellite: Mapping[str, Any],
    text: str,
) -> None:
    """Speak a sentence with the voice that was chosen, on the players.

    Raises VoiceError and HomeAssistantError.
    """
    if engine := satellite.get(const.CONF_TTS):
        address = generate_media_source_id(hass, text, engine)
    elif const.CONF_ELEVENLABS_KEY in accounts:
        address = await _async_own_sample(hass, accounts, satellite, text)
    else:
        raise UnknownNameError(Service.TTS, "there is no voice")
    await hass.services.async_call(
        MEDIA_PLAYER_DOMAIN,
        SERVICE_PLAY_MEDIA,
        {
            ATTR_ENTITY_ID: satellite[const.CONF_PLAYERS],
            ATTR_MEDIA_CONTENT_ID: address,
            ATTR_MEDIA_CONTENT_TYPE: MediaType.MUSIC,
            ATTR_MEDIA_ANNOUNCE: True,
        },
        blocking=True,
    )


async def _async_own_sample(
    hass: HomeAssistant,
    accounts: Mapping[str, Any],
    satellite: Mapping[str, Any],
    text: str,
) -> str:
    """Have the account's voice speak; returns the address of what it said."""
    manner = Manner(
        voice=satellite[const.CONF_VOICE],
        model=satellite[const.CONF_VOICE_MODEL],
        language=satellite.get(const.CONF_LANGUAGE),
        settings=satellite.get(const.CONF_VOICE_SETTINGS),
        dictionaries=tuple(satellite.get(const.CONF_DICTIONARIES) or ()),
    )

    async def sentence() -> AsyncGenerator[str]:
        yield text

    voice = await async_voice(hass, accounts)
    audio = b"".join([piece async for piece in voice.speak(sentence(), manner)])
    if _SAMPLE not in hass.data:
        hass.http.register_view(SampleView)
    sample_id = ulid_now()
    hass.data[_SAMPLE] = (sample_id, audio)
    return async_process_play_media_url(hass, URL.format(sample_id=sample_id))
