"""The satellite, measured from outside while somebody speaks to it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.house.house import DOMAIN, House
from tests.house.turns import NotHeard, watch_turn

from .loudspeaker import at_the_loudspeaker
from .measured import Measured
from .scene import REPLY, Spoken, Stage

_TRIES = 3

type WhenPlaying = Callable[[float], Awaitable[None]]
"""Told the monotonic time at which the sound began."""


async def measure_turn(
    house: House,
    stage: Stage,
    spoken: Spoken,
    folder: Path,
    dropped: list[str],
    reply: str = REPLY,
) -> Measured:
    """Speak a request into the room, as `heard` does. Raises NotHeard, TimeoutError."""
    return await heard(partial(_measure, house, stage, spoken, folder, reply), dropped)


async def heard[T](say: Callable[[], Awaitable[T]], dropped: list[str]) -> T:
    """Speak, again if the turn was not heard or failed, which `dropped` is told.

    Raises NotHeard, TimeoutError.
    """
    for left in reversed(range(_TRIES)):
        try:
            return await say()
        except NotHeard as error:
            dropped.append(f"{error}")
            if not left:
                raise
    raise AssertionError


async def _measure(
    house: House, stage: Stage, spoken: Spoken, folder: Path, reply: str
) -> Measured:
    await stage.set(spoken, reply)
    said = await speak(house, spoken, folder)
    uploads = await stage.assemblyai.requests("/v1/transcribe")
    done = [it for it in uploads if it["status"] == 200 and it["uploaded"]]
    answers = await stage.openai.requests("/v1/responses")
    speeches = await stage.elevenlabs.requests("/v1/text-to-speech")
    return Measured.of(
        speech_end=said.speech_end,
        first_audio=said.first_audio,
        records=(max(done, key=lambda it: it["uploaded"]), answers[0], speeches[0]),
        reply=reply,
        kept=said.kept,
        sounded=said.sounded,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A request that was answered; times are of time.monotonic()."""

    speech_end: float
    first_audio: float
    sounded: float
    kept: float
    """Of the request, what was recorded (0..1)."""


async def speak(
    house: House, spoken: Spoken, folder: Path, when_playing: WhenPlaying | None = None
) -> Said:
    """Speak a request into the room. Raises NotHeard, TimeoutError."""
    await house.client.call(f"{DOMAIN}.new_thread")
    sound = spoken.framed.write(folder / f"{spoken.name}.wav")
    async with at_the_loudspeaker(house.sound_card) as loudspeaker:
        async with watch_turn(house) as watched:
            playing = house.sound_card.start_playing(sound)
            if when_playing is not None:
                await when_playing(playing.started)
            await asyncio.to_thread(playing.wait, 600)
        record = watched.record
        if "first_audio" not in record["steps"]:
            raise NotHeard(f"the turn was {record['outcome']}: {record['failure']}")
        # Both clocks of this machine: the record's times on the stand-ins' clock.
        began = record["began"] - time.time() + time.monotonic()
        first_audio = began + record["steps"]["first_audio"]
        # Before that it was a chime.
        sounded = await loudspeaker.first_sound(first_audio)
    first, last = spoken.framed.parts[0], spoken.framed.parts[-1]
    return Said(
        speech_end=playing.started + last.end,
        first_audio=first_audio,
        sounded=sounded,
        kept=min(1.0, record["recorded"] / (last.end - first.start)),
    )
