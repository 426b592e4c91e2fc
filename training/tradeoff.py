"""What a model misses at several rates of false alarms.

    python tradeoff.py HELD_FOLDER MODEL.json [SPEECH_FOLDER]

False alarms are counted on all held-apart speech without keywords. With SPEECH_FOLDER
all of people's recordings of "computer" are measured too: fair only for a model that
was trained without them (the stand-in experiment).
"""

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import people
import scores
from calibrate import WORDS
from clips import pcm
from numpy.typing import NDArray
from voice.hearing.network import Model, load_model

RATES = (12.0, 1.0, 0.25)


def thresholds(model: Model, held: list[scores.Recording]) -> NDArray[np.float64]:
    """Return the raw score at each rate, shape (rates, words)."""
    hours = sum(len(one.samples) for one in held) / 16_000 / 3600
    heights: list[list[NDArray[np.float64]]] = [[] for _ in WORDS]
    for recording in held:
        raw = scores.raw_scores(recording.samples, model)
        for word in range(len(WORDS)):
            heights[word].append(scores.peaks(raw[:, word]))
    found = np.zeros((len(RATES), len(WORDS)))
    for word, parts in enumerate(heights):
        ordered = np.sort(np.concatenate(parts))[::-1]
        for row, rate in enumerate(RATES):
            # So many alarms are let through as the rate allows.
            found[row, word] = ordered[int(rate * hours)] + 1e-6
    print(f"{hours:.2f} h without keywords")
    return found


def best_scores(model: Model, recording: scores.Recording) -> list[tuple[str, float]]:
    """Return each keyword of a recording with its best raw score near its end."""
    padded = np.concatenate([recording.samples, np.zeros(8000, np.int16)])
    raw = scores.raw_scores(padded, model)
    heights = []
    for word, end in recording.ends:
        first = max(0, int((end - 0.1 - scores.OFFSET) / scores.STEP))
        near = raw[first : first + 20, WORDS.index(word)]
        heights.append((word, float(near.max()) if len(near) else -12.0))
    return heights


def main() -> None:
    """Print the misses of every group."""
    folder, model = Path(sys.argv[1]), load_model(Path(sys.argv[2]))
    limits = thresholds(model, scores.held(folder, "plain", part=1))
    recordings = scores.held(folder, "keywords")
    if len(sys.argv) > 3:
        recordings += [
            scores.Recording(
                "all_people",
                one.name,
                pcm(one.speech.samples),
                [("computer", end) for _, end in one.speech.ends],
            )
            for one in people.load(Path(sys.argv[3]))
            if one.folder == "computer"
        ]
    reached: dict[tuple[str, str], list[float]] = defaultdict(list)
    for recording in recordings:
        for word, height in best_scores(model, recording):
            reached[recording.group, word].append(height)
        for word, height in best_scores(model, scores.noisy(recording, 10)):
            reached[f"{recording.group} 10 dB", word].append(height)
    for (group, word), found in sorted(reached.items()):
        misses = [
            f"{100 * np.mean(np.array(found) < limits[row, WORDS.index(word)]):.1f} %"
            f" at {rate:g}/h"
            for row, rate in enumerate(RATES)
        ]
        print(f"{group:28} {word:9} {len(found):4} words, missed {', '.join(misses)}")


if __name__ == "__main__":
    main()
