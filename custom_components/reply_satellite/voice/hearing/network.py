"""The keyword network in numpy, a block of frames at a time.

Google's speech embedding (https://arxiv.org/abs/2002.01322, Apache License 2.0)
describes the last 76 frames by 96 numbers; small heads of our own (training/network.py)
find the keywords in the last nine descriptions, and the mean of their answers counts.
All are convolutions over the past only. Every layer keeps the part of its past that its
next output needs, so nothing is computed twice.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from ..errors import Service, VoiceError
from .features import BANDS

FRAMES_PER_BLOCK: Final = 8
WORDS: Final = 3
MODEL: Final = Path(__file__).parent / "model" / "keywords.json"

SEEN: Final = 76
"""The frames that an embedding describes."""

POOLS: Final[Mapping[int, tuple[int, int]]] = {
    2: (2, 2),
    6: (1, 2),
    10: (2, 2),
    14: (1, 2),
    18: (2, 2),
}
"""How many (frames, bands) become one, and after which layer of the embedding."""

# The scale which the embedding learned on: the decimal logarithm of the power of 16-bit
# samples, and two; ours is the natural logarithm for a full scale of one.
_PER_NEPER: Final = np.float32(1.0 / np.log(10.0))
_FULL_SCALE: Final = np.float32(2.0 * np.log10(32_768.0) + 2.0)
_SLOPE: Final = np.float32(0.2)
_LOWEST: Final = np.float32(-0.4)


class BrokenModelError(VoiceError):
    """The model's files are missing, damaged or do not belong together."""

    def __init__(self, path: Path, detail: str) -> None:
        """Say which model, and what is wrong with it."""
        super().__init__(Service.MICROPHONE, f"keyword model {path}: {detail}")


@dataclass(frozen=True, slots=True)
class Convolution:
    """Weights, float32 of shape (frames, bands, inputs, outputs), and (outputs,)."""

    weights: NDArray[np.float32]
    biases: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Embedding:
    """The layers, and what multiplies and is added to the first one's outputs."""

    layers: tuple[Convolution, ...]
    scale: NDArray[np.float32]
    shift: NDArray[np.float32]

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[np.floating[Any]]]) -> Self:
        """Take what belongs to it from named arrays. Raises KeyError."""
        return cls(
            _convolutions(arrays, "embedding"),
            arrays["scale"].astype(np.float32),
            arrays["shift"].astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class Model:
    """The network's parts, and what the scores mean.

    `calibration` holds for each keyword the raw scores and the false alarms per hour
    (as log10) that were counted at them, both rising and falling strictly.
    """

    embedding: Embedding
    heads: tuple[tuple[Convolution, ...], ...]
    calibration: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]


def _convolutions(
    arrays: Mapping[str, NDArray[np.floating[Any]]], part: str
) -> tuple[Convolution, ...]:
    """Return a part's layers in their order; 8-bit weights have a scale per output."""
    layers: list[Convolution] = []
    while (weights := arrays.get(f"{part}_weights{len(layers)}")) is not None:
        scales = arrays.get(f"{part}_scales{len(layers)}", np.ones(1))
        biases = arrays[f"{part}_biases{len(layers)}"]
        layers.append(
            Convolution(
                weights.astype(np.float32) * scales.astype(np.float32),
                biases.astype(np.float32),
            )
        )
    return tuple(layers)


@cache
def load_model(path: Path = MODEL) -> Model:
    """Read a model and verify it, once for all satellites; raises BrokenModelError."""
    try:
        about: dict[str, Any] = json.loads(path.read_text("utf-8"))
        content = path.with_suffix(".npz").read_bytes()
        expected = about["sha256"]
        curves, heads = about["calibration"], about["heads"]
    except (OSError, ValueError, KeyError) as error:
        raise BrokenModelError(path, str(error)) from error
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise BrokenModelError(path, f"the weights' sha256 is {found}, not {expected}")
    with np.load(io.BytesIO(content)) as data:
        return Model(
            Embedding.of(data),
            tuple(_convolutions(data, f"head{at}") for at in range(heads)),
            {
                word: (np.array(curve["raw"]), np.array(curve["log10_per_hour"]))
                for word, curve in curves.items()
            },
        )


