"""Clips: speech as log-mel frames with the ends of the keywords, in shards on disk."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from speech import Speech

sys.path.insert(
    0, str(Path(__file__).parents[1] / "custom_components" / "reply_satellite")
)

from voice.hearing.features import BANDS, FLOOR, LogMel

_mel = LogMel()
QUIET = float(np.log(FLOOR))


@dataclass(slots=True)
class Clip:
    """Log-mel frames, float16 of shape (frames, 32), and (word, frame) of each end.

    `style` numbers the microphone and room of a person's recording, -1 for a voice.
    """

    frames: NDArray[np.float16]
    ends: list[tuple[int, int]]
    style: int = -1


def pcm(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return 16-bit samples."""
    return np.clip(np.round(samples * 32767), -32768, 32767).astype(np.int16)


def to_clip(speech: Speech, style: int = -1) -> Clip:
    """Turn speech into a clip; a frame ends 25 ms after its beginning."""
    samples = pcm(speech.samples)
    if len(samples) < 800:
        samples = np.pad(samples, (0, 800 - len(samples)))
    frames = _mel(samples).astype(np.float16)
    ends = [(word, round((end - 0.025) * 100)) for word, end in speech.ends]
    return Clip(frames, ends, style)


def save(path: Path, clips: list[Clip]) -> None:
    """Write one shard."""
    lengths = np.array([len(clip.frames) for clip in clips])
    ends = [(at, *end) for at, clip in enumerate(clips) for end in clip.ends]
    frames = (
        np.concatenate([clip.frames for clip in clips])
        if clips
        else np.zeros((0, BANDS), np.float16)
    )
    part = path.with_suffix(".part.npz")
    np.savez(
        part,
        frames=frames,
        lengths=lengths,
        styles=np.array([clip.style for clip in clips], int),
        ends=np.array(ends, int).reshape(-1, 3),
    )
    part.rename(path)


def load(paths: list[Path]) -> list[Clip]:
    """Read shards."""
    clips: list[Clip] = []
    for path in paths:
        with np.load(path) as data:
            parts = np.split(data["frames"], np.cumsum(data["lengths"])[:-1])
            shard = [
                Clip(part, [], int(style))
                for part, style in zip(parts, data["styles"], strict=False)
            ]
            for at, word, frame in data["ends"]:
                shard[at].ends.append((int(word), int(frame)))
        clips += shard
    return clips
