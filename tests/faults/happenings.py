"""What may happen to a satellite, in any order: words, hands, faults."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, override

from homeassistant.core import Event, callback
from homeassistant.exceptions import HomeAssistantError
from hypothesis import strategies as st

from custom_components.reply_satellite import const
from custom_components.reply_satellite.const import TurnEvent
from custom_components.reply_satellite.voice.hearing.heard import KeywordHeard
from custom_components.reply_satellite.voice.hearing.microphone import (
    DeviceError,
)
from custom_components.reply_satellite.voice.hearing.microphone import (
    Fault as MicrophoneFault,
)
from custom_components.reply_satellite.voice.hearing.spotter import Keyword
from custom_components.reply_satellite.voice.machine import Phase
from tests.residence import LENS_CAP, ROOM_TONE, Residence, murmured
from tests.standins.script import Fault, FaultKind

from .case import HEARD, standin
from .ledger import HOT_WINDOW, Ledger

SWITCH: Final = "switch.kitchen_listening"


@dataclass(slots=True)
class World:
    """A residence, those who wait for an answer in it, and the account of it all."""

    residence: Residence
    ledger: Ledger
    waiting: set[asyncio.Task[Any]] = field(default_factory=set)
    automations: list[list[Callable[[], None]]] = field(default_factory=list)
    ahead: float = 0.0
    """Seconds the clock on the wall was put forward."""

    def begin(self, action: str, **data: Any) -> None:
        """Call an action and don't wait for what comes of it."""
        task = self.residence.hass.async_create_task(self._call(action, **data))
        if not task.done():
            self.waiting.add(task)
            task.add_done_callback(self.waiting.discard)

    def disarm(self) -> None:
        """Switch the automations off that nothing has set off."""
        for automation in self.automations:
            while automation:
                automation.pop()()

    async def switch(self, action: str) -> None:
        """Turn the listening switch."""
        await self.residence.hass.services.async_call(
            "switch", action, {"entity_id": SWITCH}, blocking=True
        )

    async def _call(self, action: str, **data: Any) -> None:
        # What is refused is told to who asked; anything else is a defect.
        with suppress(HomeAssistantError):
            await self.residence.call(action, **data)


