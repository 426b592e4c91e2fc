"""Devices that are lost, and come back."""

import threading
import time
from pathlib import Path

import pytest

from custom_components.reply_satellite.voice.hearing import listener as listener_module
from custom_components.reply_satellite.voice.hearing.heard import (
    KeywordHeard,
    MicrophoneLost,
    MicrophoneOpened,
    RecordingEnded,
)
from custom_components.reply_satellite.voice.hearing.listener import Listener
from custom_components.reply_satellite.voice.hearing.microphone import (
    DeviceError,
    Fault,
)
from custom_components.reply_satellite.voice.hearing.spotter import Keyword

from .conftest import MakeListener
from .hardware import (
    GONE,
    Device,
    Posts,
    Socket,
    marked,
    noise,
    until,
)

ARMED = {Keyword.COMPUTER: 0.5}


@pytest.fixture
def quick_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a hundredth of the time for a lost device."""
    monkeypatch.setattr(listener_module, "FIRST_WAIT", 0.005)
    monkeypatch.setattr(listener_module, "LONGEST_WAIT", 0.3)


@pytest.mark.usefixtures("quick_waits")
def test_lost_device_is_opened_until_it_is_back(
    make_listener: MakeListener, posts: Posts
) -> None:
    busy = DeviceError(Fault.BUSY, "in use")
    socket = Socket(
        Device(noise(1), GONE),
        busy,
        busy,
        Device(GONE),
        Device(marked(noise(2), computer=1.0), name="Other"),
    )
    listener = make_listener(socket)
    listener.arm(ARMED)
    listener.start()
    word = posts.wait_for(KeywordHeard)
    assert posts.all == [
        MicrophoneOpened("Device"),
        MicrophoneLost(Fault.GONE, "unplugged"),
        MicrophoneLost(Fault.BUSY, "in use"),
        MicrophoneLost(Fault.GONE, "unplugged"),
        MicrophoneOpened("Other"),
        word,
    ]
    assert word.end == 2.0


def test_waits_are_doubled_up_to_the_longest(
    make_listener: MakeListener, posts: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    enough = threading.Event()

    def wait(_self: Listener, seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 9:
            enough.set()
            time.sleep(0.01)

    monkeypatch.setattr(Listener, "_obey_for", wait)
    listener = make_listener(Socket(GONE))
    listener.start()
    assert enough.wait(10)
    listener.stop()
    assert waits[:9] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert len(posts.of(MicrophoneLost)) == 1


@pytest.mark.parametrize("end", [GONE, bytes(32_000 * 11)], ids=["lost", "zeros"])
def test_waits_begin_anew_after_steady_sound(
    make_listener: MakeListener, monkeypatch: pytest.MonkeyPatch, end: bytes | Exception
) -> None:
    waits: list[float] = []
    enough = threading.Event()

    def wait(_self: Listener, seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 5:
            enough.set()
            time.sleep(0.01)

    monkeypatch.setattr(Listener, "_obey_for", wait)
    short, steady = Device(noise(1), GONE), Device(noise(11), end)
    listener = make_listener(Socket(GONE, short, GONE, steady, GONE))
    listener.start()
    assert enough.wait(10)
    listener.stop()
    assert waits[:5] == [0.5, 1, 2, 0.5, 1]


def test_orders_are_done_while_the_device_is_lost(
    make_listener: MakeListener, posts: Posts, tmp_path: Path
) -> None:
    listener = make_listener(Socket(Device(noise(1), GONE), GONE))
    listener.start()
    posts.wait_for(MicrophoneLost)
    listener.begin_recording(tmp_path / "a.pcm", since=0.5)
    listener.end_recording()
    assert posts.wait_for(RecordingEnded).recording.seconds == 0.5


def test_recording_goes_on_when_the_device_is_back(
    make_listener: MakeListener, posts: Posts, tmp_path: Path
) -> None:
    first = Device(noise(1))
    listener = make_listener(Socket(first, Device(noise(1, seed=2))))
    listener.start()
    until(lambda: listener.position == 1.0)
    listener.begin_recording(tmp_path / "a.pcm", since=0)
    first.bring(GONE)
    posts.wait_for(MicrophoneOpened, 2)
    until(lambda: listener.position == 2.0)
    listener.stop()
    assert (tmp_path / "a.pcm").read_bytes() == noise(1) + noise(1, seed=2)


def test_zeros_open_the_device_again(make_listener: MakeListener, posts: Posts) -> None:
    socket = Socket(Device(bytes(32_000 * 11)), Device(noise(1)))
    listener = make_listener(socket)
    listener.start()
    posts.wait_for(MicrophoneOpened, 2)
    assert socket.opened == 2
    assert not posts.of(MicrophoneLost)


@pytest.mark.usefixtures("quick_waits")
def test_fault_of_our_own_is_a_loss_not_an_end(
    make_listener: MakeListener, posts: Posts, caplog: pytest.LogCaptureFixture
) -> None:
    socket = Socket(Device(noise(1), ZeroDivisionError()), Device(noise(1)))
    listener = make_listener(socket)
    listener.start()
    posts.wait_for(MicrophoneOpened, 2)
    assert posts.of(MicrophoneLost) == [
        MicrophoneLost(Fault.FAILED, "ZeroDivisionError")
    ]
    assert "ZeroDivisionError" in caplog.text
    caplog.clear()
