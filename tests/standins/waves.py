"""Audio as it comes in over the wire: WAV headers, and any container by ffmpeg."""

import asyncio
import struct
from dataclasses import dataclass


class AudioError(Exception):
    """Audio that can't be decoded."""


@dataclass(frozen=True, slots=True)
class WaveFormat:
    """What a WAV header says, and where its samples begin."""

    rate: int  # Hz
    channels: int
    bits: int
    offset: int  # bytes


def read_header(head: bytes) -> WaveFormat | None:
    """The format in a WAV file's first bytes; None if they don't reach far enough.

    Raises:
        AudioError: it is not WAV, or not plain PCM.
    """
    if len(head) >= 12 and (head[:4] != b"RIFF" or head[8:12] != b"WAVE"):
        raise AudioError("not a WAV container")
    place, found = 12, None
    while len(head) >= place + 8:
        name, size = struct.unpack_from("<4sI", head, place)
        if name == b"data" and found is not None:
            code, channels, rate, bits = found
            if code != 1:
                raise AudioError(f"WAV codec {code} is not PCM")
            return WaveFormat(rate, channels, bits, place + 8)
        if name == b"fmt " and len(head) >= place + 24:
            code, channels, rate, _, _, bits = struct.unpack_from(
                "<HHIIHH", head, place + 8
            )
            found = (code, channels, rate, bits)
        place += 8 + size + size % 2
    return None


async def decode(data: bytes, rate: int) -> bytes:
    """Any container's first audio stream as S16LE mono of that rate in Hz.

    Raises:
        AudioError: there is none in it.
    """
    arguments = ("-f", "s16le", "-ac", "1", "-ar", str(rate), "pipe:1")
    return await convert(data, ("-i", "pipe:0"), arguments)


async def convert(data: bytes, source: tuple[str, ...], sink: tuple[str, ...]) -> bytes:
    """Audio through ffmpeg, from standard input to standard output.

    Raises:
        AudioError: ffmpeg could make nothing of it.
    """
    process = await asyncio.create_subprocess_exec(
        *("ffmpeg", "-hide_banner", "-loglevel", "error", *source, *sink),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        made, complaint = await process.communicate(data)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not made:
        raise AudioError(complaint.decode(errors="replace").strip() or "no audio")
    return made
