"""Says what the raw scores mean: false alarms per hour of held-apart speech.

    python calibrate.py HELD_FOLDER

For each word the peaks of the raw score over the held-apart speech without keywords are
counted. Down to three alarms in the whole set the count itself is taken; beyond, the
logarithm of the rate goes on along the line through its rates below 100/h.
"""

import json
import sys
from pathlib import Path

import numpy as np
import scores
from export import MODEL
from numpy.typing import NDArray
from voice.hearing.network import load_model

WORDS = ("computer", "reply", "snapshot")
_RATES = np.array([1000, 500, 200, 100, 50, 20, 10, 5, 2, 1, 0.5])


def curve(heights: NDArray[np.float64], hours: float) -> dict[str, list[float]]:
    """Return raw scores and log10 of alarms per hour at them, strictly monotone."""
    heights = np.sort(heights)[::-1]
    ranks = np.arange(1, len(heights) + 1)
    tail = (ranks / hours < 100) & (ranks >= 2)
    slope, _ = np.polyfit(heights[tail], np.log10(ranks[tail] / hours), 1)
    slope = min(slope, -0.1)
    points = [
        (float(heights[round(rate * hours) - 1]), float(np.log10(rate)))
        for rate in _RATES
        if 3 <= round(rate * hours) <= len(heights)
    ]
    kept = [points[0]]
    for raw, rate in points[1:]:
        if raw > kept[-1][0] + 0.05:
            kept.append((raw, rate))
    raw, rate = kept[-1]
    while rate > -3.5:
        raw, rate = raw - 0.25 / slope, rate - 0.25
        kept.append((raw, rate))
    return {
        "raw": [round(float(raw), 4) for raw, _ in kept],
        "log10_per_hour": [round(float(rate), 4) for _, rate in kept],
    }


def main() -> None:
    """Write the calibration into the model."""
    model = load_model()
    heights: list[list[NDArray[np.float64]]] = [[], [], []]
    hours = 0.0
    for recording in scores.held(Path(sys.argv[1]), "plain"):
        raw = scores.raw_scores(recording.samples, model)
        hours += len(recording.samples) / 16_000 / 3600
        for word in range(3):
            heights[word].append(scores.peaks(raw[:, word]))
    about = json.loads(MODEL.read_text("utf-8"))
    about["calibration"] = {
        word: curve(np.concatenate(heights[at]), hours) for at, word in enumerate(WORDS)
    }
    MODEL.write_text(json.dumps(about, indent=2) + "\n", "utf-8")
    print(f"{hours:.2f} hours")
    for word in WORDS:
        print(word, about["calibration"][word])


if __name__ == "__main__":
    main()
