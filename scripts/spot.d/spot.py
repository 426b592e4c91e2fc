"""Runs the built-in spotter over recordings; scripts/spot finds the Python for it."""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile  # type: ignore[import-not-found]
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
# The package itself would import Home Assistant; its rooms do not.
sys.path.insert(0, str(ROOT / "custom_components" / "reply_satellite"))

from voice.hearing.microphone import (  # type: ignore[import-not-found]  # noqa: E402
    CHUNK_SAMPLES,
)
from voice.hearing.spotter import (  # type: ignore[import-not-found]  # noqa: E402
    BuiltinSpotter,
    Keyword,
)

RATE = 16_000


def find(paths: list[Path]) -> Iterator[Path]:
    """Yield the recordings among files and folders, in order of their names."""
    for path in paths:
        if path.is_dir():
            yield from sorted(
                found
                for found in path.rglob("*")
                if found.suffix.lower() in (".wav", ".flac")
            )
        else:
            yield path


def read(path: Path) -> NDArray[np.int16]:
    """Return a recording as 16 kHz mono; raises OSError if it cannot be read."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise OSError(str(error)) from error
    mono = samples.mean(axis=1)
    if rate != RATE and len(mono):
        # Band-limited: the spectrum is cut off or filled up with zeros.
        count = round(len(mono) * RATE / rate)
        mono = np.fft.irfft(np.fft.rfft(mono), count) * (count / len(mono))
    clipped: NDArray[np.float64] = np.clip(np.round(mono * 32_768), -32_768, 32_767)
    return clipped.astype(np.int16)


def spot(spotter: BuiltinSpotter, path: Path) -> dict[str, object]:
    """Return what was heard in one recording, as a stream would hear it."""
    samples = read(path)
    began = time.process_time()
    heard = [
        detection
        for start in range(0, len(samples), CHUNK_SAMPLES)
        for detection in spotter.process(samples[start : start + CHUNK_SAMPLES])
    ]
    # What a microphone would go on to hear: a word may end with the recording.
    heard += spotter.process(np.zeros(RATE // 2, np.int16))
    spotter.reset()
    return {
        "file": str(path),
        "seconds": round(len(samples) / RATE, 3),
        "cpu_seconds": round(time.process_time() - began, 4),
        "detections": [
            {
                "keyword": str(detection.keyword),
                "end_s": round(detection.end, 3),
                "score": round(detection.score, 4),
            }
            for detection in heard
        ],
    }


def show(line: dict[str, object]) -> None:
    """Print one recording's result for a person."""
    words = ", ".join(
        f"{one['keyword']} {one['end_s']:.2f} s ({one['score']:.2f})"
        for one in line["detections"]  # type: ignore[attr-defined]
    )
    print(f"{line['file']}: {words or '-'}")


def main() -> int:
    """Spot; return 1 if a recording could not be read."""
    parser = argparse.ArgumentParser(prog="scripts/spot", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    parser.add_argument("--engine", choices=["builtin"], default="builtin")
    parser.add_argument("--sensitivity", type=float, default=0.5)
    parser.add_argument("--json", action="store_true", help="one JSON line a file")
    options = parser.parse_args()
    if not 0.0 <= options.sensitivity <= 1.0:
        parser.error("--sensitivity is 0..1")
    spotter = BuiltinSpotter(dict.fromkeys(Keyword, options.sensitivity))
    status = 0
    for path in find(options.paths):
        try:
            line = spot(spotter, path)
        except OSError as error:
            print(f"scripts/spot: {path}: {error}", file=sys.stderr)
            status = 1
            continue
        if options.json:
            print(json.dumps(line), flush=True)
        else:
            show(line)
    return status


if __name__ == "__main__":
    sys.exit(main())
