"""Tests of the length of audio, against what ffmpeg makes and says."""

import itertools

import pytest

from custom_components.reply_satellite.voice.speaking.length import (
    Mp3Length,
    frame,
    is_mp3,
    length_of,
)
from tests.standins.waves import convert

SECONDS = 3.0
TONE = ("-f", "lavfi", "-i", f"sine=frequency=300:duration={SECONDS}")


async def tone(extension: str, *options: str) -> bytes:
    """Three seconds of a tone, streamed as Home Assistant does."""
    return await convert(b"", TONE, ("-f", extension, *options, "pipe:1"))


def length(extension: str, audio: bytes, size: int) -> float:
    """The length of audio that comes in pieces of this size."""
    measure = length_of(extension)
    assert measure is not None
    for piece in itertools.batched(audio, size, strict=False):
        measure.feed(bytes(piece))
    return measure.seconds


@pytest.mark.parametrize("size", [1, 1000, 1_000_000])
@pytest.mark.parametrize(
    "options",
    [
        ("-ar", "44100", "-b:a", "128k"),
        ("-ar", "44100", "-q:a", "0"),
        ("-ar", "22050", "-b:a", "32k"),
        ("-ar", "16000", "-ac", "2"),
        ("-ar", "8000"),
        ("-ar", "48000", "-metadata", "title=" + "A" * 500),
    ],
)
async def test_mp3(options: tuple[str, ...], size: int) -> None:
    audio = await tone("mp3", *options)
    # The encoder fills up its first and last frames.
    assert length("mp3", audio, size) == pytest.approx(SECONDS, abs=0.2)


async def test_a_constant_bit_rate_is_exact() -> None:
    audio = await tone("mp3", "-ar", "44100", "-b:a", "128k", "-write_xing", "0")
    bare = audio[audio.index(b"\xff\xfb") :]
    assert length("mp3", bare, 999) == pytest.approx(len(bare) / 16_000, abs=0.001)


@pytest.mark.parametrize("size", [1, 1000, 1_000_000])
async def test_wav(size: int) -> None:
    audio = await tone("wav", "-ar", "16000")
    assert length("wav", audio, size) == pytest.approx(SECONDS, abs=0.001)


def test_the_length_of_other_kinds_cannot_be_told() -> None:
    assert length_of("flac") is None


def test_no_frame() -> None:
    sync = b"\xff\xfb"
    assert frame(b"") is None
    assert frame(b"\x00\x00\x00\x00") is None
    assert frame(sync + b"\x00\x00") is None  # a free bit rate
    assert frame(sync + b"\xf0\x00") is None  # a bad bit rate
    assert frame(sync + b"\x9c\x00") is None  # a reserved sample rate
    assert frame(b"\xff\xeb\x90\x00") is None  # a reserved version
    assert frame(sync + b"\x90\x00") == (417, 1152 / 44100)
    assert frame(sync + b"\x92\x00") == (418, 1152 / 44100)


def test_what_can_be_mp3() -> None:
    assert is_mp3(b"ID3\x04\x00")
    assert is_mp3(b"\xff\xfb\x90\x00")
    assert not is_mp3(b"RIFF....WAVE")
    assert not is_mp3(b"{}")


def test_noise_is_no_audio() -> None:
    measure = Mp3Length()
    measure.feed(bytes(1000))
    assert measure.seconds == 0.0
