"""Watching a turn in Home Assistant from outside, and telling what it was like."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from .house import DOMAIN, PLAYER, House
from .voices import say

TURN_SECONDS: Final = 180.0
"""How long a turn may take after its last word."""

BEGUN_SECONDS: Final = 10.0
"""How long after the sound its beginning may take to show."""

ENDED_SECONDS: Final = 10.0
"""How long the recording may go on after the sound."""


@dataclass(slots=True)
class Watched:
    """What was seen of a turn; times are UNIX seconds, by Home Assistant's clock."""

    states: list[tuple[str, float]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    record: dict[str, Any] = field(default_factory=dict)
    """The turn's own record, once it is over."""
    told_to_reply: bool = False
    """Whether "reply" had to be said to it again."""

    @property
    def is_recording(self) -> bool:
        """Whether it still records."""
        return bool(self.states) and self.states[-1][0] == "recording"

    def happened(self, event: str) -> list[dict[str, Any]]:
        """The events of one type."""
        return [told for told in self.events if told["event"] == event]


class NotHeard(Exception):
    """Nothing that was said began a turn."""


@asynccontextmanager
async def watch_turn(house: House) -> AsyncGenerator[Watched]:
    """Watch until the turn that begins within the context is over.

    Raises NotHeard when none began, TimeoutError when it did not end.
    """
    watched = Watched()
    over = asyncio.Event()
    async with (
        house.client.subscribe(f"{DOMAIN}/watch") as messages,
        house.client.watch(house.entities["conversation"]) as states,
    ):
        tasks = [
            asyncio.create_task(_follow_messages(messages, watched, over)),
            asyncio.create_task(_follow_states(states, watched)),
        ]
        try:
            yield watched
            await asyncio.sleep(BEGUN_SECONDS if not watched.events else 0)
            if not watched.events:
                raise NotHeard('nobody said "computer"')
            try:
                async with asyncio.timeout(TURN_SECONDS):
                    await over.wait()
            except TimeoutError as error:
                told = [event["event"] for event in watched.events]
                message = f"no end of the turn: {watched.states}, {told}"
                raise TimeoutError(message) from error
            # The last state comes on its own way.
            await asyncio.sleep(0.3)
        finally:
            for task in tasks:
                task.cancel()


async def speak(house: House, recording: Path) -> Watched:
    """Play a recording into the room, and wait until its turn is over.

    Where it has no "reply", or none that was heard, that is said after a while, as
    anybody would. Raises NotHeard, TimeoutError.
    """
    async with watch_turn(house) as watched:
        await _play(house, recording)
        for _ in range(int(ENDED_SECONDS)):
            if not watched.is_recording:
                break
            await asyncio.sleep(1)
        else:
            reply = house.home_assistant.folder / "reply.wav"
            await _play(house, await asyncio.to_thread(say("reply").write, reply))
            watched.told_to_reply = True
    return watched


async def _play(house: House, recording: Path) -> None:
    playing = house.sound_card.start_playing(recording)
    await asyncio.to_thread(playing.wait, 900)


async def _follow_messages(
    messages: asyncio.Queue[Any], watched: Watched, over: asyncio.Event
) -> None:
    while True:
        message = await messages.get()
        match message["kind"]:
            case "event":
                watched.events.append(message)
            case "turn":
                watched.record = message["turn"]
                over.set()


async def _follow_states(states: asyncio.Queue[Any], watched: Watched) -> None:
    while True:
        state = await states.get()
        if not watched.states or watched.states[-1][0] != state["state"]:
            changed = datetime.fromisoformat(state["last_changed"]).timestamp()
            watched.states.append((state["state"], changed))


def described(watched: Watched) -> dict[str, Any]:
    """A turn as `scripts/demo --json` tells it: times count from "computer"."""
    record = watched.record
    steps = {name: round(at * 1000) for name, at in record["steps"].items()}
    played = steps.get("finished", 0) - steps.get("playing", 0)
    return {
        "states": [
            [name, round((at - record["began"]) * 1000)] for name, at in watched.states
        ],
        "transcript": record["transcript"],
        "snapshots": [
            picture["entity_id"]
            for picture in record["pictures"]
            if not picture["failure"]
        ],
        "thread": {"id": record["thread_id"], "new": record["thread_new"]},
        "reply": record["reply"],
        "playback": {
            "entity_id": PLAYER,
            "seconds": played / 1000 if "finished" in steps else 0.0,
        },
        "timings_ms": steps,
        "outcome": record["outcome"],
        "failure": record["failure"],
        "usage": record["usage"],
    }
