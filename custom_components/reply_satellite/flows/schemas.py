"""The forms of the accounts, and what all forms share."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import probatio
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig

from .. import const
from ..accounts import KEYS
from ..voice.transcribing.assemblyai import Region
from .fields import PASSWORD, URL, clearable, folded, translated

SECTION_SERVERS: Final = "servers"
SECTION_PRECISION: Final = "precision"
SECTION_PLAYER: Final = "player"
SECTION_TOOLS: Final = "tools"
SECTION_THREAD: Final = "thread"
SECTION_PRIVACY: Final = "privacy"
SECTION_MANNER: Final = "manner"
SECTIONS: Final = (
    SECTION_SERVERS,
    SECTION_PRECISION,
    SECTION_PLAYER,
    SECTION_TOOLS,
    SECTION_THREAD,
    SECTION_PRIVACY,
    SECTION_MANNER,
)

FIELD_FORGET: Final = "forget"
"""The services to be left out; not kept as it is."""

KEY_FIELDS: Final = (
    const.CONF_OPENAI_KEY,
    const.CONF_ASSEMBLYAI_KEY,
    const.CONF_ELEVENLABS_KEY,
    const.CONF_PORCUPINE_KEY,
)
URL_FIELDS: Final = (
    const.CONF_OPENAI_URL,
    const.CONF_ASSEMBLYAI_URL,
    const.CONF_ELEVENLABS_URL,
)


def flat(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """What was entered, without the sections it was entered in."""
    fields = {key: value for key, value in user_input.items() if key not in SECTIONS}
    for name in SECTIONS:
        fields |= user_input.get(name, {})
    return fields


def accounts(data: Mapping[str, Any]) -> probatio.Schema:
    """The accounts; services whose keys are known can be left out from now on.

    Keys that are known already are never sent to a browser.
    """
    fields: dict[Any, Any] = {
        probatio.Optional(probatio.Secret(key)): PASSWORD for key in KEY_FIELDS
    }
    if known := [str(service) for service, key in KEYS.items() if key in data]:
        fields[probatio.Optional(FIELD_FORGET, default=list)] = SelectSelector(
            SelectSelectorConfig(
                options=known, multiple=True, translation_key="service"
            )
        )
    region = data.get(const.CONF_ASSEMBLYAI_REGION, Region.US)
    servers: dict[Any, Any] = {
        probatio.Required(const.CONF_ASSEMBLYAI_REGION, default=region): translated(
            Region, const.CONF_ASSEMBLYAI_REGION
        )
    }
    servers |= {clearable(data, key): URL for key in URL_FIELDS}
    fields[probatio.Required(SECTION_SERVERS, default=dict)] = folded(servers)
    return probatio.Schema(fields)


def keys(fields: Iterable[str]) -> probatio.Schema:
    """The keys that must be given again."""
    return probatio.Schema(
        {probatio.Required(probatio.Secret(key)): PASSWORD for key in fields}
    )
