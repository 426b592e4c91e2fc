"""The keyword network in numpy, a block of frames at a time.

A causal residual convolutional network (training/network.py) with its batch
normalisation folded into the weights. Every layer keeps the part of its past that its
next output needs, so nothing is computed twice.
"""

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import Service, VoiceError
from .features import BANDS

FRAMES_PER_BLOCK: Final = 4
WORDS: Final = 3
MODEL: Final = Path(__file__).parent / "model" / "keywords.json"


class BrokenModelError(VoiceError):
    """The model's files are missing, damaged or do not belong together."""

    def __init__(self, path: Path, detail: str) -> None:
        """Say which model, and what is wrong with it."""
        super().__init__(Service.MICROPHONE, f"keyword model {path}: {detail}")


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of a layer: taps, stride and dilation."""

    width: int
    stride: int
    dilation: int


SHAPES: Final = (
    Shape(5, 2, 1),
    Shape(3, 1, 1),
    Shape(4, 2, 1),
    Shape(3, 1, 1),
    Shape(3, 1, 2),
    Shape(3, 1, 4),
    Shape(3, 1, 1),
    Shape(3, 1, 2),
    Shape(3, 1, 4),
)


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of the layers and the head, and what the scores mean.

    `weights[i]` is float32 of shape (taps * inputs, outputs), `biases[i]` (outputs,).
    `calibration` holds for each keyword the raw scores and the false alarms per hour
    (as log10) that were counted at them, both rising and falling strictly.
    """

    weights: tuple[NDArray[np.float32], ...]
    biases: tuple[NDArray[np.float32], ...]
    calibration: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]


def load_model(path: Path = MODEL) -> Model:
    """Read a model and verify it; raises BrokenModelError."""
    try:
        about: dict[str, Any] = json.loads(path.read_text("utf-8"))
        content = path.with_suffix(".npz").read_bytes()
        expected = about["sha256"]
        curves = about["calibration"]
    except (OSError, ValueError, KeyError) as error:
        raise BrokenModelError(path, str(error)) from error
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise BrokenModelError(path, f"the weights' sha256 is {found}, not {expected}")
    with np.load(io.BytesIO(content)) as data:
        count = len(SHAPES) + 1
        return Model(
            tuple(data[f"weights{at}"].astype(np.float32) for at in range(count)),
            tuple(data[f"biases{at}"].astype(np.float32) for at in range(count)),
            {
                word: (np.array(curve["raw"]), np.array(curve["log10_per_hour"]))
                for word, curve in curves.items()
            },
        )


class _Layer:
    """One causal convolution with its past."""

    def __init__(
        self,
        shape: Shape,
        frames: int,
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
    ) -> None:
        """Prepare for `frames` new frames at each call."""
        inputs = weights.shape[0] // shape.width
        past = (shape.width - 1) * shape.dilation - (shape.stride - 1)
        self.outputs: Final = frames // shape.stride
        self._weights: Final = weights
        self._bias: Final = bias
        self._past: Final = past
        self._residual: Final = shape.stride == 1 and inputs == weights.shape[1]
        self._buffer: Final = np.zeros((past + frames, inputs), np.float32)
        starts = np.arange(self.outputs)[:, np.newaxis] * shape.stride
        self._taps: Final = starts + np.arange(shape.width) * shape.dilation

    def reset(self) -> None:
        """Forget the past."""
        self._buffer[:] = 0.0

    def __call__(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the outputs for the next frames."""
        buffer = self._buffer
        buffer[: self._past] = buffer[len(frames) :]
        buffer[self._past :] = frames
        gathered = buffer[self._taps].reshape(self.outputs, -1)
        values: NDArray[np.float32] = gathered @ self._weights
        values += self._bias
        if self._residual:
            values += frames
        return np.maximum(values, 0.0, out=values)


class KeywordNetwork:
    """Answers every 40 ms from centred log-mel frames."""

    def __init__(self, model: Model) -> None:
        """Begin a stream."""
        frames = FRAMES_PER_BLOCK
        self._layers: Final[list[_Layer]] = []
        for shape, weights, bias in zip(
            SHAPES, model.weights[:-1], model.biases[:-1], strict=True
        ):
            self._layers.append(_Layer(shape, frames, weights, bias))
            frames = self._layers[-1].outputs
        self._head: Final = model.weights[-1]
        self._head_bias: Final = model.biases[-1]

    def reset(self) -> None:
        """Begin a new stream."""
        for layer in self._layers:
            layer.reset()

    def __call__(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the next four frames, float32 (4, 40); return (6,).

        The first three values are the words' logits, the others how many seconds ago
        each ended, good only while its word is told.
        """
        if frames.shape != (FRAMES_PER_BLOCK, BANDS):
            raise ValueError(f"frames of shape {frames.shape}")
        for layer in self._layers:
            frames = layer(frames)
        answer: NDArray[np.float32] = frames[0] @ self._head + self._head_bias
        return answer
