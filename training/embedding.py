"""Google's speech embedding, as the package openwakeword carries it.

https://arxiv.org/abs/2002.01322, Apache License 2.0.
"""

from importlib.util import find_spec
from pathlib import Path

import clips as _  # noqa: F401 - it finds the spotter
import numpy as np
import onnx
from numpy.typing import NDArray
from voice.hearing.features import BANDS
from voice.hearing.network import FRAMES_PER_BLOCK, SEEN, Embedding, EmbeddingNetwork

WIDTH = 96
# The first answers of a stream have not seen enough.
EARLY = (SEEN - 1) // FRAMES_PER_BLOCK


def graph() -> onnx.ModelProto:
    """Return the embedding as it is published."""
    found = find_spec("openwakeword")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("openwakeword is missing: see training/run")
    folder = Path(found.submodule_search_locations[0])
    return onnx.load(folder / "resources" / "models" / "embedding_model.onnx")


def pretrained() -> dict[str, NDArray[np.float16]]:
    """Return the arrays of the embedding as the spotter keeps them."""
    published = graph().graph
    known = {one.name: onnx.numpy_helper.to_array(one) for one in published.initializer}
    arrays: dict[str, NDArray[np.float32]] = {}
    convolutions = [node for node in published.node if node.op_type == "Conv"]
    for at, node in enumerate(convolutions):
        weights, *biases = (known[name] for name in node.input[1:])
        arrays[f"embedding_weights{at}"] = weights.transpose(2, 3, 1, 0)
        arrays[f"embedding_biases{at}"] = (
            biases[0] if biases else np.zeros(len(weights))
        )
    (normal,) = (one for one in published.node if one.op_type == "BatchNormalization")
    gain, offset, mean, variance = (known[name] for name in normal.input[1:])
    arrays["scale"] = gain / np.sqrt(variance + normal.attribute[0].f)
    arrays["shift"] = offset - mean * arrays["scale"]
    return {name: value.astype(np.float16) for name, value in arrays.items()}


class Embedder:
    """Describes whole sequences of frames."""

    def __init__(self, frames: int) -> None:
        """Take the weights as they are shipped, for so many frames at a time."""
        self._frames = frames
        self._network = EmbeddingNetwork(Embedding.of(pretrained()), frames)

    def __call__(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map log-mel frames (n, 32) to (n / 8 - 9, 96), n a multiple of `frames`.

        The first answer has seen the first 80 frames, the last all of them.
        """
        self._network.reset()
        parts = frames.reshape(-1, self._frames, BANDS)
        return np.concatenate([self._network(part) for part in parts])[EARLY:]
