"""Text to speech, off the event loop: flite for English, espeak-ng for the rest."""

import asyncio
import tempfile
import wave
from collections import OrderedDict
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from .waves import convert

_WORDS_PER_MINUTE = 150
_PAUSES = (
    "silenceremove=start_periods=1:start_threshold=-40dB:start_silence=0.03"
    ":stop_periods=-1:stop_threshold=-40dB:stop_duration=0.12:stop_silence=0.12"
)
"""flite is silent for 0.4 s around whatever it says; a real voice hardly is, and so the
pauses that are heard between two requests are those of the one who joins them."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks: a voice of flite's, and its likeness in other languages."""

    flite: str
    espeak: str = ""  # a variant, as in "en+f3"


@dataclass(frozen=True, slots=True)
class Utterance:
    """A text and how it is to be spoken."""

    text: str
    speaker: Speaker
    language: str = "en"
    speed: float = 1.0
    output_format: str = "mp3_44100_128"  # codec, Hz, and kbit/s
    silence: float | None = None  # seconds of it, instead of the text


class Voice:
    """Speaks, and remembers what it has spoken."""

    def __init__(self, *, keep: int = 512) -> None:
        """Remember the last `keep` utterances."""
        self._spoken: OrderedDict[Utterance, bytes] = OrderedDict()
        self._keep = keep
        self._at_work = asyncio.Semaphore(2)  # programs at a time

    async def speak(self, utterance: Utterance) -> bytes:
        """The utterance as audio in its format.

        Raises:
            AudioError: it could not be encoded.
        """
        if (known := self._spoken.get(utterance)) is not None:
            return known
        async with self._at_work:
            made = await _encode(await _synthesise(utterance), utterance)
        self._spoken[utterance] = made
        if len(self._spoken) > self._keep:
            self._spoken.popitem(last=False)
        return made


async def _synthesise(utterance: Utterance) -> bytes:
    """The utterance as WAV."""
    if utterance.silence is not None:
        return _silence(utterance.silence)
    with tempfile.TemporaryDirectory(prefix="standins-") as folder:
        text, speech = Path(folder, "text"), Path(folder, "speech")
        await asyncio.to_thread(text.write_text, utterance.text + "\n")
        if utterance.language == "en":
            command = [
                *("flite", "-voice", utterance.speaker.flite),
                *("--setf", f"duration_stretch={1 / utterance.speed:.3f}"),
                *("-f", str(text), "-o", str(speech)),
            ]
        else:
            words = round(_WORDS_PER_MINUTE * utterance.speed)
            voice = utterance.language + utterance.speaker.espeak
            command = ["espeak-ng", "-v", voice, "-s", str(words)]
            command += ["-f", str(text), "-w", str(speech)]
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.DEVNULL
        )
        await process.wait()
        return await asyncio.to_thread(speech.read_bytes)


def _silence(seconds: float) -> bytes:
    """Silence as WAV of 16 kHz, mono, 16 bits."""
    made = BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(2 * round(seconds * 16_000)))
    return made.getvalue()


async def _encode(speech: bytes, utterance: Utterance) -> bytes:
    """WAV in the format that the utterance is wanted in.

    Raises:
        AudioError: ffmpeg can't.
    """
    codec, rate, *bits = utterance.output_format.split("_")
    target: tuple[str, ...] = ("-ac", "1", "-ar", rate)
    if utterance.silence is None:
        target += ("-af", _PAUSES)
    match codec:
        case "mp3":
            # No ID3 header and no Xing frame: the service streams bare frames, so
            # that the answers to successive sentences may be joined.
            target += ("-b:a", f"{bits[0]}k", "-write_xing", "0", "-id3v2_version", "0")
            target += ("-f", "mp3")
        case "pcm":
            target += ("-f", "s16le")
        case "ulaw" | "alaw":
            target += ("-f", "mulaw" if codec == "ulaw" else "alaw")
        case "opus":
            target += ("-c:a", "libopus", "-b:a", f"{bits[0]}k", "-f", "ogg")
    return await convert(speech, ("-i", "pipe:0"), (*target, "pipe:1"))
