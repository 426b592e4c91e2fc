"""Makes the bank: varied sequences of the corpus, as the embedding describes them.

    python bank.py RECIPE CACHE_FOLDER BANK_FOLDER [FIRST] LAST

A shard of the bank holds people of one fold only, so that a training can do without
the others: those of styles (people.py) with the same rest when divided by four.

There are two recipes: heads that learned from different banks are mistaken about
different sounds, and the mean of their answers about fewer.
"""

import os
import sys
import zlib
from collections.abc import Sequence as Many
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from batches import LENGTH, Corpus, Sequence, sequence, vary
from clips import Clip, load
from embedding import Embedder
from numpy.random import Generator
from numpy.typing import NDArray
from voice.hearing.features import BANDS

FOLDS = 4
BATCH = 32
KEYWORD_BATCHES, PLAIN_BATCHES = 8, 10


@dataclass(frozen=True)
class Recipe:
    """What a bank is made of."""

    noise_below: tuple[float, float]
    """dB from the keyword down to the noise, from least to most."""
    steady: float
    recorded: float
    """How often noise is a steady one, or music and the like; else it is voices."""
    plain: dict[str, float]
    """How often each group of speech without keywords is drawn."""


# How often each group of keywords is drawn.
KEYWORDS = {"people_keywords": 0.33, "keywords_espeak": 0.28, "keywords_flite": 0.27,
            "keywords_festival": 0.08, "keywords_foreign": 0.04}  # fmt: skip

RECIPES = {
    "loud": Recipe(
        noise_below=(-2.0, 20.0),
        steady=0.25,
        recorded=0.45,
        plain={"people_plain": 0.3, "plain_espeak": 0.35, "plain_flite": 0.26,
               "plain_festival": 0.06, "plain_foreign": 0.03},
    ),
    # Keywords that can be heard, beside what sounds like them.
    "alike": Recipe(
        noise_below=(3.0, 25.0),
        steady=0.2,
        recorded=0.55,
        plain={"people_plain": 0.3, "plain_espeak": 0.26, "plain_flite": 0.2,
               "plain_festival": 0.06, "plain_foreign": 0.03, "alike_espeak": 0.09,
               "alike_flite": 0.06},
    ),
}  # fmt: skip


def _groups(
    folder: Path, shares: dict[str, float], fold: int
) -> tuple[list[list[Clip]], list[float]]:
    """Return the clips of some groups that a fold may use, and their shares."""
    found = [
        [
            clip
            for clip in load(sorted(folder.glob(f"{name}-???.npz")))
            if clip.style < 0 or clip.style % FOLDS == fold
        ]
        for name in shares
    ]
    return found, [share / sum(shares.values()) for share in shares.values()]


@cache
def read_corpus(recipe: str, folder: Path, fold: int) -> Corpus:
    """Read what a recipe takes of the corpus, with the people of one fold."""
    keywords, keyword_shares = _groups(folder, KEYWORDS, fold)
    plain, plain_shares = _groups(folder, RECIPES[recipe].plain, fold)
    keywords = [[clip for clip in group if clip.ends] for group in keywords]
    noise = [
        load(sorted(folder.glob(f"{name}-???.npz"))) for name in ("noise", "songs")
    ]
    # A band's power is a sum of squares: of more of them the wider the band is.
    shapes = np.linspace(1.5, 4, BANDS)
    grain = np.log(np.random.default_rng(2).gamma(shapes, size=(20_000, BANDS)))
    return Corpus(keywords, keyword_shares, plain, plain_shares, noise, grain)


def steady(grain: NDArray[np.float64], rng: Generator) -> NDArray[np.float64]:
    """Return (312, 32) frames of noise with a smooth spectrum, steady or swelling."""
    places = np.linspace(0, BANDS - 1, 6)
    heights = rng.normal(0, rng.uniform(0.3, 2.5), 6)
    curve = np.interp(np.arange(BANDS), places, heights)
    start = int(rng.integers(0, len(grain) - LENGTH))
    points = rng.normal(0, rng.choice([0.0, 0.5, 1.5]), int(rng.integers(2, 12)))
    swell = np.interp(np.linspace(0, 1, LENGTH), np.linspace(0, 1, len(points)), points)
    return curve + grain[start : start + LENGTH] + swell[:, None]


def noise_frames(
    recipe: Recipe, corpus: Corpus, rng: Generator
) -> NDArray[np.floating]:
    """Return (312, 32) frames of noise, music, a voice or several voices."""
    kind = rng.random()
    if kind < recipe.steady:
        return steady(corpus.grain, rng)
    if kind < recipe.steady + recipe.recorded:
        group = corpus.noise[int(rng.integers(0, len(corpus.noise)))]
        clip = group[int(rng.integers(0, len(group)))]
        start = int(rng.integers(0, max(1, len(clip.frames) - LENGTH)))
        return np.resize(clip.frames[start : start + LENGTH], (LENGTH, BANDS))
    voices = 1 if rng.random() < 0.3 else int(rng.integers(3, 7))
    power = np.zeros((LENGTH, BANDS), np.float32)
    for _ in range(voices):
        group = corpus.plain[int(rng.choice(len(corpus.plain), p=corpus.plain_weights))]
        frames = group[int(rng.integers(0, len(group)))].frames
        start = int(rng.integers(0, len(frames)))
        voice = np.exp(
            np.resize(np.roll(frames, -start, axis=0), (LENGTH, BANDS)).astype(
                np.float32
            )
        )
        power += voice / (voice.mean() + 1e-12)
    return np.log(power + 1e-7)


def varied(
    recipe: Recipe,
    made: Many[Sequence],
    corpus: Corpus,
    rng: Generator,
    generator: torch.Generator,
) -> NDArray[np.float32]:
    """Return sequences as they sound elsewhere, (n, 312, 32)."""
    noise = np.stack([noise_frames(recipe, corpus, rng) for _ in made])
    return vary(
        torch.from_numpy(np.stack([one.frames for one in made])),
        torch.from_numpy(noise.astype(np.float32)),
        torch.from_numpy(np.stack([one.counts for one in made])),
        generator,
        recipe.noise_below,
    ).numpy()


def make(recipe: str, folder: Path, bank: Path, number: int) -> str:
    """Make one shard unless it is there."""
    path = bank / f"{number:04d}.npz"
    if path.exists():
        return path.name
    torch.set_num_threads(1)
    corpus = read_corpus(recipe, folder, number % FOLDS)
    seed = zlib.crc32(path.stem.encode())
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    embedder = Embedder(LENGTH)
    described, ends, styles = [], [], []
    for batch in range(KEYWORD_BATCHES + PLAIN_BATCHES):
        made = [
            sequence(corpus, rng, keyword=batch < KEYWORD_BATCHES) for _ in range(BATCH)
        ]
        frames_of = varied(RECIPES[recipe], made, corpus, rng, generator)
        for one, frames in zip(made, frames_of, strict=True):
            ends += [(len(described), *end) for end in one.ends]
            styles.append(one.style)
            described.append(embedder(frames).astype(np.float16))
    part = path.with_suffix(".part.npz")
    np.savez(
        part,
        embeddings=np.stack(described),
        ends=np.array(ends, int).reshape(-1, 3),
        styles=np.array(styles),
    )
    part.rename(path)
    return path.name


def main() -> None:
    """Make shards."""
    recipe, folder, bank, *numbers = sys.argv[1:]
    Path(bank).mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        jobs = [
            pool.submit(make, recipe, Path(folder), Path(bank), number)
            for number in range(*map(int, numbers))
        ]
        for job in jobs:
            print(job.result(), flush=True)


if __name__ == "__main__":
    main()
