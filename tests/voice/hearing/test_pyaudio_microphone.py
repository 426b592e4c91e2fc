"""PyAudio on cards that this machine has not got.

The card is made of numbers here; everything around it is PyAudio's own.
"""

import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pyaudio
import pytest

from custom_components.reply_satellite.voice.hearing import pyaudio_microphone
from custom_components.reply_satellite.voice.hearing.microphone import (
    CHUNK_BYTES,
    DeviceError,
    Fault,
)
from custom_components.reply_satellite.voice.hearing.pyaudio_microphone import (
    PyAudioMicrophone,
    list_pyaudio_inputs,
)

from .hardware import level_at, pcm


class Stream:
    """An open stream of a Card."""

    active = True

    def close(self) -> None:
        """Let go."""

    def is_active(self) -> bool:
        """Tell whether sound may come."""
        return self.active


class Card:
    """PortAudio with cards that bring a tone at the rates they know, or refuse."""

    names: ClassVar[list[str]] = ["HDA Intel: ALC (hw:1,0)", "USB Mic: Audio (hw:2,0)"]
    rates: ClassVar[set[int]] = {48_000}
    channels: ClassVar[set[int]] = {2}
    refusal: ClassVar[Exception | None] = None
    blocks = 25
    status = 0
    hang: ClassVar[threading.Event | None] = None
    opened: ClassVar[list[tuple[int, int, int]]] = []
    terminated = 0
    stream = Stream()
    down: ClassVar[Exception | None] = None

    def __init__(self) -> None:
        """Initialise PortAudio."""
        if self.down is not None:
            raise self.down

    def get_device_count(self) -> int:
        """Count the devices."""
        return len(self.names) + 1

    def get_device_info_by_index(self, index: int) -> dict[str, Any]:
        """Describe a device."""
        if index == len(self.names):
            return {"index": index, "name": "Loudspeaker", "maxInputChannels": 0}
        return {
            "index": index,
            "name": self.names[index],
            "maxInputChannels": 2,
            "defaultSampleRate": 48_000.0,
        }

    def get_default_input_device_info(self) -> dict[str, Any]:
        """Describe the default."""
        if not self.names:
            raise OSError("No Default Input Device Available")
        return self.get_device_info_by_index(0)

    def open(
        self,
        *,
        rate: int,
        channels: int,
        input_device_index: int,
        frames_per_buffer: int,
        stream_callback: Callable[..., Any],
        **_more: object,
    ) -> Stream:
        """Bring all the sound there is, at once."""
        if self.hang is not None:
            self.hang.wait(10)
        if self.refusal is not None:
            raise self.refusal
        if rate not in self.rates:
            raise OSError(-9997, "Invalid sample rate")
        if channels not in self.channels:
            raise OSError(-9998, "Invalid number of channels")
        self.opened.append((input_device_index, rate, channels))
        times = np.arange(self.blocks * frames_per_buffer) / rate
        tone = np.repeat(5_000 * np.sin(2 * np.pi * 1_000 * times), channels)
        size = 2 * channels * frames_per_buffer
        sound = pcm(tone)
        for at in range(0, len(sound), size):
            stream_callback(sound[at : at + size], frames_per_buffer, None, self.status)
        return self.stream

    def terminate(self) -> None:
        """Be done."""
        type(self).terminated += 1


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> type[Card]:
    class ThisCard(Card):
        opened: ClassVar[list[tuple[int, int, int]]] = []
        stream = Stream()

    monkeypatch.setattr(pyaudio, "PyAudio", ThisCard)
    return ThisCard


def test_card_that_only_knows_48_khz_stereo_is_converted(card: type[Card]) -> None:
    with PyAudioMicrophone("USB Mic: Audio (hw:2,0)") as microphone:
        sound = [microphone.read() for _ in range(20)]
    assert card.opened == [(1, 48_000, 2)]
    assert {len(chunk) for chunk in sound} == {CHUNK_BYTES}
    assert level_at(b"".join(sound[5:]), 1_000) > 0.99


def test_card_that_knows_16_khz_is_asked_for_it(card: type[Card]) -> None:
    card.rates, card.channels = {16_000, 48_000}, {1, 2}
    with PyAudioMicrophone(None) as microphone:
        assert microphone.name == "HDA Intel: ALC (hw:1,0)"
    assert card.opened == [(0, 16_000, 1)]


