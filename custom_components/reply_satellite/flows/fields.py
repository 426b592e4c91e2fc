"""What the forms of the flows are made of: fields that keep what was chosen."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import probatio
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..const import DEFAULTS

PASSWORD: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
)
URL: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))


def number(
    least: float, most: float, step: float = 1, unit: str | None = None
) -> NumberSelector:
    """A number in a box, or on a slider where it has no unit."""
    config = NumberSelectorConfig(min=least, max=most, step=step)
    config["mode"] = NumberSelectorMode.BOX if unit else NumberSelectorMode.SLIDER
    if unit:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


def choice(
    options: Iterable[tuple[str, str]], *, custom: bool = False, multiple: bool = False
) -> SelectSelector:
    """A list of (value, words); with `custom`, anything else may be typed."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[SelectOptionDict(value=v, label=words) for v, words in options],
            mode=SelectSelectorMode.DROPDOWN,
            custom_value=custom,
            multiple=multiple,
        )
    )


def translated(options: Iterable[str], translation_key: str) -> SelectSelector:
    """A list whose words are in the translations."""
    return SelectSelector(
        SelectSelectorConfig(
            options=list(options),
            mode=SelectSelectorMode.DROPDOWN,
            translation_key=translation_key,
        )
    )


def entity(
    domain: str, *, multiple: bool = False, without: Collection[str] = ()
) -> EntitySelector:
    """Entities of a domain."""
    config = EntitySelectorConfig(filter=[{"domain": domain}], multiple=multiple)
    if without:
        config["exclude_entities"] = list(without)
    return EntitySelector(config)


def folded(fields: Mapping[Any, Any]) -> section:
    """A section that is closed until somebody opens it."""
    return section(probatio.Schema(dict(fields)), {"collapsed": True})


def kept(data: Mapping[str, Any], *keys: str) -> list[probatio.Required]:
    """Fields that always have a value: the satellite's own, or the default."""
    return [
        probatio.Required(key, default=data.get(key, DEFAULTS.get(key))) for key in keys
    ]


def clearable(data: Mapping[str, Any], key: str) -> probatio.Optional:
    """A field that may be left empty."""
    return probatio.Optional(key, description={"suggested_value": data.get(key)})
