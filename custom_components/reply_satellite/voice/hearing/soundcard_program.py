"""Lists PulseAudio's inputs, or writes the sound of one to standard output.

Usage: soundcard_program.py list | record SECONDS [NAME]
Sound is int16 LE, mono, 16 kHz. Ends with a reason on standard error. Every so many
SECONDS it looks whether NAME is still there: when a source goes, PulseAudio moves its
listeners to another one.
"""

import ctypes.util
import itertools
import json
import sys
from typing import Any

if ctypes.util.find_library("pulse") is None:
    # Python finds no library on musl (its issue 65821), which would load this one.
    ctypes.util.find_library = lambda name: f"lib{name}.so.0"

import soundcard

type Source = Any  # soundcard has no types

SAMPLE_RATE = 16_000
BLOCK_SAMPLES = 1_280


def inputs() -> list[Source]:
    """Return all sources, those that only repeat a loudspeaker last."""
    found = soundcard.all_microphones(include_loopback=True)
    return sorted(found, key=lambda source: bool(source.isloopback))


def choose(name: str | None) -> Source:
    """Return the source of exactly that name, or the default one."""
    if name is None:
        return soundcard.default_microphone()
    for source in inputs():
        if source.id == name:
            return source
    sys.exit(f"no source named {name}")


def record(name: str | None, seconds: float) -> None:
    """Write its sound until nobody reads it any more, or it is gone."""
    source = choose(name)
    blocks = round(seconds * SAMPLE_RATE / BLOCK_SAMPLES)
    with source.recorder(SAMPLE_RATE, channels=1, blocksize=BLOCK_SAMPLES) as recorder:
        for block in itertools.count(1):
            if block % blocks == 0 and choose(name).id != source.id:
                sys.exit("the default is another source now")
            sound = recorder.record(BLOCK_SAMPLES)[:, 0]
            samples = (sound * 32768.0).round().clip(-32768, 32767).astype("<i2")
            sys.stdout.buffer.write(samples.tobytes())
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    if sys.argv[1] == "list":
        print(json.dumps([(source.id, source.name) for source in inputs()]))
    else:
        record(sys.argv[3] if len(sys.argv) > 3 else None, float(sys.argv[2]))