def test_card_is_found_though_its_number_changed(card: type[Card]) -> None:
    with PyAudioMicrophone("USB Mic: Audio (hw:0,0)") as microphone:
        assert microphone.name == "USB Mic: Audio (hw:2,0)"


def test_card_in_use_is_busy(card: type[Card]) -> None:
    card.refusal = OSError(-9985, "Device unavailable")
    with pytest.raises(DeviceError, match="Device unavailable") as raised:
        PyAudioMicrophone(None)
    assert raised.value.fault is Fault.BUSY
    assert card.terminated == 1


def test_no_card_is_gone(card: type[Card]) -> None:
    card.names = []
    with pytest.raises(DeviceError, match="No Default Input") as raised:
        PyAudioMicrophone(None)
    assert raised.value.fault is Fault.GONE


def test_portaudio_that_does_not_initialise_is_gone(card: type[Card]) -> None:
    card.down = OSError(-9999, "Unanticipated host error")
    for attempt in (list_pyaudio_inputs, lambda: PyAudioMicrophone(None)):
        with pytest.raises(DeviceError, match="Unanticipated host error") as raised:
            attempt()
        assert raised.value.fault is Fault.GONE


def test_fault_of_our_own_is_not_waited_for(card: type[Card]) -> None:
    card.refusal = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        PyAudioMicrophone(None)
    assert card.terminated == 1


def test_stream_that_does_not_close_does_not_keep_portaudio(
    card: type[Card], monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[type[BaseException]] = []

    def fail() -> None:
        raise OSError(-9988, "Stream closed")

    monkeypatch.setattr(card.stream, "close", fail)
    monkeypatch.setattr(
        threading, "excepthook", lambda told: errors.append(told.exc_type)
    )
    PyAudioMicrophone(None).close()
    assert errors == [OSError]
    assert card.terminated == 1


def test_inputs_are_those_that_record(card: type[Card]) -> None:
    card.names = ["Mic", "Mic", "Other"]
    listed = list_pyaudio_inputs()
    assert [(each.id, each.name) for each in listed] == [
        ("pyaudio:Mic", "Mic (PyAudio)"),
        ("pyaudio:Other", "Other (PyAudio)"),
    ]


def test_overflows_are_counted_and_their_sound_is_kept(card: type[Card]) -> None:
    card.status = pyaudio.paInputOverflow
    card.blocks = 3
    with PyAudioMicrophone(None) as microphone:
        for _ in range(2):
            microphone.read()
        assert microphone.overflows == 3


def test_sound_nobody_takes_is_an_overflow(card: type[Card]) -> None:
    card.blocks = 260
    with PyAudioMicrophone(None) as microphone:
        assert microphone.overflows == 10


def test_stream_that_ended_is_gone(card: type[Card]) -> None:
    card.blocks = 1
    card.stream.active = False
    with PyAudioMicrophone(None) as microphone, pytest.raises(DeviceError) as raised:
        deque(iter(microphone.read, b""), maxlen=0)
    assert raised.value.fault is Fault.GONE


def test_card_that_hangs_while_opening_is_left_behind(
    card: type[Card], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pyaudio_microphone, "_OPEN_TIMEOUT", 0.1)
    card.hang = threading.Event()
    with pytest.raises(DeviceError) as raised:
        PyAudioMicrophone(None)
    assert raised.value.fault is Fault.STALLED
    with pytest.raises(DeviceError) as raised:
        PyAudioMicrophone(None)
    assert raised.value.fault is Fault.STALLED
    with pytest.raises(DeviceError, match="does not answer"):
        list_pyaudio_inputs()
    card.hang.set()
    for thread in threading.enumerate():
        if thread.name == "reply_satellite portaudio":
            thread.join(10)
    assert card.terminated == 1


def test_pyaudio_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyaudio", None)
    for attempt in (list_pyaudio_inputs, lambda: PyAudioMicrophone("x")):
        with pytest.raises(DeviceError) as raised:
            attempt()
        assert raised.value.fault is Fault.NOT_INSTALLED
