"""Raw scores of a model over recordings, and peaks in them."""

import hashlib
import json
import os
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import noises
import numpy as np
import soundfile
from embedding import EARLY, Embedder
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt
from voice.hearing.features import BANDS, FLOOR, LogMel
from voice.hearing.network import FRAMES_PER_BLOCK, Convolution, Model

KEPT = Path(__file__).parents[1] / ".local" / "training" / "embeddings"
PIECE = 320
STEP, OFFSET, SMOOTHED = 0.08, 0.095, 2


@dataclass(slots=True)
class Recording:
    """A held-apart recording: its group, samples and (word, end in seconds)."""

    group: str
    name: str
    samples: NDArray[np.int16]
    ends: list[tuple[str, float]]


def held(folder: Path, *groups: str) -> list[Recording]:
    """Read the recordings of some groups."""
    labels = json.loads(folder.joinpath("labels.json").read_text("utf-8"))
    return [
        Recording(
            name.split("/")[0],
            name,
            soundfile.read(folder / name, dtype="int16")[0],
            [(word, end) for word, end in labels[name]],
        )
        for name in sorted(labels)
        if name.startswith(groups)
    ]


def made_up(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    """Return noise of any of the kinds that are computed."""
    return noises.KINDS[int(rng.integers(0, len(noises.KINDS)))](rng, count)


def noisy(
    recording: Recording, decibels: float, draw: int = 0, make: noises.Maker = made_up
) -> Recording:
    """Add noise; the ratio is to the speech alone, without its pauses.

    Each `draw` is another noise.
    """
    rng = np.random.default_rng(zlib.crc32(f"{recording.name} {draw}".encode()))
    speech = recording.samples.astype(np.float64)
    frames = speech[: len(speech) // 160 * 160].reshape(-1, 160)
    power = (frames**2).mean(axis=1)
    level = power[power > power.max() * 1e-3].mean()
    noise = make(rng, len(speech)).astype(np.float64) + 1e-6
    # A source of noise at some distance, not in the microphone's own membrane.
    noise = sosfilt(butter(1, 60, "high", fs=16_000, output="sos"), noise)
    noise *= np.sqrt(level / 10 ** (decibels / 10) / (noise**2).mean())
    mixed = speech + noise
    mixed *= min(1.0, 32_000 / np.abs(mixed).max())
    return Recording(
        recording.group, recording.name, mixed.astype(np.int16), recording.ends
    )


@cache
def _embedder() -> Embedder:
    return Embedder(PIECE)


def described(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """Return the embeddings of a recording, (blocks, 96); kept, as they never change.

    Ahead of it there is silence.
    """
    path = (
        KEPT
        / f"{hashlib.sha1(samples.tobytes(), usedforsecurity=False).hexdigest()}.npy"
    )
    if not path.exists():
        frames = LogMel()(samples)
        blocks = len(frames) // FRAMES_PER_BLOCK
        frames = frames[: blocks * FRAMES_PER_BLOCK]
        ahead = EARLY * FRAMES_PER_BLOCK
        ahead += -(ahead + len(frames)) % PIECE
        silent = np.full((ahead, BANDS), np.log(FLOOR), np.float32)
        found = _embedder()(np.concatenate([silent, frames]))
        KEPT.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.npy")
        np.save(part, found[len(found) - blocks :].astype(np.float16))
        part.rename(path)
    return np.load(path).astype(np.float32)


def raw_scores(samples: NDArray[np.int16], model: Model) -> NDArray[np.float64]:
    """Return the spotter's smoothed logits and its ages, (blocks, 6)."""
    embeddings = described(samples)
    answers = [_answers(embeddings, layers) for layers in model.heads]
    logits = np.mean(answers, axis=0, dtype=np.float64)
    logits[:, :3] = logits[:, :3].clip(-12, 12)
    before = np.vstack([np.full((SMOOTHED - 1, 6), -12.0), logits])
    logits[:, :3] = np.lib.stride_tricks.sliding_window_view(
        before[:, :3], SMOOTHED, axis=0
    ).mean(axis=-1)
    return logits


def _answers(
    values: NDArray[np.float32], layers: tuple[Convolution, ...]
) -> NDArray[np.float32]:
    """Return a head's answers to a whole recording."""
    for layer in layers[:-1]:
        answer = np.maximum(_layer(values, layer), 0.0)
        values = answer + values if answer.shape == values.shape else answer
    return _layer(values, layers[-1])


def _layer(values: NDArray[np.float32], layer: Convolution) -> NDArray[np.float32]:
    """Return a layer's answers to a whole recording."""
    width = len(layer.weights)
    padded = np.pad(values, ((width - 1, 0), (0, 0)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, width, axis=0)
    seen = seen.transpose(0, 2, 1).reshape(len(values), -1)
    return seen @ layer.weights.reshape(seen.shape[1], -1) + layer.biases


def peaks(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the heights of peaks at least one second apart, highest first."""
    left, found = scores.copy(), []
    while len(left) and left.max() > -6:
        at = int(left.argmax())
        found.append(left[at])
        left[max(0, at - 12) : at + 13] = -99
    return np.array(found)
