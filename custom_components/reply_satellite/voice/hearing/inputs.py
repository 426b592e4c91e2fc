"""Which sound inputs there are, and which microphone opens one."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Final

from .ffmpeg_microphone import (
    SYSTEM_DEFAULT,
    Census,
    FfmpegMicrophone,
    Format,
    ffmpeg_formats,
    list_ffmpeg_inputs,
)
from .microphone import DeviceError, Fault, Input, Microphone
from .pyaudio_microphone import PyAudioMicrophone, list_pyaudio_inputs
from .soundcard_microphone import SoundcardMicrophone, list_soundcard_inputs

_LOGGER = logging.getLogger(__name__)

DEFAULT: Final = "default"
"""The id of the system's own choice, whatever that is on the day."""


def list_inputs(ffmpeg_binary: str) -> list[Input]:
    """Return every input there is, the default first. Blocks for seconds.

    Where two ways lead to the same devices, only the better one is listed.
    """
    found = [Input(DEFAULT, "Default")]
    through_pyaudio = _attempt(list_pyaudio_inputs)
    through_pulse = _attempt(
        partial(list_ffmpeg_inputs, ffmpeg_binary, Format.PULSE)
    ) or _attempt(list_soundcard_inputs)
    through_alsa = (
        []
        if through_pyaudio
        else _attempt(partial(list_ffmpeg_inputs, ffmpeg_binary, Format.ALSA))
    )
    return [*found, *through_pulse, *through_pyaudio, *through_alsa]


def _attempt(list_some: Callable[[], list[Input]]) -> list[Input]:
    """Return the inputs of one way, none where it is not installed or hangs."""
    try:
        return list_some()
    except DeviceError as fault:
        _LOGGER.debug("Inputs that can't be listed: %s", fault)
        return []


def open_microphone(id_: str, ffmpeg_binary: str) -> Microphone:
    """Open an input by its id. Blocks for seconds; raises DeviceError."""
    kind, _, name = id_.partition(":")
    match kind:
        case "pyaudio":
            return PyAudioMicrophone(name)
        case Format.PULSE | Format.ALSA:
            return FfmpegMicrophone(ffmpeg_binary, Format(kind), name)
        case "soundcard":
            return SoundcardMicrophone(name)
        case _:
            return _open_default(ffmpeg_binary)


def _open_default(ffmpeg_binary: str) -> Microphone:
    """Open the system's choice, the best way that there is."""
    try:
        return PyAudioMicrophone(None)
    except DeviceError as fault:
        refusal = fault
    formats = _formats(ffmpeg_binary)
    # That ffmpeg can speak to a PulseAudio does not mean that there is one.
    if Format.PULSE in formats and list_ffmpeg_inputs(ffmpeg_binary, Format.PULSE):
        return FfmpegMicrophone(ffmpeg_binary, Format.PULSE, SYSTEM_DEFAULT)
    has_libpulse = True
    try:
        if list_soundcard_inputs():
            return SoundcardMicrophone(None)
    except DeviceError as fault:
        _LOGGER.debug("No inputs through libpulse: %s", fault)
        has_libpulse = fault.fault is not Fault.NOT_INSTALLED
    if Format.ALSA in formats:
        return _open_alsa(ffmpeg_binary)
    if refusal.fault is not Fault.NOT_INSTALLED:
        raise refusal
    if formats or has_libpulse:
        raise DeviceError(Fault.GONE, "no PulseAudio")
    raise DeviceError(
        Fault.NOT_INSTALLED,
        "no PyAudio, no libpulse, and no ffmpeg with PulseAudio or ALSA",
    )


def _formats(ffmpeg_binary: str) -> frozenset[Format]:
    """Return what ffmpeg can read, nothing without one. Raises DeviceError."""
    try:
        return ffmpeg_formats(ffmpeg_binary)
    except DeviceError as fault:
        if fault.fault is not Fault.NOT_INSTALLED:
            raise
        _LOGGER.debug("No ffmpeg: %s", fault)
        return frozenset()


def _open_alsa(ffmpeg_binary: str) -> Microphone:
    """Open ALSA's choice, else the first input that is there.

    Its choice is the first card, which may only play, or a PulseAudio that is not
    there, as in Home Assistant's own image. One that comes, or comes back, has better
    reasons for its choice.
    """
    listed = _attempt(partial(list_ffmpeg_inputs, ffmpeg_binary, Format.ALSA))
    for name in (SYSTEM_DEFAULT, *(each.id.partition(":")[2] for each in listed)):
        census = Census(ffmpeg_binary, name=None)
        microphone = FfmpegMicrophone(ffmpeg_binary, Format.ALSA, name, census)
        if _is_there(microphone):
            return microphone
        microphone.close()
    return FfmpegMicrophone(ffmpeg_binary, Format.ALSA, SYSTEM_DEFAULT)


def _is_there(microphone: Microphone) -> bool:
    """Tell whether it is heard, or would be but for another program that has it."""
    try:
        microphone.read()
    except DeviceError as fault:
        return fault.fault is not Fault.GONE
    return True
