"""How long audio is, told from its bytes while it comes in."""

from typing import Final, Protocol

BITRATES: Final = {
    # MPEG version 1 (else 2 and 2.5), layer III, kbit/s; ISO 11172-3 2.4.2.3
    True: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
SAMPLE_RATES: Final = {
    # by the two version bits; Hz
    3: (44100, 48000, 32000),
    2: (22050, 24000, 16000),
    0: (11025, 12000, 8000),
}
HEADER: Final = 4
TAG_HEADER: Final = 10
WAV_RATE: Final = slice(28, 32)
"""Where a RIFF header has its bytes per second (Microsoft, RIFF WAVE, "fmt ")."""
WAV_CHUNK_HEADER: Final = 8


def frame(header: bytes) -> tuple[int, float] | None:
    """Read a layer III frame header; returns the frame's bytes and seconds.

    None where it is none.
    """
    if len(header) < HEADER or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return None
    version = header[1] >> 3 & 3
    bitrate, rate = header[2] >> 4, header[2] >> 2 & 3
    if version not in SAMPLE_RATES or not 0 < bitrate < 15 or rate == 3:
        return None
    sample_rate = SAMPLE_RATES[version][rate]
    samples = 1152 if version == 3 else 576
    bits = BITRATES[version == 3][bitrate - 1] * 1000
    size = samples // 8 * bits // sample_rate + (header[2] >> 1 & 1)
    return size, samples / sample_rate


class Length(Protocol):
    """The length of audio that comes in pieces of any size."""

    seconds: float
    """Length so far."""

    def feed(self, audio: bytes) -> None:
        """Take the next bytes."""


def length_of(extension: str) -> Length | None:
    """Measure audio of this kind; None where the bytes do not tell."""
    match extension:
        case "mp3":
            return Mp3Length()
        case "wav":
            return WavLength()
        case _:
            return None


class WavLength:
    """Counts the samples of a WAV file, whose header need not know how many."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seconds = 0.0
        self._header = b""
        self._bytes_per_second = 0

    def feed(self, audio: bytes) -> None:
        """Take the next bytes."""
        if not self._bytes_per_second:
            self._header += audio
            start = self._header.find(b"data") + WAV_CHUNK_HEADER
            if start < WAV_RATE.stop or len(self._header) < start:
                return
            rate = int.from_bytes(self._header[WAV_RATE], "little")
            self._bytes_per_second = max(1, rate)
            audio = self._header[start:]
        self.seconds += len(audio) / self._bytes_per_second


class Mp3Length:
    """Adds up the frames of MP3 audio that comes in pieces of any size."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seconds = 0.0
        """Length so far."""
        self._held = b""
        self._skip = 0

    def feed(self, audio: bytes) -> None:
        """Take the next bytes."""
        data = self._held + audio
        at = self._skip
        while at + TAG_HEADER <= len(data):
            if data.startswith(b"ID3", at):
                at += TAG_HEADER + tag_size(data[at + 6 : at + 10])
            elif found := frame(data[at : at + HEADER]):
                at += found[0]
                self.seconds += found[1]
            else:
                at += 1
        self._held, self._skip = data[at:], max(0, at - len(data))


def tag_size(size: bytes) -> int:
    """Read an ID3v2 size: four bytes of seven bits (id3.org, id3v2.4.0, 6.2)."""
    total = 0
    for byte in size:
        total = total << 7 | byte & 0x7F
    return total


def is_mp3(start: bytes) -> bool:
    """Whether audio that starts with these bytes can be MP3."""
    return start.startswith(b"ID3") or frame(start) is not None
