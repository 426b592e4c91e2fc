"""The satellite, measured from outside while somebody speaks to it."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from tests.house.house import DOMAIN, House
from tests.house.turns import watch_turn

from .scene import REPLY, Spoken, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One turn; seconds."""

    span: float
    """From the end of "reply" to the first byte of audio that can be fetched."""
    noticing: float
    """From the end of "reply" to the end of the upload that it caused."""
    scripted: float
    """What the services took of the span because they were told to."""
    kept: float
    """Of the request, what reached the transcriber."""

    @property
    def overhead(self) -> float:
        """What is left of the span: our own work."""
        return self.span - self.noticing - self.scripted


async def measure_turn(
    house: House, stage: Stage, spoken: Spoken, folder: Path, reply: str = REPLY
) -> Measured:
    """Speak a request into the room. Raises NotHeard, TimeoutError."""
    await house.client.call(f"{DOMAIN}.new_thread")
    await stage.set(spoken, reply)
    sound = spoken.framed.write(folder / f"{spoken.name}.wav")
    async with watch_turn(house) as watched:
        playing = house.sound_card.start_playing(sound)
        await asyncio.to_thread(playing.wait, 300)
    record = watched.record
    # Both clocks of this machine, to put the record's times on the stand-ins' clock.
    began = record["began"] - time.time() + time.monotonic()
    first_audio = began + record["steps"]["first_audio"]
    reply_ended = playing.started + spoken.framed.parts[-1].end
    uploads = await stage.assemblyai.requests("/v1/transcribe")
    done = [it for it in uploads if it["status"] == 200 and it["uploaded"]]
    last = max(done, key=lambda it: it["uploaded"])
    answers = await stage.openai.requests("/v1/responses")
    speeches = await stage.elevenlabs.requests("/v1/text-to-speech")
    return Measured(
        span=first_audio - reply_ended,
        noticing=last["uploaded"] - reply_ended,
        scripted=last["slept"] + answers[0]["slept"] + speeches[0]["slept"],
        kept=min(1.0, record["recorded"] / spoken.framed.seconds)
        if record["recorded"]
        else 1.0,
    )
