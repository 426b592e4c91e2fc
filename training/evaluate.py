"""Measures the shipped spotter on the held-apart set.

    python evaluate.py HELD_FOLDER [--sensitivity 0.5] [--group PREFIX]

Found means: detected between 0.3 s before and 0.9 s after the labelled end. Below the
table: how often "reply" is so sure, where nobody says it, that a recording would end
without the transcript's word for it, whatever follows.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
import scores
from voice.hearing.microphone import CHUNK_SAMPLES
from voice.hearing.spotter import SURE, BuiltinSpotter, Detection, Keyword


def detections(
    spotter: BuiltinSpotter, samples: np.ndarray
) -> list[tuple[Detection, float]]:
    """Return what is detected in a recording, each with the time it is told at."""
    padded = np.concatenate([samples, np.zeros(8000, np.int16)])
    heard = [
        (one, (start + CHUNK_SAMPLES) / 16_000)
        for start in range(0, len(padded), CHUNK_SAMPLES)
        for one in spotter.process(padded[start : start + CHUNK_SAMPLES])
    ]
    spotter.reset()
    return heard


class Tally:
    """Counts for one group of recordings."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.words: dict[str, int] = defaultdict(int)
        self.found: dict[str, int] = defaultdict(int)
        self.alarms: dict[str, int] = defaultdict(int)
        self.delays: list[float] = []
        self.errors: list[float] = []
        self.hours = 0.0
        self.sure = 0

    def add(self, spotter: BuiltinSpotter, recording: scores.Recording) -> None:
        """Count one recording."""
        self.hours += len(recording.samples) / 16_000 / 3600
        heard = detections(spotter, recording.samples)
        for word, end in recording.ends:
            self.words[word] += 1
            for one, told in heard:
                if one.keyword == word and -0.3 < told - end < 0.9:
                    self.found[word] += 1
                    self.delays.append(told - end)
                    self.errors.append(one.end - end)
                    heard.remove((one, told))
                    break
        for one, _ in heard:
            self.alarms[one.keyword] += 1
            self.sure += one.keyword is Keyword.REPLY and one.score >= SURE

    def figures(self) -> dict[str, object]:
        """Return the figures of the group."""
        result: dict[str, object] = {"hours": round(self.hours, 3)}
        for word in Keyword:
            if self.words[word]:
                missed = 100 * (1 - self.found[word] / self.words[word])
                result[f"{word}_words"] = self.words[word]
                result[f"{word}_missed_percent"] = round(missed, 2)
            result[f"{word}_false_per_hour"] = round(self.alarms[word] / self.hours, 3)
        if self.delays:
            result["delay_ms_p50_p95"] = [
                round(1000 * float(np.percentile(self.delays, at))) for at in (50, 95)
            ]
            result["end_error_ms_p5_p50_p95"] = [
                round(1000 * float(np.percentile(self.errors, at)))
                for at in (5, 50, 95)
            ]
        return result


COLUMNS = (
    "hours", "computer missed %", "reply missed %", "snapshot missed %",
    "computer false/h", "reply false/h", "snapshot false/h",
    "delay ms p50/p95", "end error ms p5/p50/p95",
)  # fmt: skip


def row(name: str, figures: dict[str, object]) -> str:
    """Return a group as a row of the model card's table."""
    cells = [name, str(figures["hours"])]
    for word in Keyword:
        missed = figures.get(f"{word}_missed_percent")
        words = figures.get(f"{word}_words")
        cells.append("" if missed is None else f"{missed} of {words}")
    cells += [str(figures[f"{word}_false_per_hour"]) for word in Keyword]
    for key in ("delay_ms_p50_p95", "end_error_ms_p5_p50_p95"):
        cells.append("/".join(map(str, figures.get(key, []))))
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the figures of every group, clean and with noise, as a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("held", type=Path)
    parser.add_argument("--sensitivity", type=float, default=0.5)
    parser.add_argument("--group", default="", help="only groups that begin like this")
    options = parser.parse_args()
    spotter = BuiltinSpotter(dict.fromkeys(Keyword, options.sensitivity))
    tallies: dict[str, Tally] = defaultdict(Tally)
    for recording in scores.held(options.held, options.group):
        tallies[recording.group].add(spotter, recording)
        if recording.ends:
            noisy = scores.noisy(recording, 10)
            tallies[f"{recording.group} 10 dB"].add(spotter, noisy)
    print(f"| group | {' | '.join(COLUMNS)} |")
    print(f"|---|{'---|' * len(COLUMNS)}")
    for name, tally in sorted(tallies.items()):
        print(row(name, tally.figures()))
    plain = [tally for name, tally in tallies.items() if name.startswith("plain")]
    hours, sure = (sum(getattr(one, of) for one in plain) for of in ("hours", "sure"))
    print(f'{sure} "reply" in {hours:.2f} h without keywords were surer than {SURE}')


if __name__ == "__main__":
    main()
