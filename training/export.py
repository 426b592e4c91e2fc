"""Writes trained heads, with the embedding, as the model that the spotter loads.

    python export.py HEAD.pt... [--model MODEL.json]

Without `--model` it is the model of the integration. Normalisations go into the
weights: the embedding's are kept as 16-bit floats, the heads' as 8-bit numbers with a
scale for each output, which rounds them by less than a percent. The calibration that is
there stays until calibrate.py makes a new one.
"""

import argparse
import hashlib
import json
from pathlib import Path

import clips
import espeak
import numpy as np
import onnxruntime
import torch
from embedding import EARLY, WIDTH, graph, pretrained
from network import Head
from numpy.typing import NDArray
from voice.hearing.features import LogMel
from voice.hearing.network import FRAMES_PER_BLOCK, SEEN

_ROOT = Path(__file__).parents[1]
MODEL = _ROOT.joinpath(
    "custom_components/reply_satellite/voice/hearing/model/keywords.json"
)
REFERENCE = _ROOT / "tests" / "voice" / "hearing" / "keyword_network.npz"
_UNCALIBRATED = {
    word: {"raw": [-8.0, 8.0], "log10_per_hour": [3.0, -2.0]}
    for word in ("computer", "reply", "snapshot")
}


def rounded(
    weights: NDArray[np.float64],
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return weights in 8 bits, and what each output's are to be multiplied by."""
    scales = (np.abs(weights).max(axis=(0, 1, 2)) / 127).astype(np.float32)
    return np.rint(weights / scales).astype(np.int8), scales


def folded(head: Head, name: str) -> dict[str, NDArray]:
    """Return weights (time, 1, inputs, outputs), their scales and biases of a head."""
    layers: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    before = head.normalisation
    spread = torch.sqrt(before.running_var + before.eps).double()
    gain, offset = 1 / spread, -before.running_mean / spread
    for at, layer in enumerate(head.layers):
        norm = layer.normalisation
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weights = layer.convolution.weight.double() * scale[:, None, None]
        biases = norm.bias - norm.running_mean * scale
        if at == 0:
            biases = biases + (weights * offset[:, None]).sum((1, 2))
            weights = weights * gain[:, None]
        layers.append((weights.numpy(), biases.numpy()))
    layers.append((head.head.weight.double().numpy(), head.head.bias.numpy()))
    arrays: dict[str, NDArray] = {}
    for at, (weights, biases) in enumerate(layers):
        values, scales = rounded(weights.transpose(2, 1, 0)[:, np.newaxis])
        arrays[f"{name}_weights{at}"], arrays[f"{name}_scales{at}"] = values, scales
        arrays[f"{name}_biases{at}"] = biases.astype(np.float16)
    return arrays


def write_reference(heads: list[Head]) -> None:
    """Write frames of speech and the answers to them, which a test compares with.

    The embeddings are computed as they are published, window by window.
    """
    speech = espeak.say("computer, take a snapshot, reply", "en-us")
    frames = LogMel()(clips.pcm(speech.samples))
    frames = frames[: len(frames) // FRAMES_PER_BLOCK * FRAMES_PER_BLOCK]
    frames = frames.astype(np.float16)
    # The decimal logarithm of the power of 16-bit samples, and two.
    scaled = frames / np.log(10, dtype=np.float32) + 2 * np.log10(32_768) + 2
    ends = range(EARLY * FRAMES_PER_BLOCK, len(frames), FRAMES_PER_BLOCK)
    windows = np.stack([scaled[end + 8 - SEEN : end + 8] for end in ends])
    session = onnxruntime.InferenceSession(graph().SerializeToString())
    (found,) = session.run(
        None, {"input_1": windows[..., np.newaxis].astype(np.float32)}
    )
    embeddings = torch.from_numpy(found.reshape(1, -1, WIDTH))
    answers = np.mean([head(embeddings)[0].numpy() for head in heads], axis=0)
    np.savez(REFERENCE, frames=frames, answers=answers)


def read(path: Path) -> Head:
    """Return a trained head."""
    state = torch.load(path)
    head = Head(state["channels"])
    head.load_state_dict(state["weights"])
    return head.eval()


@torch.no_grad()
def main() -> None:
    """Write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("heads", type=Path, nargs="+")
    parser.add_argument("--model", type=Path, default=MODEL)
    options = parser.parse_args()
    heads = [read(path) for path in options.heads]
    if options.model == MODEL:
        write_reference(heads)
    options.model.parent.mkdir(exist_ok=True)
    arrays = pretrained()
    for at, head in enumerate(heads):
        arrays |= folded(head, f"head{at}")
    weights = options.model.with_suffix(".npz")
    np.savez_compressed(weights, **arrays)
    known = options.model.read_text("utf-8") if options.model.exists() else "{}"
    about = {
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "heads": len(heads),
        "calibration": json.loads(known).get("calibration", _UNCALIBRATED),
    }
    options.model.write_text(json.dumps(about, indent=2) + "\n", "utf-8")
    print(f"{weights.name}: {weights.stat().st_size} bytes")


if __name__ == "__main__":
    main()
