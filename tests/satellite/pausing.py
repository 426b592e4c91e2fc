"""Somebody who speaks to a satellite that thinks ahead, and pauses."""

import asyncio
from collections.abc import Callable
from typing import Any

from custom_components.reply_satellite import const
from custom_components.reply_satellite.voice.hearing.heard import QuietBegan
from custom_components.reply_satellite.voice.machine import Recording
from custom_components.reply_satellite.voice.turn import Turn

from ..residence import MakeResidence, Residence
from ..standins.exchange import Outcome, Record
from ..standins.script import Latency

SOUND = "/v1/transcribe*"
QUESTION = "/v1/responses"
SPEECH = "/v1/text-to-speech/*"
CHOICES: dict[str, Any] = {
    const.CONF_LOCAL_THREADS: True,
    const.CONF_THINKING_AHEAD: 8,
}
FIRST = "What time is it?"
WHOLE = "What time is it in Paris now?"
SLOW = Latency(first=60.0)


async def thinking_ahead(
    make_residence: MakeResidence, choices: dict[str, Any] | None = None
) -> Residence:
    """A residence whose satellite thinks ahead, and whose voice is soon done."""
    residence = await make_residence(CHOICES | (choices or {}))
    residence.elevenlabs.script(SPEECH, reply={"silence": 0.1})
    return residence


async def begin(residence: Residence, whole: str, late: float = 0.0) -> None:
    """Record; in the end the transcriber understands this, and nothing before.

    What it understands in the end is so many seconds late.
    """
    residence.assemblyai.script(
        SOUND, times=1, reply={"transcript": whole}, latency=Latency(first=late)
    )
    residence.assemblyai.script(SOUND, nth=2, times=99, reply={"transcript": ""})
    await residence.call("start_recording")
    await residence.until(lambda: bool(asked(residence.assemblyai, SOUND[:-1])))


async def pause(residence: Residence, so_far: str) -> None:
    """Say something, and pause, having said so much."""
    residence.assemblyai.script(SOUND, reply={"transcript": so_far})
    began = residence.satellite.ears.position
    await residence.murmur(0.3)

    def quiet() -> bool:
        recording = residence.satellite.data.turn
        assert isinstance(recording, Recording)
        silence = recording.silence
        return isinstance(silence, QuietBegan) and silence.since > began

    await residence.until(quiet)


def asked(standin: Any, path: str = QUESTION) -> list[Record]:
    """The requests so far, those that wait for an answer too."""
    return [it for it in standin.requests if it.path.startswith(path)]


def sent(record: Record) -> str:
    """What an answer was asked to."""
    text: str = record.body["input"][-1]["content"][0]["text"]
    return text


def begun_ahead(residence: Residence, number: int = 1) -> Callable[[], bool]:
    """Whether so many questions are on their way."""
    return lambda: len(asked(residence.openai)) >= number


def answered(residence: Residence, number: int = 1) -> Callable[[], bool]:
    """Whether so many rounds of what is asked ahead have come to their end."""

    def is_so() -> bool:
        turn = residence.satellite.turn
        assert turn is not None
        ended = [it for it in asked(residence.openai) if it.outcome is Outcome.SENT]
        counted = (it.details["response"]["usage"]["input_tokens"] for it in ended)
        return len(ended) >= number and turn.usage.input >= sum(counted)

    return is_so


async def end(residence: Residence) -> Turn:
    """End the recording by hand; the turn, when it is over."""
    await residence.call("end_recording")
    await residence.until_idle()
    turn = residence.satellite.turn
    assert turn is not None
    return turn


def running_ahead() -> list[str]:
    """The tasks of questions asked ahead."""
    return [it.get_name() for it in asyncio.all_tasks() if "ahead" in it.get_name()]


async def until_told(residence: Residence) -> None:
    """Let whatever could be told be told."""
    await residence.hass.async_block_till_done()