type Do = Callable[[World], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happens."""

    name: str
    do: Do

    @override
    def __repr__(self) -> str:
        """Name it, for who reads what went wrong."""
        return self.name


def _hear(keyword: Keyword, score: float) -> Do:
    async def do(world: World) -> None:
        ears = world.residence.satellite.ears
        # As the listener's thread tells it; a word may be on its way for long.
        ears._door(KeywordHeard(keyword, ears.position, score, time.monotonic()))
        await asyncio.sleep(0)

    return do


def _sound(samples: bytes) -> Do:
    async def do(world: World) -> None:
        world.residence.microphone.play(samples)
        await asyncio.sleep(0.03)

    return do


def _call(action: str, **data: Any) -> Do:
    async def do(world: World) -> None:
        world.begin(action, **data)
        await asyncio.sleep(0)

    return do


async def _new_thread(world: World) -> None:
    world.ledger.new_thread()
    await world.residence.call("new_thread")


def _switch(action: str) -> Do:
    async def do(world: World) -> None:
        await world.switch(action)

    return do


async def _reload(world: World) -> None:
    entries = world.residence.hass.config_entries
    await entries.async_reload(world.residence.entry.entry_id)


async def _unplug(world: World) -> None:
    world.residence.microphone.fault = DeviceError(MicrophoneFault.GONE)


async def _plug_in(world: World) -> None:
    world.residence.microphone.fault = None


async def _cool(world: World) -> None:
    """Let time go by, where no answer is on its way that would be from before it."""
    if world.residence.satellite.data.phase not in (Phase.THINKING, Phase.SPEAKING):
        world.ahead += HOT_WINDOW + 1


def _wait(seconds: float) -> Do:
    async def do(world: World) -> None:
        await asyncio.sleep(seconds)

    return do


async def _wait_until_idle(world: World) -> None:
    """A turn that is recorded ends by somebody's hand only."""
    if world.residence.satellite.data.phase is not Phase.RECORDING:
        await world.residence.satellite.until_idle()


def _player(**manners: Any) -> Do:
    async def do(world: World) -> None:
        for name, value in manners.items():
            setattr(world.residence.player.manners, name, value)

    return do


def _trouble(where: str, path: str, fault: Fault, times: int | None) -> Happening:
    async def do(world: World) -> None:
        service = standin(world.residence, where)
        assert service is not None
        service.script(path, fault=fault, times=times)

    often = "always" if times is None else f"{times}x"
    return Happening(f"{where} {path} {fault.kind} {fault.after} {often}", do)


async def heal(world: World) -> None:
    """Everybody is well again, and no automation waits."""
    world.disarm()
    residence = world.residence
    for service in (residence.openai, residence.assemblyai, residence.elevenlabs):
        service.clear_script()
    for path in ("/v1/transcribe*", "/v2/*"):
        residence.assemblyai.script(path, reply={"transcript": HEARD})
    # What is spoken takes the stand-in no time.
    residence.elevenlabs.script("/v1/text-to-speech/*", reply={"text": "Yes."})
    residence.microphone.fault = None
    residence.camera.broken = None
    manners = residence.player.manners
    manners.refuses, manners.ignores, manners.tells_end = False, 0, True


async def _break_camera(world: World) -> None:
    world.residence.camera.broken = LENS_CAP


PLAIN: Final = tuple(
    Happening(name, do)
    for name, do in (
        ("computer", _hear(Keyword.COMPUTER, 0.9)),
        ("reply", _hear(Keyword.REPLY, 0.9)),
        ("reply?", _hear(Keyword.REPLY, 0.6)),
        ("snapshot", _hear(Keyword.SNAPSHOT, 0.9)),
        ("speech", _sound(murmured(0.4))),
        ("silence", _sound(ROOM_TONE.tobytes() * 20)),
        ("start_recording", _call("start_recording")),
        ("end_recording", _call("end_recording")),
        ("take_snapshot", _call("take_snapshot")),
        ("ask", _call("ask", text="One", speak=False)),
        ("ask aloud", _call("ask", text="Two")),
        ("say", _call("say", message="Dinner is ready.")),
        ("retry", _call("retry")),
        ("stop", _call("stop")),
        ("new_thread", _new_thread),
        ("mute", _switch("turn_off")),
        ("unmute", _switch("turn_on")),
        ("reload", _reload),
        ("unplug", _unplug),
        ("plug in", _plug_in),
        ("cool", _cool),
        ("wait", _wait(0.02)),
        ("wait longer", _wait(0.15)),
        ("wait until idle", _wait_until_idle),
        ("camera off", _break_camera),
        ("player refuses", _player(refuses=True)),
        ("player ignores once", _player(ignores=1)),
        ("player never tells the end", _player(tells_end=False)),
        ("heal", heal),
    )
)


def automated(event: TurnEvent, action: str) -> Happening:
    """An automation that calls an action when it is told of an event, once."""
    data = {"text": "Three", "speak": False} if action == "ask" else {}

    async def do(world: World) -> None:
        hass = world.residence.hass
        unsubscribe: list[Callable[[], None]] = []

        @callback
        def happened(told: Event) -> None:
            # Once, and at once: as an automation does, in the middle of a step.
            if told.data["type"] == event and unsubscribe:
                unsubscribe.pop()()
                world.begin(action, **data)

        unsubscribe.append(hass.bus.async_listen(const.EVENT_TURN, happened))
        world.automations.append(unsubscribe)

    return Happening(f"{action} on {event}", do)


AUTOMATED: Final = st.builds(
    automated,
    st.sampled_from(TurnEvent),
    st.sampled_from(("stop", "start_recording", "end_recording", "retry", "ask")),
)

PLACES: Final = (
    ("OpenAI", "/v1/responses"),
    ("OpenAI", "/v1/conversations"),
    ("AssemblyAI", "/v1/transcribe*"),
    ("AssemblyAI", "*"),
    ("ElevenLabs", "/v1/text-to-speech/*"),
)

TROUBLES: Final = st.builds(
    lambda place, kind, after, times: _trouble(
        place[0], place[1], Fault(kind=kind, after=after), times
    ),
    st.sampled_from(PLACES),
    st.sampled_from(
        (FaultKind.STATUS, FaultKind.CUT, FaultKind.GARBAGE, FaultKind.STALL)
    ),
    st.sampled_from((0, 1)),
    st.sampled_from((1, None)),
)


def named(name: str) -> Happening:
    """One of the plain ones."""
    return next(it for it in PLAIN if it.name == name)


TURN: Final = tuple(named(name) for name in ("computer", "speech", "reply", "silence"))
"""What most people do: chance alone would seldom get through a turn."""

HAPPENINGS: Final = st.lists(
    st.one_of(
        st.just(TURN),
        st.sampled_from(PLAIN[:14]).map(lambda it: (it,)),
        st.sampled_from(PLAIN[14:]).map(lambda it: (it,)),
        st.one_of(TROUBLES, AUTOMATED).map(lambda it: (it,)),
    ),
    min_size=2,
    max_size=12,
).map(lambda parts: [it for part in parts for it in part])
