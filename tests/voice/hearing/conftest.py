"""What the tests of this room share: a virtual sound card, and what is heard."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from custom_components.reply_satellite.voice.hearing.ear import Ear
from custom_components.reply_satellite.voice.hearing.heard import Heard
from custom_components.reply_satellite.voice.hearing.inputs import open_microphone
from custom_components.reply_satellite.voice.hearing.listener import Listener
from custom_components.reply_satellite.voice.hearing.microphone import Microphone
from custom_components.reply_satellite.voice.hearing.spotter import Spotter
from tests.house.sound import Sink, SoundCard
from tests.house.wav import write_wav

from .hardware import MarkSpotter, Posts

type MakeListener = Callable[..., Listener]

FFMPEG = "ffmpeg"

WAYS = {
    "pyaudio": "pyaudio:default",
    "ffmpeg": f"pulse:{Sink.ROOM.monitor}",
    "soundcard": f"soundcard:{Sink.ROOM.monitor}",
}
"""The id of the room's microphone, by the way it is opened."""


@pytest.fixture
def posts() -> Posts:
    """What is told."""
    return Posts()


@pytest.fixture
def ear(posts: Posts) -> Ear:
    """An ear that tells it to `posts`; its clock stands still."""
    return Ear(posts, clock=lambda: 1_000.0)


@pytest.fixture
def make_listener(posts: Posts) -> Iterator[MakeListener]:
    """Make listeners that are stopped at the end."""
    made: list[Listener] = []

    def make(
        open_it: Callable[[], Microphone],
        make_spotter: Callable[[], Spotter] = MarkSpotter,
        post: Callable[[Heard], None] = posts,
    ) -> Listener:
        listener = Listener(
            open_microphone=open_it, make_spotter=make_spotter, post=post
        )
        made.append(listener)
        return listener

    yield make
    for listener in made:
        listener.stop()


@pytest.fixture(scope="session")
def room_sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute of a room: a tone of 1 kHz and noise, so that it is never zero."""
    path = tmp_path_factory.mktemp("room") / "room.wav"
    turns = np.arange(60 * 16_000) / 16
    noise = np.random.default_rng(2).normal(0, 200, turns.size)
    write_wav(path, (3_000 * np.sin(2 * np.pi * turns) + noise).astype(np.int16))
    return path


@pytest.fixture(scope="session")
def shared_card(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundCard]:
    """One sound card for all tests that leave it as it is."""
    with SoundCard(tmp_path_factory.mktemp("card")) as card:
        yield card


@pytest.fixture
def sound_card(
    shared_card: SoundCard, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SoundCard]:
    """The machine's sound card, whole again after each test."""
    for name, value in shared_card.environment.items():
        monkeypatch.setenv(name, value)
    if not shared_card.is_running:
        shared_card.start()
    yield shared_card
    if shared_card.is_running:
        shared_card.stop()
        shared_card.start()


@pytest.fixture
def sounding(sound_card: SoundCard, room_sound: Path) -> Iterator[SoundCard]:
    """The sound card in a room that is not silent."""
    playing = sound_card.start_playing(room_sound)
    yield sound_card
    playing.stop()


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    """Each way to a microphone in turn."""
    name: str = request.param
    return name


@pytest.fixture
def open_it(way: str) -> Callable[[], Microphone]:
    """Open the room's microphone in that way."""
    return lambda: open_microphone(WAYS[way], FFMPEG)
