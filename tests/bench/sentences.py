"""A long answer that is written slowly: when it begins to sound."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from tests.house.client import ClientFailure
from tests.house.house import DOMAIN, House
from tests.standins.openai_events import tokens_of

from .scene import FIRST_AUDIO, Stage

EACH_TOKEN: Final = 0.03
"""Seconds between two tokens."""
SENTENCES: Final = 60
FIRST: Final = "This is how the long story of the house by the river begins."
NEXT: Final = "After that something else happened there, and it was told for years."
REPLY: Final = " ".join([FIRST, *[NEXT] * (SENTENCES - 1)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """When the answer began to be heard; seconds after its first token."""

    first_sentence: float
    """The model has written the first sentence."""
    first_audio: float
    """The first byte of audio can be fetched."""
    second_sentence: float
    """The model has written the second sentence."""

    @property
    def early(self) -> bool:
        """Whether there was audio before the second sentence was written."""
        return self.first_audio < self.second_sentence


def rules() -> tuple[dict[str, Any], dict[str, Any]]:
    """What the model and the voice are told: how late to be, and what to say."""
    written = {
        "method": "POST",
        "path": "/v1/responses",
        "latency": {"first": EACH_TOKEN, "each": EACH_TOKEN},
        "reply": {"text": REPLY},
    }
    spoken = {
        "method": "POST",
        "path": "/v1/text-to-speech/*",
        "latency": {"first": FIRST_AUDIO},
    }
    return written, spoken


def written_after(sentences: int) -> float:
    """Seconds from the first token to the last one of so many sentences, at least."""
    text = " ".join([FIRST, NEXT][:sentences])
    return (len(tokens_of(text)) - 1) * EACH_TOKEN


async def measure_sentences(house: House, stage: Stage) -> Beginning:
    """Have a long answer begun, and stop it. Raises TimeoutError, ClientFailure."""
    await house.client.call(
        f"{DOMAIN}.ask", {"text": "Begin.", "speak": False}, answers=True
    )
    written, spoken = rules()
    await stage.elevenlabs.play(spoken)
    # Once unmeasured: what was spoken, the stand-in remembers.
    await stage.openai.play(written | {"reply": {"text": FIRST}})
    await _hear_its_beginning(house)
    await stage.openai.play(written)
    steps = (await _hear_its_beginning(house))["steps"]
    return Beginning(
        first_sentence=written_after(1),
        first_audio=steps["first_audio"] - steps["first_token"],
        second_sentence=written_after(2),
    )


async def _hear_its_beginning(house: House) -> dict[str, Any]:
    """Ask, and stop the answer as soon as it sounds; returns the turn's record."""
    asking = asyncio.create_task(
        house.client.call(f"{DOMAIN}.ask", {"text": "Tell me."}, answers=True)
    )
    await house.client.wait_for(
        house.entities["conversation"], lambda state: state["state"] == "speaking", 60
    )
    await house.client.call(f"{DOMAIN}.stop")
    with suppress(ClientFailure):
        await asking
    page = await house.client.command(f"{DOMAIN}/turns")
    record: dict[str, Any] = page["turns"][0]
    return record
