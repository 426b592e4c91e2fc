"""Trains one of the heads.

python train.py BANK_FOLDER OUTPUT.pt --head NUMBER [--without FOLD] [--no-people] ...
"""

import argparse
import copy
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import torch
from bank import FOLDS
from batches import AFTER, BEFORE, FIRST, LAST, LENGTH
from embedding import EARLY
from network import HEADS, PAST, Head
from numpy.typing import NDArray
from torch import Tensor
from voice.hearing.network import FRAMES_PER_BLOCK, WORDS

SEARCH_EVERY = 250
HARD = 0.04
"""The part of the sequences without keywords which counts as hard."""


class Bank(NamedTuple):
    """Embeddings, float16 (n, 30, 96); labels, weights and ages (n, 22, 3)."""

    embeddings: Tensor
    labels: Tensor
    weights: Tensor
    ages: Tensor

    def __getitem__(self, rows: Tensor) -> Self:
        """Return some of the sequences."""
        return type(self)(*(values[rows] for values in self._asdict().values()))


def targets(ends: NDArray[np.int64], count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return labels, weights and ages from rows (sequence, word, frame)."""
    first = (EARLY + PAST + 1) * FRAMES_PER_BLOCK - 1
    frames = np.arange(first, LENGTH, FRAMES_PER_BLOCK)
    shape = (count, len(frames), WORDS)
    labels, ages = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    weights = np.ones(shape, np.float32)
    for row, word, end in ends:
        age = frames - end
        told = (age >= FIRST) & (age <= LAST)
        weights[row, (age > -BEFORE) & (age < AFTER), word] = 0.0
        weights[row, told, word] = labels[row, told, word] = 1.0
        ages[row, told, word] = age[told] / 100.0
    return torch.from_numpy(labels), torch.from_numpy(weights), torch.from_numpy(ages)


def read(options: argparse.Namespace) -> Bank:
    """Read the shards which the training may use."""
    parts = []
    for path in sorted(options.bank.glob("????.npz")):
        fold, rest = int(path.stem) % FOLDS, int(path.stem) // FOLDS
        # Each head does without a part of all: what one takes for a word the others
        # hardly do.
        if fold == options.without or rest % HEADS == options.head:
            continue
        with np.load(path) as data:
            embeddings = torch.from_numpy(data["embeddings"])
            made = Bank(embeddings, *targets(data["ends"], len(embeddings)))
            if options.no_people:
                made = made[torch.from_numpy(data["styles"] < 0)]
            parts.append(made)
    return Bank(*(torch.cat(values) for values in zip(*parts, strict=True)))


def loss_of(answer: Tensor, batch: Bank) -> Tensor:
    """Return the loss of one batch."""
    logits, told = answer[:, :, :WORDS], answer[:, :, WORDS:]
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, batch.labels, reduction="none"
    )
    # A wrong alarm costs by its worst frames, not by how many right ones are around.
    harder = 1 + 2 * torch.sigmoid(logits).detach() * (1 - batch.labels)
    spotting = (entropy * batch.weights * harder).sum() / len(answer)
    timing = torch.nn.functional.smooth_l1_loss(
        told * 10, batch.ages * 10, reduction="none"
    )
    return spotting + (timing * batch.labels).sum() / len(answer) * 0.3


def follow(average: Head, head: Head, step: int) -> None:
    """Move the averaged weights towards the newest."""
    keep = min(0.999, 1 - 1 / (step + 1))
    with torch.no_grad():
        for mean, value in zip(
            average.state_dict().values(), head.state_dict().values(), strict=True
        ):
            if mean.is_floating_point():
                mean.lerp_(value, 1 - keep)


@torch.no_grad()
def hardest(head: Head, bank: Bank, plain: Tensor) -> Tensor:
    """Return the sequences without keywords that look most like one."""
    head.eval()
    heights = torch.cat(
        [
            head(bank.embeddings[rows].float())[:, :, :WORDS].amax((1, 2))
            for rows in plain.split(4096)
        ]
    )
    head.train()
    best = heights.topk(int(len(plain) * HARD)).indices
    print(
        f"  above 0: {int((heights > 0).sum())}, above 2: {int((heights > 2).sum())}"
        f" of {len(plain)}",
        flush=True,
    )
    return plain[best]


def train(bank: Bank, options: argparse.Namespace) -> None:
    """Train and save the averaged weights."""
    torch.manual_seed(options.head)
    head = Head(options.channels)
    average = copy.deepcopy(head)
    optimiser = torch.optim.AdamW(head.parameters(), options.peak, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, options.peak, options.steps, pct_start=0.1, final_div_factor=100
    )
    said = bank.labels.amax((1, 2)) > 0
    keywords, plain = said.nonzero()[:, 0], (~said).nonzero()[:, 0]
    hard, running = plain, 0.0
    print(f"{len(keywords)} with keywords, {len(plain)} without", flush=True)

    def some(rows: Tensor, count: int) -> Tensor:
        return rows[torch.randint(len(rows), (count,))]

    half, quarter = options.batch // 2, options.batch // 4
    for step in range(1, options.steps + 1):
        rows = torch.cat(
            [some(keywords, half), some(plain, quarter), some(hard, quarter)]
        )
        batch = bank[rows]
        loss = loss_of(head(batch.embeddings.float()), batch)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(head.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        follow(average, head, step)
        running += float(loss.detach())
        if step % SEARCH_EVERY == 0 and step < options.steps:
            print(f"{step} loss {running / SEARCH_EVERY:.4f}", flush=True)
            running, hard = 0.0, hardest(average, bank, plain)
    # Whole or not at all: a head that is there is not trained again.
    part = options.output.with_suffix(".part")
    torch.save({"channels": options.channels, "weights": average.state_dict()}, part)
    part.replace(options.output)


def arguments() -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bank", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--head", type=int, required=True)
    parser.add_argument("--without", type=int, help="the fold of people to do without")
    parser.add_argument("--no-people", action="store_true")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--peak", type=float, default=3e-3)
    return parser.parse_args()


def main() -> None:
    """Train as told."""
    options = arguments()
    torch.use_deterministic_algorithms(mode=True)
    # Threads would wait for one another wherever anything else runs.
    torch.set_num_threads(1)
    train(read(options), options)


if __name__ == "__main__":
    main()
