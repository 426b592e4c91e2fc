"""What a satellite is doing, and what its last turn was like."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .coordinator import Satellite
from .entity import SatelliteEntity
from .household import ReplySatelliteConfigEntry
from .voice.machine import Phase
from .voice.turn import Step, Turn

PARALLEL_UPDATES = 0

LONGEST_STATE = 255
"""Characters a state can hold; the whole text is in an attribute."""


@dataclass(frozen=True, kw_only=True)
class SatelliteSensorDescription(SensorEntityDescription):
    """A sensor, and how it reads the satellite."""

    value: Callable[[Satellite], str | float | dt.datetime | None]
    attributes: Callable[[Satellite], Mapping[str, Any]] = lambda _: {}
    available: Callable[[Satellite], bool] = lambda _: True


def _short(text: str) -> str | None:
    return text if len(text) <= LONGEST_STATE else f"{text[: LONGEST_STATE - 1]}…"


def _last(satellite: Satellite, holds: Callable[[Turn], object]) -> Turn | None:
    turns = reversed(satellite.memory.turns)
    return next((turn for turn in turns if holds(turn)), None)


def _transcript(satellite: Satellite) -> str:
    turn = _last(satellite, lambda turn: turn.transcript)
    return "" if turn is None else turn.transcript


def _reply(satellite: Satellite) -> str:
    turn = _last(satellite, lambda turn: turn.reply)
    return "" if turn is None else turn.reply


def _turn(satellite: Satellite) -> Mapping[str, Any]:
    if (turn := satellite.turn) is None:
        return {}
    return {
        "turn_id": turn.id,
        "thread_id": turn.thread_id,
        "outcome": turn.outcome,
        "failure": turn.failure,
        "milliseconds": turn.milliseconds(),
        "sent": turn.sent,
    }


def _hot_until(satellite: Satellite) -> dt.datetime | None:
    cools_at = satellite.threads.cools_at
    return None if cools_at is None else dt_util.utc_from_timestamp(cools_at)


def _first_audio(satellite: Satellite) -> float | None:
    """Of the last turn that was ended by the word, and spoken."""
    both = {Step.REPLY_KEYWORD, Step.FIRST_AUDIO}
    turn = _last(satellite, lambda turn: both <= turn.steps.keys())
    if turn is None:
        return None
    return turn.steps[Step.FIRST_AUDIO] - turn.steps[Step.REPLY_KEYWORD]


def _tokens(satellite: Satellite) -> int | None:
    turn = _last(satellite, lambda turn: turn.usage.output)
    return None if turn is None else turn.usage.input + turn.usage.output


def _usage(satellite: Satellite) -> Mapping[str, Any]:
    turn = _last(satellite, lambda turn: turn.usage.output)
    return {} if turn is None else turn.as_dict()["usage"]


SENSORS = (
    SatelliteSensorDescription(
        key="conversation",
        device_class=SensorDeviceClass.ENUM,
        options=[str(phase) for phase in Phase],
        value=lambda satellite: satellite.data.phase,
        attributes=_turn,
        # "idle" would say that it waits for a word. What is known of turns stays true.
        available=lambda satellite: not satellite.ears.dead,
    ),
    SatelliteSensorDescription(
        key="last_transcript",
        value=lambda satellite: _short(_transcript(satellite)),
        attributes=lambda satellite: {"text": _transcript(satellite)},
    ),
    SatelliteSensorDescription(
        key="last_reply",
        value=lambda satellite: _short(_reply(satellite)),
        attributes=lambda satellite: {"text": _reply(satellite)},
    ),
    SatelliteSensorDescription(
        key="hot_until",
        device_class=SensorDeviceClass.TIMESTAMP,
        value=_hot_until,
    ),
    SatelliteSensorDescription(
        key="time_to_first_audio",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_display_precision=2,
        entity_category=EntityCategory.DIAGNOSTIC,
        value=_first_audio,
    ),
    SatelliteSensorDescription(
        key="turn_tokens",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value=_tokens,
        attributes=_usage,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ReplySatelliteConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add every satellite's sensors."""
    for satellite in entry.runtime_data.satellites.values():
        async_add_entities(
            (SatelliteSensor(satellite, description) for description in SENSORS),
            config_subentry_id=satellite.id,
        )


class SatelliteSensor(SatelliteEntity, SensorEntity):
    """One thing known of a satellite."""

    entity_description: SatelliteSensorDescription
    _unrecorded_attributes = frozenset({"text", "milliseconds", "sent"})

    @property
    @override
    def available(self) -> bool:
        """Whether it can be known now."""
        return self.entity_description.available(self.coordinator)

    @property
    @override
    def native_value(self) -> str | float | dt.datetime | None:
        """What is known now."""
        return self.entity_description.value(self.coordinator)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """What is too long for a state, or belongs to it."""
        return self.entity_description.attributes(self.coordinator)
