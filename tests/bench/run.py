"""One run of everything that is measured."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import aiohttp

from tests.house.house import House, open_house

from . import machine, scene
from .ahead import HOOK, Ahead, measure_ahead
from .figures import Figure
from .growth import Growth, measure_growth
from .listening import Listening, measure_all
from .machine import Block
from .measured import Measured
from .ours import measure_turn
from .peer import add_peer, measure_peer
from .sentences import Beginning, measure_sentences

ROOT: Final = Path(__file__).resolve().parents[2]

SHORT: Final = "It is done."
"""A reply of one sentence: the voice has to wait for all of it."""
IDLE_SECONDS: Final = 10.0
PAIRED: Final = "ours, beside the peer's"
ALONE: Final = "ours, all other turns"


@dataclass(slots=True)
class Results:
    """What was measured."""

    figures: dict[str, Figure] = field(default_factory=dict)
    turns: list[Measured] = field(default_factory=list)
    ours: dict[str, list[Measured]] = field(default_factory=dict)
    """Beside the peer, by the recording's name."""
    peers: dict[str, list[Measured]] = field(default_factory=dict)
    blocks: dict[str, list[Block]] = field(default_factory=dict)
    """The longest of each turn: ours, the peer's, and of as long a rest."""
    dropped: list[str] = field(default_factory=list)
    """Why turns of ours were said again: they were not heard, or failed."""
    ahead: Ahead = field(default_factory=Ahead)
    """The same, thinking ahead."""
    long: Measured | None = None
    """One turn of six minutes; none in a quick run."""
    beginnings: list[Beginning] = field(default_factory=list)
    """Of answers of sixty sentences."""
    listening: list[Listening] = field(default_factory=list)
    growth: list[Growth] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)
    """Processes that wanted a processor, at each step."""

    @property
    def our_blocks(self) -> list[Block]:
        """The longest block of every turn of ours."""
        return [*self.blocks[PAIRED], *self.blocks[ALONE]]


