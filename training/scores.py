"""Raw scores of the shipped model over recordings, and peaks in them."""

import json
from dataclasses import dataclass
from pathlib import Path

import clips as _  # noqa: F401 - it finds the spotter
import noises
import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt
from voice.hearing.features import LogMel
from voice.hearing.network import SHAPES, Model, Shape, load_model

MEAN_FRAMES = 150
STEP, OFFSET = 0.04, 0.055


@dataclass(slots=True)
class Recording:
    """A held-apart recording: its group, samples and (word, end in seconds)."""

    group: str
    name: str
    samples: NDArray[np.int16]
    ends: list[tuple[str, float]]


def held(folder: Path, *groups: str, part: int | None = None) -> list[Recording]:
    """Read the recordings of some groups.

    `part` 0 or 1 leaves out every other recording without keywords: what the scores
    are calibrated on (0) is not what false alarms are counted on (1).
    """
    labels = json.loads(folder.joinpath("labels.json").read_text("utf-8"))
    names = [name for name in sorted(labels) if name.startswith(groups)]
    plain = [name for name in names if not labels[name]]
    left_out = set() if part is None else set(plain[1 - part :: 2])
    return [
        Recording(
            name.split("/")[0],
            name,
            soundfile.read(folder / name, dtype="int16")[0],
            [(word, end) for word, end in labels[name]],
        )
        for name in names
        if name not in left_out
    ]


def noisy(recording: Recording, decibels: float) -> Recording:
    """Add made-up noise; the ratio is to the speech alone, without its pauses."""
    seed = int.from_bytes(recording.name.encode()[-12:], "little")
    rng = np.random.default_rng(seed % 2**32)
    speech = recording.samples.astype(np.float64)
    frames = speech[: len(speech) // 160 * 160].reshape(-1, 160)
    power = (frames**2).mean(axis=1)
    level = power[power > power.max() * 1e-3].mean()
    noise = noises.KINDS[int(rng.integers(0, len(noises.KINDS)))](rng, len(speech))
    noise = noise.astype(np.float64) + 1e-6
    # A source of noise at some distance, not in the microphone's own membrane.
    noise = sosfilt(butter(1, 60, "high", fs=16_000, output="sos"), noise)
    noise *= np.sqrt(level / 10 ** (decibels / 10) / (noise**2).mean())
    mixed = speech + noise
    mixed *= min(1.0, 32_000 / np.abs(mixed).max())
    return Recording(
        recording.group, recording.name, mixed.astype(np.int16), recording.ends
    )


def centred(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return all frames less the running mean, as RunningMean does frame by frame."""
    begin = np.cumsum(frames[:MEAN_FRAMES], axis=0, dtype=np.float64)
    begin /= np.arange(1, len(begin) + 1)[:, np.newaxis]
    if len(frames) <= MEAN_FRAMES:
        return frames - begin.astype(np.float32)
    keep = 1 - 1 / MEAN_FRAMES
    later = lfilter(
        [1 - keep], [1, -keep], frames[MEAN_FRAMES:], axis=0, zi=keep * begin[-1:]
    )[0]
    return frames - np.concatenate([begin, later]).astype(np.float32)


def _layer(
    frames: NDArray[np.float32],
    weights: NDArray[np.float32],
    biases: NDArray[np.float32],
    shape: Shape,
) -> NDArray[np.float32]:
    """Return a layer's answers to a whole recording."""
    inputs = frames.shape[1]
    past = (shape.width - 1) * shape.dilation - (shape.stride - 1)
    padded = np.pad(frames, ((past, 0), (0, 0)))
    count = len(frames) // shape.stride
    taps = np.arange(count)[:, np.newaxis] * shape.stride
    taps = taps + np.arange(shape.width) * shape.dilation
    values = padded[taps].reshape(count, -1) @ weights + biases
    if shape.stride == 1 and inputs == weights.shape[1]:
        values += frames
    return np.maximum(values, 0.0)


def raw_scores(
    samples: NDArray[np.int16], model: Model | None = None
) -> NDArray[np.float64]:
    """Return the spotter's smoothed logits and its ages, (blocks, 6).

    The whole recording at once, three times as fast as block by block as the spotter
    hears it; the answers are the same but for rounding.
    """
    model = model or load_model()
    frames = centred(LogMel()(samples))
    frames = frames[: len(frames) // 4 * 4]
    for shape, weights, biases in zip(
        SHAPES, model.weights[:-1], model.biases[:-1], strict=True
    ):
        frames = _layer(frames, weights, biases, shape)
    logits = (frames @ model.weights[-1] + model.biases[-1]).astype(np.float64)
    logits[:, :3] = logits[:, :3].clip(-12, 12)
    before = np.vstack([np.full((2, 6), -12.0), logits])
    logits[:, :3] = (before[2:] + before[1:-1] + before[:-2])[:, :3] / 3
    return logits


def peaks(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the heights of peaks at least one second apart, highest first."""
    left, found = scores.copy(), []
    while len(left) and left.max() > -6:
        at = int(left.argmax())
        found.append(left[at])
        left[max(0, at - 25) : at + 26] = -99
    return np.array(found)
