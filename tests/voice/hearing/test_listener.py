"""The listener's thread: its orders, its life, its faults."""

import threading
from functools import partial
from pathlib import Path
from typing import override

import pytest

from custom_components.reply_satellite.voice.hearing import listener as listener_module
from custom_components.reply_satellite.voice.hearing.heard import (
    Audio,
    KeywordHeard,
    LevelMeasured,
    MicrophoneLost,
    MicrophoneOpened,
    RecordingEnded,
    SpotterFailed,
)
from custom_components.reply_satellite.voice.hearing.listener import Listener
from custom_components.reply_satellite.voice.hearing.microphone import (
    DeviceError,
    Microphone,
)
from custom_components.reply_satellite.voice.hearing.spotter import Keyword, Spotter

from .conftest import MakeListener
from .hardware import (
    GONE,
    SPOTTER_ERROR,
    Device,
    MarkSpotter,
    Posts,
    Socket,
    marked,
    noise,
    until,
)

ARMED = {Keyword.COMPUTER: 0.5, Keyword.REPLY: 0.5}


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


def test_hears_a_word_and_records_to_another(
    make_listener: MakeListener, posts: Posts, tmp_path: Path
) -> None:
    sound = marked(noise(6), computer=3.0, reply=5.0)
    device = Device(sound[: 4 * 32_000])
    listener = make_listener(Socket(device))
    listener.arm(ARMED)
    listener.start()
    computer = posts.wait_for(KeywordHeard)
    listener.begin_recording(tmp_path / "a.pcm", since=computer.end)
    device.bring(sound[4 * 32_000 :])
    reply = posts.wait_for(KeywordHeard, 2)
    until(lambda: listener.position == 6.0)
    listener.end_recording()
    device.bring(noise(0.1))
    ended = posts.wait_for(RecordingEnded)
    listener.stop()
    assert posts.all[0] == MicrophoneOpened("Device")
    assert (computer.end, reply.end) == (3.0, 5.0)
    assert (ended.recording.began, ended.ended) == (3.0, 6.0)
    assert ended.recording.path.read_bytes() == sound[3 * 32_000 :]
    assert b"".join(audio.samples for audio in posts.of(Audio)) == sound[3 * 32_000 :]
    assert device.closed.is_set()


def test_stop_ends_a_read_that_waits_and_joins(
    make_listener: MakeListener, posts: Posts
) -> None:
    device = Device(noise(1))
    listener = make_listener(Socket(device))
    listener.start()
    posts.wait_for(MicrophoneOpened)
    assert "reply_satellite listener" in _threads()
    listener.stop()
    assert "reply_satellite listener" not in _threads()
    assert device.closed.is_set()
    assert not posts.of(MicrophoneLost)


def test_stop_ends_a_wait_for_a_lost_device(
    make_listener: MakeListener, posts: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "FIRST_WAIT", 1_000.0)
    listener = make_listener(Socket(GONE))
    listener.start()
    posts.wait_for(MicrophoneLost)
    listener.stop()
    assert "reply_satellite listener" not in _threads()


def test_starts_and_stops_again_and_again(
    make_listener: MakeListener, posts: Posts
) -> None:
    devices = [Device(noise(1)) for _ in range(3)]
    listener = make_listener(Socket(*devices))
    for turn, device in enumerate(devices, start=1):
        listener.start()
        listener.start()
        posts.wait_for(MicrophoneOpened, turn)
        until(partial(_is_at, listener, turn))
        listener.stop()
        listener.stop()
        assert device.closed.is_set()
    assert "reply_satellite listener" not in _threads()


def test_armed_words_stay_armed_over_a_stop(
    make_listener: MakeListener, posts: Posts
) -> None:
    listener = make_listener(
        Socket(Device(noise(2)), Device(marked(noise(1), computer=0.5)))
    )
    listener.arm(ARMED)
    listener.start()
    until(lambda: listener.position == 2.0)
    listener.stop()
    listener.start()
    assert posts.wait_for(KeywordHeard).end == 2.5


