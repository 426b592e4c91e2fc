"""Told once down, and once up."""

from custom_components.reply_satellite.voice.hearing.health import Health
from custom_components.reply_satellite.voice.hearing.heard import (
    MicrophoneLost,
    MicrophoneOpened,
    MicrophoneSilent,
)
from custom_components.reply_satellite.voice.hearing.microphone import (
    CHUNK_BYTES,
    CHUNK_SAMPLES,
    SAMPLE_RATE,
    DeviceError,
    Fault,
)

from .hardware import Posts

SOUND = b"\1\0" * CHUNK_SAMPLES
ZEROS = bytes(CHUNK_BYTES)
CHUNKS_A_SECOND = SAMPLE_RATE / CHUNK_SAMPLES
# The first chunk that ends after three seconds.
TOLD = 3.04


def _hear(health: Health, chunk: bytes, seconds: float) -> list[float]:
    """Return the seconds at which the device should have been opened again."""
    reopened = []
    for count in range(1, round(seconds * CHUNKS_A_SECOND) + 1):
        if health.hear(chunk, "Mike"):
            reopened.append(count / CHUNKS_A_SECOND)
            health.opened()
    return reopened


def test_sound_is_told_once() -> None:
    posts = Posts()
    health = Health(posts)
    health.opened()
    assert _hear(health, SOUND, 60) == []
    assert posts.all == [MicrophoneOpened("Mike")]


def test_loss_is_told_once_down_and_once_up() -> None:
    posts = Posts()
    health = Health(posts)
    health.opened()
    _hear(health, SOUND, 1)
    for _ in range(5):
        health.lost(DeviceError(Fault.GONE, "unplugged"))
    health.opened()
    _hear(health, SOUND, 1)
    assert posts.all == [
        MicrophoneOpened("Mike"),
        MicrophoneLost(Fault.GONE, "unplugged"),
        MicrophoneOpened("Mike"),
    ]


def test_loss_is_told_again_for_another_reason() -> None:
    posts = Posts()
    health = Health(posts)
    health.lost(DeviceError(Fault.STALLED, "it hangs"))
    health.lost(DeviceError(Fault.GONE, "unplugged"))
    assert posts.all == [
        MicrophoneLost(Fault.STALLED, "it hangs"),
        MicrophoneLost(Fault.GONE, "unplugged"),
    ]


def test_zeros_are_told_after_three_seconds_once_and_sound_again() -> None:
    posts = Posts()
    health = Health(posts)
    health.opened()
    _hear(health, ZEROS, 2.9)
    assert posts.all == [MicrophoneOpened("Mike")]
    _hear(health, ZEROS, 100)
    _hear(health, SOUND, 1)
    assert posts.all == [
        MicrophoneOpened("Mike"),
        MicrophoneSilent(TOLD),
        MicrophoneOpened("Mike"),
    ]


def test_zeros_between_words_are_no_silence() -> None:
    posts = Posts()
    health = Health(posts)
    health.opened()
    for _ in range(20):
        _hear(health, ZEROS, 2.5)
        _hear(health, SOUND, 0.08)
    assert posts.all == [MicrophoneOpened("Mike")]


def test_zeros_open_the_device_again_ever_less_often() -> None:
    health = Health(Posts())
    health.opened()
    reopened = _hear(health, ZEROS, 2000)
    waits = [b - a for a, b in zip([0.0, *reopened], reopened, strict=False)]
    assert waits[:7] == [10, 20, 40, 80, 160, 300, 300]


def test_patience_is_short_again_once_opening_helped() -> None:
    health = Health(Posts())
    health.opened()
    assert _hear(health, ZEROS, 30) == [10, 30]
    _hear(health, SOUND, 60)
    assert _hear(health, ZEROS, 20) == [10]


def test_patience_stays_where_sound_comes_back_by_itself() -> None:
    """A noise gate: opening the device again would only lose words."""
    health = Health(Posts())
    health.opened()
    assert _hear(health, ZEROS, 40) == [10, 30]
    _hear(health, SOUND, 60)
    assert _hear(health, ZEROS, 39) == []


def test_device_that_comes_back_with_zeros_is_heard_of_again() -> None:
    posts = Posts()
    health = Health(posts)
    health.lost(DeviceError(Fault.BUSY))
    health.opened()
    _hear(health, ZEROS, 5)
    assert posts.all == [
        MicrophoneLost(Fault.BUSY, "busy"),
        MicrophoneOpened("Mike"),
        MicrophoneSilent(TOLD),
    ]


def test_silent_device_that_is_lost_is_told() -> None:
    posts = Posts()
    health = Health(posts)
    health.opened()
    _hear(health, ZEROS, 5)
    health.lost(DeviceError(Fault.STALLED, "nothing"))
    assert posts.all[-1] == MicrophoneLost(Fault.STALLED, "nothing")
