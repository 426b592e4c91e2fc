"""Run all three stand-ins: `python -m tests.standins --print-json`.

The line of JSON comes when they are ready. They end at SIGTERM, at SIGINT, or, with
`--until-eof`, when standard input ends: with whoever started them.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from contextlib import AsyncExitStack

from .assemblyai import KEY as ASSEMBLYAI_KEY
from .assemblyai import AssemblyAIStandin
from .elevenlabs import KEY as ELEVENLABS_KEY
from .elevenlabs import ElevenLabsStandin
from .openai import KEY as OPENAI_KEY
from .openai import OpenAIStandin


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.standins")
    parser.add_argument("--openai-port", type=int, default=0)
    parser.add_argument("--assemblyai-port", type=int, default=0)
    parser.add_argument("--elevenlabs-port", type=int, default=0)
    parser.add_argument("--openai-key", default=OPENAI_KEY)
    parser.add_argument("--assemblyai-key", default=ASSEMBLYAI_KEY)
    parser.add_argument("--elevenlabs-key", default=ELEVENLABS_KEY)
    parser.add_argument("--print-json", action="store_true")
    parser.add_argument("--until-eof", action="store_true")
    parser.add_argument(
        "--cold", action="store_true", help="load the recogniser only when needed"
    )
    return parser.parse_args()


def _read_on(ended: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin)
        ended.set()


async def _serve(arguments: argparse.Namespace) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if arguments.until_eof:
        loop.add_reader(sys.stdin, _read_on, ended)
    async with AsyncExitStack() as stack:
        openai = await stack.enter_async_context(
            OpenAIStandin(key=arguments.openai_key, port=arguments.openai_port)
        )
        assemblyai = await stack.enter_async_context(
            AssemblyAIStandin(
                key=arguments.assemblyai_key, port=arguments.assemblyai_port
            )
        )
        elevenlabs = await stack.enter_async_context(
            ElevenLabsStandin(
                key=arguments.elevenlabs_key, port=arguments.elevenlabs_port
            )
        )
        if not arguments.cold:
            await assemblyai.recogniser.warm()
        ready = {
            "openai": {"base_url": openai.base_url, "key": openai.key},
            "assemblyai": {
                "base_url": assemblyai.url,
                "websocket_url": assemblyai.websocket_url,
                "key": assemblyai.key,
            },
            "elevenlabs": {"base_url": elevenlabs.url, "key": elevenlabs.key},
        }
        if arguments.print_json:
            print(json.dumps(ready), flush=True)
        await ended.wait()


def main() -> None:
    """Serve until told to stop."""
    asyncio.run(_serve(_arguments()))


if __name__ == "__main__":
    main()
