"""The demonstration: `scripts/demo`. A person speaks to a satellite in a real house."""

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from .house import DASHBOARD, House, open_house
from .turns import NotHeard, described, speak
from .voices import Voice, say

PORT: Final = 8123
TURNS: Final = (
    ("computer", 0.3, "what do you see", 0.25, "snapshot", 0.6, "reply"),
    ("computer", 0.3, "what did i say before", 0.35, "reply"),
)
"""What the person says: words, and pauses in seconds."""
BETWEEN: Final = 3.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="A person speaks to a satellite in a real Home Assistant.",
    )
    parser.add_argument("--once", action="store_true", help="exit after the turns")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    parser.add_argument(
        "--audio",
        action="append",
        type=Path,
        metavar="FILE",
        help="play this recording (wav, flac) as a turn; can be repeated",
    )
    parser.add_argument(
        "--gap", type=float, default=BETWEEN, help="seconds between turns"
    )
    parser.add_argument(
        "--record", type=Path, metavar="FILE.wav", help="keep what the loudspeaker says"
    )
    parser.add_argument(
        "--microphone", default="default", help="the input to listen to"
    )
    return parser.parse_args()


class Demo:
    """One run."""

    def __init__(self, arguments: argparse.Namespace, folder: Path) -> None:
        """Run in `folder`."""
        self._arguments = arguments
        self._folder = folder
        self._out = sys.stderr if arguments.json else sys.stdout
        self._began = time.monotonic()

    def _say(self, line: str) -> None:
        since = time.monotonic() - self._began
        print(f"{since:7.2f} s  {line}", file=self._out, flush=True)

    async def run(self) -> bool:
        """Open the house and speak; tells whether every answer was spoken."""
        arguments = self._arguments
        port = 0 if arguments.once else PORT
        async with open_house(
            self._folder,
            port=port,
            may_be_real=True,
            microphone=arguments.microphone,
            login_needed=False,
            progress=self._say,
        ) as house:
            turns = await self._speak(house)
            fine = all(turn["outcome"] == "spoken" for turn in turns)
            if arguments.json:
                print(json.dumps(await self._told(house, turns)), flush=True)
            if not arguments.once:
                address = f"{house.home_assistant.url}/{DASHBOARD}"
                self._say(
                    f"Home Assistant is open at {address}; Ctrl-C ends everything"
                )
                await asyncio.Event().wait()
        return fine

    async def _speak(self, house: House) -> list[dict[str, Any]]:
        recordings = self._arguments.audio or self._made_recordings()
        turns = []
        with ExitStack() as stack:
            if self._arguments.record is not None:
                stack.enter_context(house.sound_card.record(self._arguments.record))
            for number, recording in enumerate(recordings):
                if number:
                    self._say(f"a pause of {self._arguments.gap:g} s")
                    await asyncio.sleep(self._arguments.gap)
                turns.append(await self._turn(house, recording))
        return turns

    def _made_recordings(self) -> list[Path]:
        return [
            say(*parts, voice=Voice.SLT).write(self._folder / f"turn_{number}.wav")
            for number, parts in enumerate(TURNS)
        ]

    async def _turn(self, house: House, recording: Path) -> dict[str, Any]:
        self._say(f"somebody speaks: {recording.name}")
        try:
            watched = await speak(house, recording)
        except (NotHeard, TimeoutError) as error:
            self._say(f"  not heard: {error}")
            return {"states": [], "outcome": "not_heard", "failure": str(error)}
        if watched.told_to_reply:
            self._say('  no "reply" was heard: it was said again')
        turn = described(watched)
        for name, milliseconds in turn["states"]:
            self._say(f"  {milliseconds:6d} ms  {name}")
        for name, milliseconds in turn["timings_ms"].items():
            self._say(f"  {milliseconds:6d} ms  ({name})")
        thread = "a new thread" if turn["thread"]["new"] else "the same thread"
        self._say(f"  heard:  {turn['transcript']}")
        self._say(f"  answer: {turn['reply']} (on {thread})")
        if turn["outcome"] != "spoken":
            self._say(f"  failed: {turn['outcome']} {turn['failure']}")
        return turn

    async def _told(self, house: House, turns: list[dict[str, Any]]) -> dict[str, Any]:
        config = await house.client.get("/api/config")
        microphone = await house.client.state(house.entities["microphone"])
        return {
            "home_assistant": config["version"],
            "microphone": microphone["attributes"]["device"],
            "spotter": "builtin",
            "turns": turns,
        }


async def _main(arguments: argparse.Namespace, folder: Path) -> bool:
    """Run the demonstration; Ctrl-C and SIGTERM end it in an orderly way."""
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    return await Demo(arguments, folder).run()


def main() -> int:
    """Run; returns the exit status."""
    arguments = _arguments()
    # The path of a socket is short, and so is this one.
    folder = Path(tempfile.mkdtemp(prefix="reply-satellite-"))
    try:
        return 0 if asyncio.run(_main(arguments, folder)) else 1
    except asyncio.CancelledError:
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
