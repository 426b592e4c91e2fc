"""Trains the network.

python train.py CACHE_FOLDER OUTPUT.pt [--steps N] [--start FILE.pt] ...
"""

import argparse
import copy
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from batches import LENGTH, Corpus, centre, sequence, targets, vary
from clips import Clip, load
from corpus import MAKERS, PEOPLE
from network import Network
from numpy.random import Generator
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

MINE_EVERY = 400
HARD = 6000

# How often each group is drawn.
KEYWORDS = {"people_keywords": 0.3, "people_late": 0.07, "keywords_espeak": 0.3,
            "keywords_flite": 0.28, "keywords_festival": 0.08,
            "keywords_foreign": 0.04}  # fmt: skip
PLAIN = {"people_plain": 0.3, "plain_espeak": 0.35, "plain_flite": 0.26,
         "plain_festival": 0.06, "plain_foreign": 0.03}  # fmt: skip


def read_corpus(cache: Path, stage: int) -> Corpus:
    """Read the part of the corpus which a stage (1 to 6) is trained on."""

    def shards(name: str) -> list[Path]:
        paths = sorted(cache.glob(f"{name}-???.npz"))
        people = name.startswith("people")
        counts = PEOPLE[name[7:]] if people else MAKERS[name].shards
        return paths[: counts[stage - 1]]

    def groups(shares: dict[str, float]) -> tuple[list[list[Clip]], list[float]]:
        found = {name: load(shards(name)) for name in shares}
        total = sum(share for name, share in shares.items() if found[name])
        names = [name for name in shares if found[name]]
        for name in names:
            seconds = sum(len(clip.frames) for clip in found[name]) / 100
            print(
                f"{name}: {len(found[name])} clips, {seconds / 3600:.2f} h", flush=True
            )
        return [found[name] for name in names], [shares[name] / total for name in names]

    keywords, keyword_weights = groups(KEYWORDS)
    plain, plain_weights = groups(PLAIN)
    keywords = [[clip for clip in group if clip.ends] for group in keywords]
    noise = [load(found) for name in ("noise", "songs") if (found := shards(name))]
    # A band's power is a sum of squares: of more of them the wider the band is.
    shapes = np.linspace(1.5, 8, 40)
    grain = np.log(np.random.default_rng(2).gamma(shapes, size=(20_000, 40)))
    return Corpus(keywords, keyword_weights, plain, plain_weights, noise, grain)


def steady(grain: np.ndarray, rng: Generator) -> np.ndarray:
    """Return (360, 40) frames of noise with a smooth spectrum, steady or swelling."""
    places = np.linspace(0, 39, 6)
    curve = np.interp(np.arange(40), places, rng.normal(0, rng.uniform(0.3, 2.5), 6))
    start = int(rng.integers(0, len(grain) - LENGTH))
    points = rng.normal(0, rng.choice([0.0, 0.5, 1.5]), int(rng.integers(2, 12)))
    swell = np.interp(np.linspace(0, 1, LENGTH), np.linspace(0, 1, len(points)), points)
    return curve + grain[start : start + LENGTH] + swell[:, None]


def noise_frames(corpus: Corpus, rng: Generator) -> np.ndarray:
    """Return (360, 40) frames of noise, music, a voice or several voices."""
    kind = rng.random()
    if kind < 0.2:
        return steady(corpus.grain, rng)
    if kind < 0.7:
        group = corpus.noise[int(rng.integers(0, len(corpus.noise)))]
        clip = group[int(rng.integers(0, len(group)))]
        start = int(rng.integers(0, max(1, len(clip.frames) - LENGTH)))
        return np.resize(clip.frames[start : start + LENGTH], (LENGTH, 40))
    voices = 1 if rng.random() < 0.3 else int(rng.integers(3, 7))
    power = np.zeros((LENGTH, 40), np.float32)
    for _ in range(voices):
        group = corpus.plain[int(rng.choice(len(corpus.plain), p=corpus.plain_weights))]
        frames = group[int(rng.integers(0, len(group)))].frames
        start = int(rng.integers(0, len(frames)))
        voice = np.exp(
            np.resize(np.roll(frames, -start, axis=0), (LENGTH, 40)).astype(np.float32)
        )
        power += voice / (voice.mean() + 1e-9)
    return np.log(power + 1e-7)


class Batches(IterableDataset[tuple[Tensor, ...]]):
    """Endless batches, put together and varied in a process of their own."""

    def __init__(
        self, corpus: Corpus, hard: list[Clip], options: argparse.Namespace, seed: int
    ) -> None:
        """Say what they are made of."""
        self.corpus, self.hard, self.seed = corpus, hard, seed
        self.batch, self.quietest = options.batch, options.quietest

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        """Yield centred frames, labels, weights, ages."""
        torch.set_num_threads(1)
        rng = np.random.default_rng(self.seed)
        generator = torch.Generator().manual_seed(self.seed)
        while True:
            made = [
                sequence(self.corpus, rng, self.hard, keyword=row < self.batch * 0.45)
                for row in range(self.batch)
            ]
            noise = np.stack([noise_frames(self.corpus, rng) for _ in made])
            frames = vary(
                torch.from_numpy(np.stack([one.frames for one in made])),
                torch.from_numpy(noise.astype(np.float32)),
                torch.from_numpy(np.stack([one.counts for one in made])),
                generator,
                self.quietest,
            )
            yield frames, *targets([one.ends for one in made])


