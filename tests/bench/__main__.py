"""`scripts/bench`: every figure of the design's budgets, and the peer's, in one run."""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import aiohttp

from tests.house.house import House, open_house

from . import machine, scene
from .figures import Figure, table
from .ours import Measured, measure_turn
from .peer import PeerMeasured, add_peer, measure_peer
from .plot import write_document

HOOK: Final = Path(__file__).parent / "hook"
ROOT: Final = Path(__file__).resolve().parents[2]


class Bench:
    """One run of everything."""

    def __init__(self, folder: Path, *, quick: bool, document: bool) -> None:
        """Measure in `folder`; `quick` does each thing once or twice."""
        self._folder = folder
        self._notes = folder / "notes.jsonl"
        self._quick = quick
        self._document = document
        self._began = time.monotonic()
        self.figures: dict[str, Figure] = {}

    def _say(self, line: str) -> None:
        print(f"{time.monotonic() - self._began:7.1f} s  {line}", file=sys.stderr)

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
            await self._measure_recording(house, stage)
            self._say("listening")
            share = [await machine.listening_percent(house) for _ in range(2)]
            self.figures["listening_cpu_percent"] = Figure.of(share, "%", 4)
            await self._measure_snapshots(house, stage)
            turns = await self._measure_turns(house, stage)
            ours, peers = await self._measure_peer(house, stage, pipeline)
            self._say("a thousand turns")
            await stage.set(scene.command())
            await stage.openai.play()
            grown = await machine.memory_growth(house, 100 if self._quick else 1_000)
            self.figures["memory_growth_mb"] = Figure.of([grown], "MB", 5)
        if self._document:
            target = ROOT / "docs" / "performance.md"
            write_document(target, self.figures, turns, ours, peers)

    async def _measure_start(self, house: House) -> None:
        self._say("a start of Home Assistant")
        await asyncio.to_thread(house.home_assistant.stop)
        await house.home_assistant.start()
        await house.client.reconnect()
        seconds = await machine.startup_seconds(house)
        self.figures["startup_added_s"] = Figure.of([seconds], "s", 1)
        await house.client.wait_for(
            house.entities["conversation"], lambda state: state["state"] == "idle", 60
        )

    async def _measure_recording(self, house: House, stage: scene.Stage) -> None:
        self._say("a recording of ten minutes")
        await stage.set(scene.command())
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
        self.figures["recording_10min_mb"] = Figure.of([grown], "MB", 25)

    async def _measure_snapshots(self, house: House, stage: scene.Stage) -> None:
        self._say("snapshots")
        since = time.monotonic()
        parts: list[str | float] = ["look at this", 0.2]
        for _ in range(self._runs(8)):
            parts += ["snapshot", 1.4]
        spoken = scene.spoken("snapshots", *parts)
        await measure_turn(house, stage, spoken, self._folder)
        heard = machine.notes(self._notes, "heard", since)
        asked = machine.notes(self._notes, "asked", since)
        delays = [
            min(it["at"] - word["at"] for it in asked if it["at"] >= word["at"]) * 1000
            for word in heard
        ]
        self.figures["snapshot_p95_ms"] = Figure.of(delays, "ms", 20, percentile=95)

    async def _measure_turns(self, house: House, stage: scene.Stage) -> list[Measured]:
        self._say("turns, for our own part of the time")
        since = time.monotonic()
        reply = "It is done."
        turns = [
            await measure_turn(house, stage, scene.command(), self._folder, reply)
            for _ in range(self._runs(20))
        ]
        overheads = [turn.overhead * 1000 for turn in turns]
        noticed = [turn.noticing * 1000 for turn in turns]
        blocks = machine.notes(self._notes, "loop", since)
        figure = Figure.of
        self.figures |= {
            "overhead_p50_ms": figure(overheads, "ms", 30),
            "overhead_p95_ms": figure(overheads, "ms", 60, percentile=95),
            "spotter_delay_p95_ms": figure(noticed, "ms", 400, percentile=95),
            "loop_block_max_ms": figure(
                [1000 * max(it["seconds"] for it in blocks)], "ms", 10
            ),
        }
        worst = max(blocks, key=lambda it: it["seconds"])
        self._say(f"the longest block: {worst['who']}")
        return turns

    async def _measure_peer(
        self, house: House, stage: scene.Stage, pipeline: str
    ) -> tuple[dict[str, list[Measured]], dict[str, list[PeerMeasured]]]:
        ours: dict[str, list[Measured]] = {}
        peers: dict[str, list[PeerMeasured]] = {}
        for make, wanted in (
            (scene.command, 5),
            (scene.request, 3),
            (scene.dictation, 1),
        ):
            spoken = make()
            self._say(f"beside the peer: {spoken.name}, {spoken.seconds:.0f} s")
            for _ in range(self._runs(wanted)):
                mine = await measure_turn(house, stage, spoken, self._folder)
                other = await measure_peer(house, stage, spoken, pipeline)
                ours.setdefault(spoken.name, []).append(mine)
                peers.setdefault(spoken.name, []).append(other)
                self._say(
                    f"  ours {mine.span:.2f} s, the peer's {other.span:.2f} s, "
                    f"of which it kept {other.kept:.0%}"
                )
            ratios = [
                mine.span / other.span
                for mine, other in zip(
                    ours[spoken.name], peers[spoken.name], strict=True
                )
            ]
            self.figures[f"peer_ratio_{spoken.name}"] = Figure.of(ratios, "x", 0.35)
        return ours, peers


def main() -> int:
    """Run; the exit status tells whether every bar is kept."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer runs of each")
    parser.add_argument(
        "--document", action="store_true", help="write docs/performance.md"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reply-satellite-") as folder:
        bench = Bench(Path(folder), quick=arguments.quick, document=arguments.document)
        asyncio.run(bench.run())
    print(table(bench.figures), file=sys.stderr)
    if arguments.json:
        figures = {name: it.as_dict() for name, it in bench.figures.items()}
        print(json.dumps({"figures": figures}))
    return 0 if all(it.met for it in bench.figures.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
