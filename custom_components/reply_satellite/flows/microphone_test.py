"""Listening for a few seconds, to tell in words how a microphone does."""

import logging
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from homeassistant.components.ffmpeg import get_ffmpeg_manager
from homeassistant.core import HomeAssistant

from ..voice.errors import MicrophoneError
from ..voice.hearing.inputs import open_microphone
from ..voice.hearing.level import LevelMeter
from ..voice.hearing.microphone import SAMPLE_RATE

_LOGGER = logging.getLogger(__name__)

SECONDS: Final = 5

SILENT_BELOW: Final = -65.0
"""dBFS. The loudest 125 ms of a living microphone in a silent room are above this."""

QUIET_BELOW: Final = -42.0
"""dBFS of the loudest 125 ms, under which keywords are lost in noise. Rough: speech
at arm's length is 15 to 20 dB above it on an ordinary microphone."""

CLIPPED_ABOVE: Final = -0.1
"""dBFS of a peak that can't be told from full scale."""

CLIPPED_PERIODS: Final = 3
"""One clipped peak may be a touch of the microphone; speech clips again and again."""


class Verdict(StrEnum):
    """How a microphone does."""

    GOOD = "good"
    QUIET = "quiet"
    CLIPPED = "clipped"
    SILENT = "silent"
    FAILED = "failed"


class Trial(NamedTuple):
    """What came of a test."""

    verdict: Verdict
    loudest: float
    """Root mean square of the loudest 125 ms, in dB of full scale."""


def judge(levels: list[tuple[float, float]]) -> Trial:
    """Judge levels: (root mean square, peak) of periods, in dB of full scale."""
    loudest = max((rms for rms, _ in levels), default=SILENT_BELOW)
    if loudest <= SILENT_BELOW:
        verdict = Verdict.SILENT
    elif sum(peak > CLIPPED_ABOVE for _, peak in levels) >= CLIPPED_PERIODS:
        verdict = Verdict.CLIPPED
    elif loudest < QUIET_BELOW:
        verdict = Verdict.QUIET
    else:
        verdict = Verdict.GOOD
    return Trial(verdict, loudest)


def listen(device: str, ffmpeg_binary: str, seconds: float) -> Trial:
    """Listen to a sound input. Blocking."""
    meter = LevelMeter()
    levels: list[tuple[float, float]] = []
    left = int(seconds * SAMPLE_RATE)
    try:
        with open_microphone(device, ffmpeg_binary) as microphone:
            while left > 0:
                samples = np.frombuffer(microphone.read(), np.int16)
                left -= samples.size
                if (level := meter.hear(samples)) is not None:
                    levels.append((level.rms_dbfs, level.peak_dbfs))
    except MicrophoneError as error:
        _LOGGER.warning("The microphone %s gave no sound: %s", device, error)
        return Trial(Verdict.FAILED, SILENT_BELOW)
    return judge(levels)


async def async_test_microphone(hass: HomeAssistant, device: str) -> Trial:
    """Listen to a sound input for a few seconds."""
    binary = get_ffmpeg_manager(hass).binary
    return await hass.async_add_executor_job(listen, device, binary, SECONDS)
