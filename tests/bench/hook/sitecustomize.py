"""Loaded into Home Assistant while it is measured: a watch on its loop and cameras.

It also points core's ElevenLabs at the stand-in, which has no setting for that.
"""

# ruff: noqa: INP001
import asyncio
import gc
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

_NOTES = Path(os.environ["BENCH_NOTES"])
_run = asyncio.Handle._run
_longest: list[Any] = [0.0, 0.0, 0.0, ""]
"""Seconds that the loop was held, those on the wall, of collecting garbage; and who."""
_collected = [0.0]
"""Seconds for which this process has collected garbage."""
_loop = threading.local()


def _waited() -> float:
    """Seconds for which this thread could run, and other processes did.

    Linux: /proc/.../schedstat, "time spent waiting on a runqueue".
    """
    if not hasattr(_loop, "schedule"):
        _loop.schedule = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
    return int(os.pread(_loop.schedule, 64, 0).split()[1]) / 1e9


def _collects(phase: str, _info: dict[str, int]) -> None:
    now = time.perf_counter()
    _collected[0] += now if phase == "stop" else -now


def _watched(self: asyncio.Handle) -> None:
    collected, waited, began = _collected[0], _waited(), time.perf_counter()
    who = getattr(self._callback, "__self__", self)  # type: ignore[attr-defined]
    _run(self)
    took = time.perf_counter() - began
    if took > _longest[0] and (held := took - (_waited() - waited)) > _longest[0]:
        _longest[:] = [held, took, _collected[0] - collected, repr(who)[:200]]


def _note(**what: Any) -> None:
    with _NOTES.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"at": time.monotonic(), **what}) + "\n")


def _loaded(module: str, name: str) -> Any:
    """What a module of Home Assistant's defines, as soon as it does."""
    while not hasattr(sys.modules.get(module), name):
        time.sleep(0.01)
    return sys.modules[module]


def _watch() -> None:
    # At once: a satellite's listener is given the door when the satellite is made.
    ears: Any = _loaded("custom_components.reply_satellite.satellite.ears", "Ears").Ears
    camera = _loaded("homeassistant.components.camera", "async_get_image")
    door, get_image = ears._door, camera.async_get_image

    def noted_door(self: Any, heard: Any) -> None:
        if (word := getattr(heard, "keyword", None)) is not None:
            _note(what="heard", word=word)
        door(self, heard)

    async def noted_get_image(*arguments: Any, **named: Any) -> Any:
        _note(what="asked")
        return await get_image(*arguments, **named)

    ears._door, camera.async_get_image = noted_door, noted_get_image
    while True:
        time.sleep(0.25)
        held, wall, garbage, who = _longest
        _longest[:] = [0.0, 0.0, 0.0, ""]
        _note(what="loop", held=held, wall=wall, garbage=garbage, who=who)


def _point_elevenlabs() -> None:
    from elevenlabs.environment import ElevenLabsEnvironment  # noqa: PLC0415

    url = os.environ["ELEVENLABS_BASE_URL"]
    ElevenLabsEnvironment.PRODUCTION._value_ = url


if Path(sys.argv[0]).name == "hass":
    asyncio.Handle._run = _watched  # type: ignore[method-assign]
    gc.callbacks.append(_collects)
    threading.Thread(target=_watch, daemon=True).start()
    _point_elevenlabs()
