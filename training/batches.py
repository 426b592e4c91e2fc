"""Training sequences: keywords in speech and pauses, varied anew each time.

The variations (vocal tract, microphone, echo, noise, level) are made on power spectra,
because on waveforms they would take most of two cores.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from clips import QUIET, Clip
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import lfilter
from torch import Tensor
from voice.hearing.features import BANDS, FLOOR

LENGTH = 312
# Words end from here on: before, the network has not seen enough to be asked.
ASKED = 144
# A word is to be told from 40 to 260 ms after its end; what is nearer to it on either
# side is nobody's concern, except that long before and long after nothing is told.
FIRST, LAST, BEFORE, AFTER = 4, 26, 12, 60
WORD = 60


@dataclass(slots=True)
class Corpus:
    """What the sequences are made of."""

    keywords: list[list[Clip]]
    keyword_weights: list[float]
    plain: list[list[Clip]]
    plain_weights: list[float]
    noise: list[list[Clip]]
    grain: NDArray[np.float64]


def _crop(clip: Clip, count: int, rng: Generator) -> NDArray[np.float16]:
    """Return at most `count` frames from anywhere in a clip."""
    start = int(rng.integers(0, max(1, len(clip.frames) - count + 1)))
    return clip.frames[start : start + count]


def _quiet(count: int, rng: Generator) -> NDArray[np.float16]:
    """Return frames of a silent room."""
    level = rng.choice([QUIET, rng.uniform(QUIET, -10)])
    noise = rng.normal(0, 0.5, (count, BANDS)) * (level > QUIET)
    return np.maximum(QUIET, level + noise).astype(np.float16)


def _pick(groups: list[list[Clip]], weights: list[float], rng: Generator) -> Clip:
    """Return a clip of a random group."""
    group = groups[int(rng.choice(len(groups), p=weights))]
    return group[int(rng.integers(0, len(group)))]


def _paced(clip: Clip, rng: Generator) -> Clip:
    """Let a clip run up to a fifth slower or faster, most often."""
    if rng.random() < 0.4:
        return clip
    pace = float(np.exp(rng.uniform(-0.18, 0.18)))
    source = (np.arange(int(len(clip.frames) / pace)) * pace).astype(int)
    return Clip(
        clip.frames[source], [(word, round(end / pace)) for word, end in clip.ends]
    )


def _fill(count: int, corpus: Corpus, rng: Generator) -> NDArray[np.float16]:
    """Return `count` frames without keywords: speech and pauses."""
    parts = [np.zeros((0, BANDS), np.float16)]
    left = count
    while left > 0:
        if rng.random() < 0.15:
            part = _quiet(int(rng.integers(5, 120)), rng)
        else:
            picked = _pick(corpus.plain, corpus.plain_weights, rng)
            part = _paced(Clip(_crop(picked, left, rng), []), rng).frames
        parts.append(part[:left])
        left -= len(part)
    return np.concatenate(parts)


def _levelled(
    frames: NDArray[np.float16], power: float, rng: Generator
) -> NDArray[np.float32]:
    """Bring speech near to the mean power of what stands beside it, most often."""
    near = frames.astype(np.float32)
    if len(near) and rng.random() < 0.8:
        shift = np.log(power / np.exp(near).mean()) + rng.normal(0, 1.2)
        near = np.maximum(QUIET, near + np.float32(shift))
    return near


class Sequence(NamedTuple):
    """Frames (312, 32), the ends of the keywords, and whose level counts (312,).

    `style` is that of the clip with the keyword.
    """

    frames: NDArray[np.float32]
    ends: list[tuple[int, int]]
    counts: NDArray[np.float32]
    style: int


def sequence(corpus: Corpus, rng: Generator, *, keyword: bool) -> Sequence:
    """Return one sequence.

    The level that noise is measured against is that of the keyword, if there is one:
    beside louder speech it would drown.
    """
    if not keyword:
        made = _fill(LENGTH, corpus, rng).astype(np.float32)
        return Sequence(made, [], np.ones(LENGTH, np.float32), -1)
    picked = _pick(corpus.keywords, corpus.keyword_weights, rng)
    clip = _paced(picked, rng)
    frames, ends = clip.frames, clip.ends
    # A word's end is put where the network is asked about it.
    _, end = ends[int(rng.integers(0, len(ends)))]
    place = int(rng.integers(ASKED, LENGTH - LAST))
    start = max(0, end - place)
    frames = frames[start : start + LENGTH]
    ends = [(word, at - start) for word, at in ends]
    before = place - (end - start)
    silent = rng.random() < 0.4
    lead = _quiet(before, rng) if silent else _fill(before, corpus, rng)
    tail = _fill(LENGTH, corpus, rng)
    ends = [(word, at + before) for word, at in ends]
    counts = np.zeros(LENGTH, np.float32)
    for _, end in ends:
        counts[max(0, end - WORD) : max(1, end)] = 1.0
    said = np.concatenate([lead, frames, tail])[:LENGTH].astype(np.float32)
    power = float(np.exp(said[counts > 0]).mean())
    if not silent:
        lead = _levelled(lead, power, rng)
    parts = [lead, frames, _levelled(tail, power, rng)]
    joined = np.concatenate(parts)[:LENGTH].astype(np.float32)
    return Sequence(joined, ends, counts, picked.style)


def _reverberate(power: Tensor, generator: torch.Generator) -> Tensor:
    """Add decaying tails to a part of the batch."""
    count = len(power)
    decay = torch.empty(count).uniform_(0.7, 0.965, generator=generator)
    share = torch.empty(count).uniform_(0, 0.5, generator=generator)
    share *= torch.rand(count, generator=generator) < 0.35
    out = power.clone()
    for row in torch.nonzero(share)[:, 0].tolist():
        keep = float(decay[row])
        tail = lfilter([3.0 * (1 - keep)], [1, -keep], power[row, :-2].numpy(), axis=0)
        out[row, 2:] += float(share[row]) * torch.from_numpy(tail)
    return out


def vary(
    frames: Tensor,
    noise: Tensor,
    counts: Tensor,
    generator: torch.Generator,
    noise_below: tuple[float, float],
) -> Tensor:
    """Return a varied batch of frames (batch, 312, 32).

    Noise is so many dB below the frames whose level counts, from least to most.
    """
    count = len(frames)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.empty(shape).uniform_(low, high, generator=generator)

    # Vocal tract: bands read from warped places.
    bands = torch.arange(BANDS, dtype=torch.float32)
    source = bands * uniform(0.88, 1.13, count, 1) + uniform(-1, 1, count, 1)
    source = source.clamp(0, BANDS - 1.001)
    low = source.long()
    part = (source - low)[:, None, :]
    index = low[:, None, :].expand(-1, LENGTH, -1)
    frames = frames.gather(2, index) * (1 - part) + frames.gather(2, index + 1) * part
    # Microphone: a smooth curve over the bands.
    knots = uniform(-2.2, 2.2, count, 1, 6)
    curve = torch.nn.functional.interpolate(
        knots, BANDS, mode="linear", align_corners=True
    )
    frames = frames + curve
    power = _reverberate(frames.exp(), generator)
    speech = (power.mean(2) * counts).sum(1) / counts.sum(1).clamp_min(1)
    level = noise.exp().mean(dim=(1, 2), keepdim=True)
    ratio = 10 ** (uniform(*noise_below, count, 1, 1) / 10)
    gain = speech[:, None, None] / level / ratio
    gain *= uniform(0, 1, count, 1, 1) < 0.8
    loud = uniform(-5, 3, count, 1, 1)
    frames = ((power + gain * noise.exp()) * loud.exp() + FLOOR).log()
    # Holes in time and in frequency.
    for _ in range(2):
        width, start = uniform(0, 5, count, 1), uniform(0, BANDS, count, 1)
        hole = (bands >= start) & (bands < start + width)
        hole &= uniform(0, 1, count, 1) < 0.4
        frames = torch.where(hole[:, None, :], frames.mean(1, keepdim=True), frames)
    time = torch.arange(LENGTH, dtype=torch.float32)
    width, start = uniform(0, 9, count, 1), uniform(0, LENGTH, count, 1)
    hole = (time >= start) & (time < start + width) & (uniform(0, 1, count, 1) < 0.3)
    return torch.where(hole[:, :, None], frames.amin(1, keepdim=True), frames)