def test_recording_does_not_hear_what_was_before_a_stop(
    make_listener: MakeListener, posts: Posts, tmp_path: Path
) -> None:
    """Listening was switched off: what was said till then is nobody's business."""
    listener = make_listener(Socket(Device(noise(2)), Device(noise(1, seed=2))))
    listener.start()
    until(lambda: listener.position == 2.0)
    listener.stop()
    listener.start()
    until(lambda: listener.position == 3.0)
    listener.begin_recording(tmp_path / "a.pcm", since=0.5)
    listener.stop()
    assert posts.of(RecordingEnded)[0].recording.began == 2.0
    assert (tmp_path / "a.pcm").read_bytes() == noise(1, seed=2)


def test_stop_ends_the_recording(
    make_listener: MakeListener, posts: Posts, tmp_path: Path
) -> None:
    device = Device(noise(1))
    listener = make_listener(Socket(device))
    listener.start()
    until(lambda: listener.position == 1.0)
    listener.begin_recording(tmp_path / "a.pcm", since=0.25)
    device.bring(noise(1))
    until(lambda: listener.position == 2.0)
    listener.stop()
    assert posts.all[-1] == posts.of(RecordingEnded)[0]
    assert posts.of(RecordingEnded)[0].recording.seconds == 1.75


def test_level_is_told_when_wanted(make_listener: MakeListener, posts: Posts) -> None:
    listener = make_listener(Socket(Device(noise(2))))
    listener.measure_level(wanted=True)
    listener.start()
    posts.wait_for(LevelMeasured, 10)


def test_order_that_fails_is_logged_and_the_rest_goes_on(
    make_listener: MakeListener, posts: Posts, caplog: pytest.LogCaptureFixture
) -> None:
    listener = make_listener(Socket(Device(noise(2))))
    listener.begin_recording(Path("\0"), since=0)
    listener.measure_level(wanted=True)
    listener.start()
    posts.wait_for(LevelMeasured)
    assert "embedded null" in caplog.text
    caplog.clear()


def test_spotter_can_be_changed_after_it_failed(
    make_listener: MakeListener, posts: Posts
) -> None:
    def make() -> Spotter:
        raise SPOTTER_ERROR

    device = Device(noise(1))
    listener = make_listener(Socket(device), make_spotter=make)
    listener.arm(ARMED)
    listener.start()
    assert posts.wait_for(SpotterFailed).error is SPOTTER_ERROR
    listener.use_spotter(MarkSpotter)
    device.bring(noise(0.1), marked(noise(1), computer=0.5))
    posts.wait_for(KeywordHeard)


def test_overflows_are_counted_over_all_openings(
    make_listener: MakeListener, posts: Posts
) -> None:
    first, second = Device(noise(1)), Device(noise(1))
    listener = make_listener(Socket(first, second))
    assert listener.overflows == 0
    listener.start()
    posts.wait_for(MicrophoneOpened)
    first.overflows_counted = 2
    assert listener.overflows == 2
    first.bring(GONE)
    posts.wait_for(MicrophoneOpened, 2)
    second.overflows_counted = 3
    assert listener.overflows == 5
    listener.stop()
    assert listener.overflows == 5


def test_device_that_never_lets_go_does_not_hold_up_stop(
    make_listener: MakeListener,
    posts: Posts,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(listener_module, "_STOP_TIMEOUT", 0.05)
    release = threading.Event()

    class Hanging(Device):
        @override
        def close(self) -> None:
            release.wait(10)

    device = Hanging(noise(1))
    listener = make_listener(Socket(device))
    listener.start()
    posts.wait_for(MicrophoneOpened)
    listener.stop()
    assert "left behind" in caplog.text
    caplog.clear()
    with pytest.raises(DeviceError, match="does not let go"):
        listener.start()
    release.set()
    until(lambda: "reply_satellite listener" not in _threads())
    device.bring(noise(1))
    listener.start()
    posts.wait_for(MicrophoneOpened, 2)
    monkeypatch.setattr(listener_module, "_STOP_TIMEOUT", 10)


def test_opening_that_fails_after_stop_is_not_told(
    make_listener: MakeListener,
    posts: Posts,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(listener_module, "_STOP_TIMEOUT", 0.05)
    opening, release = threading.Event(), threading.Event()

    def open_it() -> Microphone:
        opening.set()
        release.wait(10)
        raise GONE

    listener = make_listener(open_it)
    listener.start()
    assert opening.wait(10)
    listener.stop()
    caplog.clear()
    release.set()
    until(lambda: "reply_satellite listener" not in _threads())
    assert not posts.all


def _is_at(listener: Listener, position: float) -> bool:
    return listener.position == position
