"""What a model misses at several rates of false alarms.

    python tradeoff.py HELD_FOLDER MODEL.json... [--people SPEECH_FOLDER]

False alarms are counted on all held-apart speech without keywords. With `--people` all
of people's recordings of "computer" are measured too: by the one model, which must have
been trained without them, or, if there are as many models as folds (bank.py), each fold
by the model that was trained without it. At 10 dB they are heard in several noises.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
import people
import scores
from bank import FOLDS
from calibrate import WORDS
from clips import pcm
from numpy.typing import NDArray
from voice.hearing.network import Model, load_model

RATES = (12.0, 1.0, 0.25)
DRAWS = 8
"""Noises each of people's words is heard in: one each tells the part that is missed
only to a percent or two."""

Reached = dict[tuple[str, str], list[NDArray[np.float64]]]


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
    return found


def best_scores(model: Model, recording: scores.Recording) -> list[tuple[str, float]]:
    """Return each keyword of a recording with its best raw score near its end."""
    padded = np.concatenate([recording.samples, np.zeros(8000, np.int16)])
    raw = scores.raw_scores(padded, model)
    heights = []
    for word, end in recording.ends:
        first = max(0, int((end - 0.1 - scores.OFFSET) / scores.STEP))
        near = raw[first : first + 10, WORDS.index(word)]
        heights.append((word, float(near.max()) if len(near) else -12.0))
    return heights


def measure(
    reached: Reached,
    model: Model,
    limits: NDArray[np.float64],
    recordings: list[scores.Recording],
    draws: int = 1,
) -> None:
    """Add by how much each keyword is above the limits, clean and at 10 dB."""
    for recording in recordings:
        group = recording.group
        add(reached, model, limits, group, recording)
        for draw in range(draws):
            noisy = scores.noisy(recording, 10, draw)
            add(reached, model, limits, f"{group} 10 dB", noisy)


def add(
    reached: Reached,
    model: Model,
    limits: NDArray[np.float64],
    group: str,
    recording: scores.Recording,
) -> None:
    """Add by how much each keyword of a recording is above the limits."""
    for word, height in best_scores(model, recording):
        above = height - limits[:, WORDS.index(word)]
        reached.setdefault((group, word), []).append(above)


def of_people(speech: Path) -> dict[int, list[scores.Recording]]:
    """Return people's recordings of "computer", by the fold they are in."""
    folds: dict[int, list[scores.Recording]] = defaultdict(list)
    for one in people.load(speech):
        if one.folder == "computer":
            ends = [("computer", end) for _, end in one.speech.ends]
            folds[one.style % FOLDS].append(
                scores.Recording("people", one.name, pcm(one.speech.samples), ends)
            )
    return folds


def table(reached: Reached) -> None:
    """Print the misses of every group."""
    print("| group | word | words | missed % at 12/h | at 1/h | at 0.25/h |")
    print("|---|---|---|---|---|---|")
    for (group, word), above in sorted(reached.items()):
        cells = [f"{100 * missed:.1f}" for missed in np.mean(np.array(above) < 0, 0)]
        print(f"| {group} | {word} | {len(above)} | {' | '.join(cells)} |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("held", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--people", type=Path)
    options = parser.parse_args()
    plain = scores.held(options.held, "plain")
    hours = sum(len(one.samples) for one in plain) / 16_000 / 3600
    print(f"{hours:.2f} h without keywords")
    words = scores.held(options.held, "keywords_espeak", "keywords_ked")
    folds = of_people(options.people) if options.people else {}
    reached: Reached = {}
    for fold, path in enumerate(options.models):
        model = load_model(path)
        limits = thresholds(model, plain)
        measure(reached, model, limits, words)
        apart = [fold] if len(options.models) == FOLDS else list(folds)
        for one in apart:
            measure(reached, model, limits, folds[one], DRAWS)
    table(reached)


if __name__ == "__main__":
    main()
