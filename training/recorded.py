"""What people's "computer" loses in noise that was recorded, not computed.

    python recorded.py HELD_FOLDER SPEECH_FOLDER MODEL.json...

As tradeoff.py with `--people`, but in music and in the talk of several people at once,
10 dB below the word; and how often each word is heard in the music itself. The music is
that of the Debian packages in PACKAGES; nothing is trained on it.
"""

import argparse
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import people
import scores
import soundfile
from augment import Samples
from bank import FOLDS
from calibrate import WORDS
from clips import pcm
from numpy.random import Generator
from scipy.signal import resample_poly
from speech import RATE
from tradeoff import DRAWS, RATES, Reached, add, of_people, table, thresholds
from voice.hearing.network import load_model

PACKAGES = ("asterisk-moh-opsound-wav", "nexuiz-music", "warzone2100-music")
TALKERS = 6


def _read(path: Path) -> Samples:
    """Return a piece of music, mono at 16 kHz."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    common = np.gcd(rate, RATE)
    mono = resample_poly(samples.mean(axis=1), RATE // common, rate // common)
    return np.asarray(mono, np.float32)


@cache
def pieces() -> list[Samples]:
    """Return all music of the packages. Raises OSError where one is not installed."""
    listed = subprocess.run(
        ["dpkg-query", "-L", *PACKAGES], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    music = (".ogg", ".opus", ".wav")
    return [_read(Path(path)) for path in sorted(listed) if path.endswith(music)]


def music(rng: Generator, count: int) -> Samples:
    """Return a part of a piece that is not its silence."""
    while True:
        piece = pieces()[int(rng.integers(0, len(pieces())))]
        start = int(rng.integers(0, max(1, len(piece) - count)))
        part = np.resize(piece[start : start + count], count)
        if np.sqrt((part**2).mean()) > 0.01:
            return part


def babble(speech: Path) -> scores.noises.Maker:
    """Return what makes the talk of people at once, each as loud as the others."""
    said = [one.speech.samples for one in people.load(speech) if not one.speech.ends]

    def talk(rng: Generator, count: int) -> Samples:
        together = np.zeros(count, np.float32)
        for _ in range(TALKERS):
            alone = np.zeros(0, np.float32)
            while len(alone) < 2 * count:
                one = said[int(rng.integers(0, len(said)))]
                alone = np.concatenate([alone, one / (np.sqrt((one**2).mean()) + 1e-9)])
            start = int(rng.integers(0, len(alone) - count))
            together += alone[start : start + count]
        return together

    return talk


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("held", type=Path)
    parser.add_argument("speech", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    options = parser.parse_args()
    plain = scores.held(options.held, "plain")
    folds = of_people(options.speech)
    makers = {
        "computed": scores.made_up,
        "music": music,
        "talk": babble(options.speech),
    }
    hours = sum(map(len, pieces())) / RATE / 3600
    print(f"{len(pieces())} pieces of music, {hours:.2f} h")
    reached: Reached = {}
    alarms = np.zeros((len(RATES), len(WORDS)))
    for fold, path in enumerate(options.models):
        model = load_model(path)
        limits = thresholds(model, plain)
        for one in [fold] if len(options.models) == FOLDS else list(folds):
            for recording in folds[one]:
                for name, make in makers.items():
                    for draw in range(DRAWS):
                        noisy = scores.noisy(recording, 10, draw, make)
                        add(reached, model, limits, f"people, {name} 10 dB", noisy)
        for piece in pieces():
            raw = scores.raw_scores(pcm(piece), model)
            for word in range(len(WORDS)):
                heights = scores.peaks(raw[:, word])
                alarms[:, word] += (heights[:, None] > limits[:, word]).sum(axis=0)
    table(reached)
    print("| heard in music, per hour | at 12/h | at 1/h | at 0.25/h |")
    print("|---|---|---|---|")
    for word, row in zip(WORDS, alarms.T / hours / len(options.models), strict=True):
        print(f"| {word} | {' | '.join(f'{one:.2f}' for one in row)} |")


if __name__ == "__main__":
    main()