@torch.no_grad()
def mine(network: Network, corpus: Corpus, rng: Generator) -> list[Clip]:
    """Return the windows of plain speech that look most like keywords."""
    network.eval()
    found: list[tuple[float, Clip]] = []
    for group in corpus.plain:
        joined = np.concatenate([clip.frames for clip in group])
        start = int(rng.integers(0, 500))
        count = (len(joined) - start) // 3000
        rows = joined[start : start + count * 3000].reshape(count, 3000, 40)
        for at in range(0, count, 16):
            part = torch.from_numpy(rows[at : at + 16].astype(np.float32))
            logits = network(centre(part))[:, :, :3].amax(2)
            # One peak in every two seconds at most.
            best = logits.reshape(len(part), -1, 50).max(2)
            for row, places in enumerate(best.indices):
                for block, place in enumerate(places.tolist()):
                    score = float(best.values[row, block])
                    end = (block * 50 + place) * 4 + 12
                    if score > -3.0 and end > 140:
                        window = rows[at + row, max(0, end - 170) : end + 8]
                        found.append((score, Clip(window.copy(), [])))
    found.sort(key=lambda pair: -pair[0])
    print(
        f"  mined {len(found)}, above 0: {sum(score > 0 for score, _ in found)}, "
        f"above 2: {sum(score > 2 for score, _ in found)}",
        flush=True,
    )
    network.train()
    return [clip for _, clip in found[:HARD]]


def loss_of(answer: Tensor, labels: Tensor, weights: Tensor, ages: Tensor) -> Tensor:
    """Return the loss of one batch."""
    logits, told = answer[:, :, :3], answer[:, :, 3:]
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, labels, reduction="none"
    )
    # A wrong alarm costs by its worst frames, not by how many right ones are around.
    harder = 1 + 2 * torch.sigmoid(logits).detach() * (1 - labels)
    spotting = (entropy * weights * harder).sum() / len(answer)
    timing = torch.nn.functional.smooth_l1_loss(told * 10, ages * 10, reduction="none")
    return spotting + (timing * labels).sum() / len(answer) * 0.3


def follow(average: Network, network: Network, step: int) -> None:
    """Move the averaged weights towards the newest."""
    keep = min(0.998, 1 - 1 / (step + 1))
    with torch.no_grad():
        for mean, value in zip(
            average.state_dict().values(), network.state_dict().values(), strict=True
        ):
            if mean.is_floating_point():
                mean.lerp_(value, 1 - keep)


def loader(
    corpus: Corpus, hard: list[Clip], options: argparse.Namespace, seed: int
) -> Iterator[tuple[Tensor, ...]]:
    """Return batches from a process of their own."""
    batches = Batches(corpus, hard, options, seed)
    return iter(DataLoader(batches, batch_size=None, num_workers=1, prefetch_factor=3))


def train(corpus: Corpus, options: argparse.Namespace) -> None:
    """Train and save the averaged weights."""
    torch.manual_seed(1)
    network = Network(options.channels)
    if options.start:
        network.load_state_dict(torch.load(options.start)["weights"])
    average = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), options.peak, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, options.peak, options.steps, pct_start=0.08, final_div_factor=100
    )
    rng = np.random.default_rng(1)
    hard = mine(average, corpus, rng) if options.start else []
    source = loader(corpus, hard, options, 1)
    last, running, began = options.until or options.steps, 0.0, time.monotonic()
    for step in range(1, last + 1):
        frames, labels, weights, ages = next(source)
        loss = loss_of(network(frames), labels, weights, ages)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        follow(average, network, step)
        running += float(loss.detach())
        if step % 50 == 0:
            speed = (time.monotonic() - began) / step
            print(f"{step} loss {running / 50:.4f} {speed:.2f} s/step", flush=True)
            running = 0.0
        if step % MINE_EVERY == 0 or step == last:
            state = {"channels": options.channels, "weights": average.state_dict()}
            part = options.output.with_suffix(".part")
            torch.save(state, options.output if step == last else part)
        if step % MINE_EVERY == 0 and step < last:
            source = loader(corpus, mine(average, corpus, rng), options, step + 1)


def arguments() -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cache", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--until", type=int, help="stop early, after this step")
    parser.add_argument("--start", type=Path)
    parser.add_argument("--stage", type=int, default=4)
    parser.add_argument("--no-people", action="store_true")
    parser.add_argument("--quietest", type=float, default=30, help="noise, in dB")
    parser.add_argument("--peak", type=float, default=2e-3)
    return parser.parse_args()


def main() -> None:
    """Train as told."""
    options = arguments()
    torch.use_deterministic_algorithms(mode=True)
    # Threads would wait for one another wherever anything else runs.
    torch.set_num_threads(1)
    if options.no_people:
        # The stand-in experiment: a keyword learned from synthetic voices alone.
        del KEYWORDS["people_keywords"], KEYWORDS["people_late"]
    train(read_corpus(options.cache, options.stage), options)


if __name__ == "__main__":
    main()
