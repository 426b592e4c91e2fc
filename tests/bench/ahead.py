"""The same beside the peer, with the assistant asked at every pause."""

import asyncio
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiohttp

from tests.house.house import House, open_house

from . import scene
from .measured import Measured, first_sentence_share
from .ours import Said, heard, speak
from .peer import add_peer, measure_peer

MOST: Final = 30
"""Questions asked ahead in a recording: no pause of the dictation is left out."""
SATELLITE: Final[Mapping[str, Mapping[str, Any]]] = {
    "assistant": {
        "thread": {"thinking_ahead": MOST},
        "privacy": {"local_threads": True},
    }
}
HOOK: Final = Path(__file__).parent / "hook"
GAPS: Final = (0.2, 0.4, 0.6)
"""Seconds of silence before "reply"."""


@dataclass(slots=True)
class Ahead:
    """What was measured: by the recording's name, ours and the peer's."""

    ours: dict[str, list[Measured]] = field(default_factory=dict)
    peers: dict[str, list[Measured]] = field(default_factory=dict)
    gaps: dict[float, list[Measured]] = field(default_factory=dict)
    """Commands, by the silence before "reply"."""
    asked: dict[str, list[int]] = field(default_factory=dict)
    """How often the assistant was asked in a turn, by the recording's name."""
    dropped: list[str] = field(default_factory=list)
    """Why turns were said again."""

    def ratios(self, name: str) -> list[float]:
        """Our time to the peer's, of each pair of turns."""
        pairs = zip(self.ours[name], self.peers[name], strict=True)
        return [mine.span / other.span for mine, other in pairs]


async def measure_ahead(
    folder: Path,
    environment: Mapping[str, str],
    say: Callable[[str], None],
    runs: Callable[[int], int],
) -> Ahead:
    """Measure in a house whose satellite thinks ahead; see `open_house`."""
    async with (
        open_house(folder, satellite=SATELLITE, environment=environment) as house,
        aiohttp.ClientSession() as session,
    ):
        bench = _Bench(house, scene.Stage.of(house.services, session), folder, say)
        pipeline = await add_peer(house)
        # Once unmeasured: what was spoken, the stand-ins remember.
        await bench.measure_turn(scene.command())
        await measure_peer(house, bench.stage, scene.command(), pipeline)
        bench.results = Ahead()
        for make, wanted in (
            (scene.command, 4),
            (scene.request, 2),
            (scene.dictation, 2),
        ):
            voices = scene.VOICES[: runs(wanted)]
            await bench.measure_pairs([make(voice=it) for it in voices], pipeline)
        for gap in GAPS:
            say(f"{gap} s before the word")
            commands = [scene.command(gap, voice=it) for it in scene.VOICES[: runs(3)]]
            turns = [await bench.measure_turn(spoken) for spoken in commands]
            bench.results.gaps[gap] = turns
    return bench.results


class _Bench:
    """A house in which the satellite thinks ahead."""

    def __init__(
        self,
        house: House,
        stage: scene.Stage,
        folder: Path,
        say: Callable[[str], None],
    ) -> None:
        """Nothing was measured yet."""
        self.results = Ahead()
        self.stage = stage
        self._house = house
        self._folder = folder
        self._say = say

    async def measure_pairs(
        self, recordings: Sequence[scene.Spoken], pipeline: str
    ) -> None:
        """Measure turns beside the peer's, one after the other."""
        for spoken in recordings:
            self._say(f"beside the peer, thinking ahead: {spoken.name}")
            ours = self.results.ours.setdefault(spoken.name, [])
            peers = self.results.peers.setdefault(spoken.name, [])
            ours.append(await self.measure_turn(spoken))
            peers.append(await measure_peer(self._house, self.stage, spoken, pipeline))
            self._say(
                f"  ours {ours[-1].span:.2f} s, the peer's {peers[-1].span:.2f} s, "
                f"asked {self.results.asked[spoken.name][-1]} times"
            )

    async def measure_turn(self, spoken: scene.Spoken) -> Measured:
        """Speak a request, again if it was not heard. Raises NotHeard, TimeoutError."""
        said = await heard(partial(self._speak, spoken), self.results.dropped)
        uploads = await self.stage.assemblyai.requests("/v1/transcribe")
        done = [it for it in uploads if it["status"] == 200 and it["uploaded"]]
        transcription = max(done, key=lambda it: it["uploaded"])
        answers = await self.stage.openai.requests("/v1/responses")
        speech, *_ = await self.stage.elevenlabs.requests("/v1/text-to-speech")
        self.results.asked.setdefault(spoken.name, []).append(len(answers))
        asked, share = answers[-1], first_sentence_share(scene.REPLY)
        written = asked["uploaded"] + asked["slept"] * share
        return Measured(
            span=said.first_audio - said.speech_end,
            noticing=transcription["uploaded"] - said.speech_end,
            transcribing=transcription["slept"],
            # What was left of it when the transcript was there.
            thinking=max(0.0, written - transcription["first_sent"]),
            speaking=speech["slept"],
            standins=sum(
                it["first_sent"] - it["uploaded"] - it["slept"]
                for it in (transcription, speech)
            ),
            kept=said.kept,
            sounding=said.sounded - said.first_audio,
        )

    async def _speak(self, spoken: scene.Spoken) -> Said:
        await self.stage.set(spoken)
        hear = partial(self.stage.hear, spoken)
        return await speak(self._house, spoken, self._folder, hear)


def main() -> None:
    """Measure this alone."""
    with tempfile.TemporaryDirectory(prefix="reply-satellite-") as folder:
        say = partial(print, file=sys.stderr)
        notes = Path(folder) / "notes.jsonl"
        notes.touch()
        environment = {"PYTHONPATH": str(HOOK), "BENCH_NOTES": str(notes)}
        work = measure_ahead(Path(folder), environment, say, lambda wanted: wanted)
        results = asyncio.run(work)
    for name in results.ours:
        print(name, [f"{ratio:.3f}" for ratio in results.ratios(name)])


if __name__ == "__main__":
    main()
