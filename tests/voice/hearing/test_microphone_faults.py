"""What can happen to a microphone, to each way of reading it."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from custom_components.reply_satellite.voice.hearing import (
    ffmpeg_microphone,
    health,
    piped_microphone,
    pyaudio_microphone,
    soundcard_microphone,
)
from custom_components.reply_satellite.voice.hearing import (
    listener as listener_module,
)
from custom_components.reply_satellite.voice.hearing.heard import (
    Audio,
    MicrophoneLost,
    MicrophoneOpened,
    MicrophoneSilent,
    RecordingEnded,
)
from custom_components.reply_satellite.voice.hearing.inputs import open_microphone
from custom_components.reply_satellite.voice.hearing.listener import Listener
from custom_components.reply_satellite.voice.hearing.microphone import (
    Fault,
    Microphone,
)
from custom_components.reply_satellite.voice.hearing.soundcard_microphone import (
    SoundcardMicrophone,
)
from tests.house.sound import Sink, SoundCard

from .hardware import MarkSpotter, Posts, level_at, until

pytestmark = [pytest.mark.sound, pytest.mark.faults]

type Open = Callable[[], Microphone]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a second for dead, and try again within the same."""
    for module in (ffmpeg_microphone, soundcard_microphone):
        monkeypatch.setattr(module, "CENSUS_SECONDS", 1.0)
    for module in (piped_microphone, pyaudio_microphone):
        monkeypatch.setattr(module, "FRAMES_TIMEOUT", 1.0)
    monkeypatch.setattr(listener_module, "LONGEST_WAIT", 1.0)


@contextmanager
def _listening(open_it: Open, posts: Posts) -> Iterator[Listener]:
    """Listen, and see that nothing is left of it."""
    threads = threading.active_count()
    listener = Listener(open_microphone=open_it, make_spotter=MarkSpotter, post=posts)
    listener.start()
    try:
        yield listener
    finally:
        listener.stop()
    assert threading.active_count() == threads


def _check(posts: Posts, *faults: Fault) -> None:
    """See that it was told once down and once up, for one of these reasons."""
    health_told = posts.of(MicrophoneOpened, MicrophoneLost)
    assert [type(told) for told in health_told] == [
        MicrophoneOpened,
        MicrophoneLost,
        MicrophoneOpened,
    ]
    assert posts.of(MicrophoneLost)[0].reason in faults


def test_sound_server_is_killed_and_restarted_in_mid_recording(
    open_it: Open, posts: Posts, sounding: SoundCard, room_sound: Path, tmp_path: Path
) -> None:
    with _listening(open_it, posts) as listener:
        posts.wait_for(MicrophoneOpened)
        listener.begin_recording(tmp_path / "a.pcm", since=listener.position)
        posts.wait_for(Audio, 10)
        sounding.kill()
        posts.wait_for(MicrophoneLost)
        before = listener.position
        sounding.start()
        playing = sounding.start_playing(room_sound)
        posts.wait_for(MicrophoneOpened, 2)
        posts.wait_for(Audio, len(posts.of(Audio)) + 10)
        listener.end_recording()
        ended = posts.wait_for(RecordingEnded)
        playing.stop()
    _check(posts, Fault.GONE, Fault.STALLED)
    assert ended.ended > before
    told = b"".join(audio.samples for audio in posts.of(Audio))
    assert ended.recording.path.read_bytes() == told


@pytest.mark.parametrize("way", ["ffmpeg", "soundcard"])
def test_named_source_is_unplugged_and_plugged_in(
    open_it: Open, posts: Posts, sounding: SoundCard, room_sound: Path
) -> None:
    """PulseAudio moves whoever listened to another source, which is not to be heard."""
    with _listening(open_it, posts):
        posts.wait_for(MicrophoneOpened)
        sounding.unplug(Sink.ROOM)
        posts.wait_for(MicrophoneLost)
        sounding.plug_in(Sink.ROOM)
        playing = sounding.start_playing(room_sound)
        posts.wait_for(MicrophoneOpened, 2)
        playing.stop()
    _check(posts, Fault.GONE)