class Bench:
    """One run of everything."""

    def __init__(self, folder: Path, *, quick: bool) -> None:
        """Measure in `folder`; `quick` does each thing once or twice."""
        self._folder = folder
        self._notes = folder / "notes.jsonl"
        self._watch = machine.Watch(self._notes)
        self._quick = quick
        self._began = time.monotonic()
        self.results = Results()

    def _say(self, line: str) -> None:
        load = os.getloadavg()[0]
        self.results.loads.append(load)
        passed = time.monotonic() - self._began
        print(f"{passed:7.1f} s  {line} (load {load:.1f})", file=sys.stderr)

    def _runs(self, wanted: int) -> int:
        return min(2, wanted) if self._quick else wanted

    async def run(self) -> None:
        """Measure everything."""
        self._notes.touch()
        environment = {"PYTHONPATH": str(HOOK), "BENCH_NOTES": str(self._notes)}
        async with (
            open_house(
                self._folder, environment=environment, progress=self._say
            ) as house,
            aiohttp.ClientSession() as session,
        ):
            stage = scene.Stage.of(house.services, session)
            pipeline = await add_peer(house)
            await self._measure_start(house)
            await self._measure_memory(house, stage)
            await self._measure_listening(house)
            await self._warm_up(house, stage, pipeline)
            await self._measure_snapshots(house, stage)
            await self._measure_turns(house, stage)
            await self._measure_peer(house, stage, pipeline)
            await self._measure_long(house, stage)
            blocks = [block.seconds * 1000 for block in self.results.our_blocks]
            self.results.figures["loop_block_max_ms"] = Figure.of(
                blocks, "ms", 10, percentile=100
            )
            self._say("answers of sixty sentences")
            for _ in range(self._runs(3)):
                beginning = await measure_sentences(house, stage)
                self.results.beginnings.append(beginning)
            self._say("what grows with what")
            self.results.growth = await measure_growth(house, stage, quick=self._quick)
        await self._measure_ahead(environment)
        self._say("listening alone, in every way there is")
        seconds = 5.0 if self._quick else 20.0
        self.results.listening = await asyncio.to_thread(
            lambda: list(measure_all(seconds))
        )

    async def _measure_start(self, house: House) -> None:
        self._say("starts of Home Assistant, without us and with us")
        runs = [await machine.startup_seconds(house) for _ in range(self._runs(3))]
        self.results.figures["startup_added_s"] = Figure.of(runs, "s", 1)

    async def _warm_up(self, house: House, stage: scene.Stage, pipeline: str) -> None:
        """Have everything done once: what was spoken, the stand-ins remember."""
        self._say("each thing once, unmeasured")
        spoken = scene.command()
        for reply in (SHORT, scene.REPLY):
            await self._turn(house, stage, spoken, reply)
        await measure_peer(house, stage, spoken, pipeline)

    async def _measure_turns(self, house: House, stage: scene.Stage) -> None:
        self._say("turns, for our own part of the time")
        commands = [scene.command(voice=voice) for voice in scene.VOICES]
        turns = [
            await self._turn(house, stage, spoken, SHORT)
            for spoken in islice(cycle(commands), self._runs(15))
        ]
        for _ in range(self._runs(3)):
            await self._watched("at rest", partial(asyncio.sleep, IDLE_SECONDS))
        overheads = [turn.overhead * 1000 for turn in turns]
        noticed = [turn.noticing * 1000 for turn in turns]
        self.results.turns = turns
        self.results.figures |= {
            "overhead_p50_ms": Figure.of(overheads, "ms", 30),
            "overhead_p95_ms": Figure.of(overheads, "ms", 60, percentile=95),
            "spotter_delay_p95_ms": Figure.of(noticed, "ms", 400, percentile=95),
        }

    async def _turn(
        self,
        house: House,
        stage: scene.Stage,
        spoken: scene.Spoken,
        reply: str = scene.REPLY,
        whose: str = ALONE,
    ) -> Measured:
        """Measure a turn of ours, and watch the event loop meanwhile."""
        dropped = self.results.dropped
        turn = partial(measure_turn, house, stage, spoken, self._folder, dropped, reply)
        return await self._watched(whose, turn)

    async def _watched[T](self, whose: str, work: Callable[[], Awaitable[T]]) -> T:
        """Note the longest block of the event loop meanwhile."""
        since = time.monotonic()
        done = await work()
        await asyncio.sleep(0.3)
        block = self._watch.longest_block(since, time.monotonic())
        self.results.blocks.setdefault(whose, []).append(block)
        return done

    async def _measure_peer(
        self, house: House, stage: scene.Stage, pipeline: str
    ) -> None:
        results = self.results
        for make, wanted in (
            (scene.command, 4),
            (scene.request, 2),
            (scene.dictation, 2),
        ):
            ours: list[Measured] = []
            peers: list[Measured] = []
            voices = scene.VOICES[: 1 if self._quick else wanted]
            recordings = [make(voice=voice) for voice in voices]
            for spoken in recordings:
                self._say(f"beside the peer: {spoken.name}, {spoken.seconds:.0f} s")
                ours.append(await self._turn(house, stage, spoken, whose=PAIRED))
                other = partial(measure_peer, house, stage, spoken, pipeline)
                peers.append(await self._watched("the peer's", other))
                self._say(
                    f"  ours {ours[-1].span:.2f} s, the peer's {peers[-1].span:.2f} s, "
                    f"which kept {peers[-1].kept:.0%}"
                )
            ratios = [
                mine.span / other.span for mine, other in zip(ours, peers, strict=True)
            ]
            name = recordings[0].name
            results.ours[name], results.peers[name] = ours, peers
            results.figures[f"peer_ratio_{name}"] = Figure.of(ratios, "x", 0.35)

    async def _measure_ahead(self, environment: Mapping[str, str]) -> None:
        folder = self._folder / "ahead"
        folder.mkdir()
        ahead = await measure_ahead(
            folder,
            environment,
            self._say,
            lambda wanted: 1 if self._quick else wanted,
        )
        self.results.ahead = ahead
        self.results.dropped += ahead.dropped
        for name in ahead.ours:
            figure = Figure.of(ahead.ratios(name), "x", 0.35)
            self.results.figures[f"peer_ratio_{name}_ahead"] = figure

    async def _measure_long(self, house: House, stage: scene.Stage) -> None:
        if self._quick:
            return
        spoken = scene.long()
        self._say(f"a long recording, {spoken.seconds / 60:.1f} min")
        self.results.long = await self._turn(house, stage, spoken)

    async def _measure_snapshots(self, house: House, stage: scene.Stage) -> None:
        self._say("snapshots")
        since = time.monotonic()
        parts: list[str | float] = ["look at this", 0.2]
        for _ in range(self._runs(8)):
            parts += ["snapshot", 1.4]
        spoken = scene.spoken("snapshots", *parts)
        await self._turn(house, stage, spoken)
        delays = machine.snapshot_delays(self._watch.notes(since))
        self.results.figures["snapshot_p95_ms"] = Figure.of(
            [delay * 1000 for delay in delays], "ms", 20, percentile=95
        )

    async def _measure_listening(self, house: House) -> None:
        self._say("listening")
        seconds = 5.0 if self._quick else 15.0
        share = [await machine.listening_percent(house, seconds) for _ in range(2)]
        self.results.figures["listening_cpu_percent"] = Figure.of(share, "%", 4)

    async def _measure_memory(self, house: House, stage: scene.Stage) -> None:
        self._say("a thousand turns, and beside them a recording of ten minutes")
        await stage.set(scene.command())
        await stage.openai.play()
        _, grown = await asyncio.gather(
            self._measure_recording(house),
            machine.memory_growth(house, 100 if self._quick else 1_000),
        )
        self.results.figures["memory_growth_mb"] = Figure.of([grown], "MB", 5)

    async def _measure_recording(self, house: House) -> None:
        account = house.services.accounts["assemblyai"]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.bench.recording",
            str(account.url),
            account.key,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        output, _ = await process.communicate()
        grown = json.loads(output)["megabytes"]
        self.results.figures["recording_10min_mb"] = Figure.of([grown], "MB", 25)