class _Layer:
    """One convolution, causal in time and centred in the bands, with its past."""

    def __init__(self, convolution: Convolution, frames: int, bands: int) -> None:
        """Prepare for `frames` new frames at each call."""
        times, widths, inputs, outputs = convolution.weights.shape
        self._past: Final = times - 1
        self._side: Final = widths // 2
        self._buffer: Final = np.zeros(
            (frames + self._past, bands + 2 * self._side, inputs), np.float32
        )
        by_frame, by_band, by_input = self._buffer.strides
        # What each output sees: a view of the buffer, so that it moves with it.
        self._windows: Final = np.lib.stride_tricks.as_strided(
            self._buffer,
            (frames, bands, times, widths, inputs),
            (by_frame, by_band, by_frame, by_band, by_input),
        )
        self._seen: Final = np.empty(self._windows.shape, np.float32)
        self._products: Final = self._seen.reshape(frames * bands, -1)
        self._weights: Final = convolution.weights.reshape(-1, outputs)
        self._biases: Final = convolution.biases

    def reset(self) -> None:
        """Forget the past."""
        self._buffer[:] = 0.0

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map the next values (frames, bands, inputs) to (frames, bands, outputs)."""
        frames, bands, _ = values.shape
        buffer, past = self._buffer, self._past
        buffer[:past] = buffer[frames:]
        buffer[past:, self._side : self._side + bands] = values
        np.copyto(self._seen, self._windows)
        answer: NDArray[np.float32] = self._products @ self._weights
        answer += self._biases
        return answer.reshape(frames, bands, -1)


class EmbeddingNetwork:
    """Describes the last 76 frames, after every eighth."""

    def __init__(
        self, embedding: Embedding, frames: int = FRAMES_PER_BLOCK, bands: int = BANDS
    ) -> None:
        """Begin a stream that comes `frames` at a time, a multiple of eight."""
        self._shape: Final = (frames, bands)
        self._embedding: Final = embedding
        self._layers: Final[list[_Layer]] = []
        for at, layer in enumerate(embedding.layers):
            self._layers.append(_Layer(layer, frames, bands))
            fewer_frames, fewer_bands = POOLS.get(at, (1, 1))
            frames, bands = frames // fewer_frames, bands // fewer_bands

    def reset(self) -> None:
        """Begin a new stream."""
        for layer in self._layers:
            layer.reset()

    def __call__(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the next log-mel frames (n, 32), return (n / 8, 96).

        The first nine answers of a stream have not seen 76 frames yet.
        """
        if frames.shape != self._shape:
            raise ValueError(f"frames of shape {frames.shape}")
        values = frames[..., np.newaxis] * _PER_NEPER + _FULL_SCALE
        for at, layer in enumerate(self._layers[:-1]):
            values = layer(values)
            if at == 0:
                np.maximum(values, 0.0, out=values)
                values *= self._embedding.scale
                values += self._embedding.shift
            if at in POOLS:
                # Before the activation, which rises: the same, of fewer values.
                values = _pooled(values, *POOLS[at])
            least = np.multiply(values, _SLOPE)
            np.maximum(least, _LOWEST, out=least)
            np.maximum(values, least, out=values)
        return self._layers[-1](values)[:, 0]


def _pooled(
    values: NDArray[np.float32], frames: int, bands: int
) -> NDArray[np.float32]:
    """Return the largest of every few frames and bands."""
    values = np.maximum(values[:, ::bands], values[:, 1::bands])
    return values if frames == 1 else np.maximum(values[::2], values[1::2])


class _HeadsLayer:
    """One layer of every head, with its past: the heads are of one shape."""

    def __init__(self, layers: tuple[Convolution, ...]) -> None:
        """Put the heads' weights together."""
        weights = np.stack([layer.weights for layer in layers])
        heads, times, _, inputs, outputs = weights.shape
        self._weights: Final = weights.reshape(heads, times * inputs, outputs)
        self._biases: Final = np.stack([layer.biases for layer in layers])
        self._seen: Final = np.zeros((heads, times, inputs), np.float32)

    def reset(self) -> None:
        """Forget the past."""
        self._seen[:] = 0.0

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map the next values, (heads, inputs) or the same for all, to answers."""
        seen = self._seen
        seen[:, :-1] = seen[:, 1:]
        seen[:, -1] = values
        answers: NDArray[np.float32] = seen.reshape(len(seen), 1, -1) @ self._weights
        return answers[:, 0] + self._biases


class KeywordNetwork:
    """Answers every 80 ms from log-mel frames."""

    def __init__(self, model: Model) -> None:
        """Begin a stream."""
        self._embedding: Final = EmbeddingNetwork(model.embedding)
        self._layers: Final = [
            _HeadsLayer(layers) for layers in zip(*model.heads, strict=True)
        ]

    def reset(self) -> None:
        """Begin a new stream."""
        self._embedding.reset()
        for layer in self._layers:
            layer.reset()

    def __call__(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the next eight log-mel frames, float32 (8, 32); return (6,).

        The first three values are the words' logits, the others how many seconds ago
        each ended, good only while its word is told.
        """
        values = self._embedding(frames)
        for layer in self._layers[:-1]:
            answers = np.maximum(layer(values), 0.0)
            values = answers + values if answers.shape == values.shape else answers
        answer: NDArray[np.float32] = self._layers[-1](values).mean(axis=0)
        return answer