@pytest.mark.parametrize("id_", ["default", "pulse:default"])
def test_default_follows_the_default(
    id_: str, posts: Posts, sounding: SoundCard, room_sound: Path, tmp_path: Path
) -> None:
    with _listening(lambda: open_microphone(id_, "ffmpeg"), posts) as listener:
        posts.wait_for(MicrophoneOpened)
        sounding.unplug(Sink.ROOM)
        sounding.plug_in(Sink.ROOM)
        playing = sounding.start_playing(room_sound)
        listener.begin_recording(tmp_path / "a.pcm", since=listener.position)
        posts.wait_for(Audio, 50)
        playing.stop()
    told = b"".join(audio.samples for audio in posts.of(Audio)[-20:])
    assert level_at(told, 1_000) > 0.9
    assert not posts.of(MicrophoneLost)


def test_soundcard_is_opened_again_when_the_default_changes(
    posts: Posts, sounding: SoundCard
) -> None:
    with _listening(lambda: SoundcardMicrophone(None), posts):
        posts.wait_for(MicrophoneOpened)
        sounding.control("set-default-source", Sink.LOUDSPEAKER.monitor)
        posts.wait_for(MicrophoneOpened, 2)
    _check(posts, Fault.GONE)


def test_sound_card_is_suspended_and_resumed(
    open_it: Open, posts: Posts, sounding: SoundCard
) -> None:
    with _listening(open_it, posts):
        posts.wait_for(MicrophoneOpened)
        sounding.suspend(Sink.ROOM)
        posts.wait_for(MicrophoneLost)
        sounding.suspend(Sink.ROOM, suspended=False)
        posts.wait_for(MicrophoneOpened, 2)
    _check(posts, Fault.STALLED)


def test_sound_server_hangs_and_goes_on(
    open_it: Open, posts: Posts, sounding: SoundCard
) -> None:
    assert sounding._daemon is not None
    daemon = sounding._daemon.pid
    with _listening(open_it, posts):
        posts.wait_for(MicrophoneOpened)
        os.kill(daemon, signal.SIGSTOP)
        try:
            posts.wait_for(MicrophoneLost)
        finally:
            os.kill(daemon, signal.SIGCONT)
        posts.wait_for(MicrophoneOpened, 2, seconds=40)
    _check(posts, Fault.STALLED)


def test_sound_server_that_hangs_does_not_hold_up_stop(
    open_it: Open, posts: Posts, sounding: SoundCard
) -> None:
    assert sounding._daemon is not None
    daemon = sounding._daemon.pid
    with _listening(open_it, posts) as listener:
        posts.wait_for(MicrophoneOpened)
        os.kill(daemon, signal.SIGSTOP)
        try:
            listener.stop()
        finally:
            os.kill(daemon, signal.SIGCONT)
        # What PortAudio left behind ends as soon as it can.
        until(lambda: "reply_satellite portaudio" not in _threads())


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


def test_muted_microphone_is_silent_not_lost(
    open_it: Open, posts: Posts, sounding: SoundCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "SILENT_SECONDS", 0.5)
    monkeypatch.setattr(health, "REOPEN_SECONDS", 1.0)
    with _listening(open_it, posts):
        posts.wait_for(MicrophoneOpened)
        sounding.control("set-source-mute", Sink.ROOM.monitor, "1")
        posts.wait_for(MicrophoneSilent)
        sounding.control("set-source-mute", Sink.ROOM.monitor, "0")
        posts.wait_for(MicrophoneOpened, 2)
    assert not posts.of(MicrophoneLost)
    assert len(posts.of(MicrophoneSilent)) == 1


def test_machine_without_a_sound_server_gets_one(
    open_it: Open, posts: Posts, sound_card: SoundCard, room_sound: Path
) -> None:
    sound_card.kill()
    with _listening(open_it, posts):
        posts.wait_for(MicrophoneLost)
        sound_card.start()
        playing = sound_card.start_playing(room_sound)
        posts.wait_for(MicrophoneOpened)
        playing.stop()
    assert posts.of(MicrophoneLost)[0].reason is Fault.GONE
