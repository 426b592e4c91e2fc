"""Writes a trained network as the model that the spotter loads.

    python export.py TRAINED.pt [MODEL.json]

Without MODEL.json it is the model of the integration. Batch normalisation goes into the
weights, which are kept as 16-bit floats. The calibration that is there stays until
calibrate.py makes a new one.
"""

import hashlib
import json
import sys
from pathlib import Path

import clips
import espeak
import numpy as np
import torch
from network import Network
from voice.hearing.features import LogMel, RunningMean

_ROOT = Path(__file__).parents[1]
MODEL = _ROOT.joinpath(
    "custom_components/reply_satellite/voice/hearing/model/keywords.json"
)
REFERENCE = _ROOT / "tests" / "voice" / "hearing" / "keyword_network.npz"
_UNCALIBRATED = {
    word: {"raw": [-8.0, 8.0], "log10_per_hour": [3.0, -2.0]}
    for word in ("computer", "reply", "snapshot")
}


def folded(network: Network) -> dict[str, np.ndarray]:
    """Return weights (taps * inputs, outputs) and biases of all layers and the head."""
    arrays: dict[str, np.ndarray] = {}
    for at, layer in enumerate(network.layers):
        norm = layer.normalisation
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weights = layer.convolution.weight * scale[:, None, None, None]
        arrays[f"weights{at}"] = weights[:, :, 0].permute(2, 1, 0).flatten(0, 1).numpy()
        arrays[f"biases{at}"] = (norm.bias - norm.running_mean * scale).numpy()
    last = len(network.layers)
    arrays[f"weights{last}"] = network.head.weight[:, :, 0, 0].T.numpy()
    arrays[f"biases{last}"] = network.head.bias.numpy()
    return {name: array.astype(np.float16) for name, array in arrays.items()}


def write_reference(network: Network) -> None:
    """Write frames of speech and the answers to them, which a test compares with."""
    speech = espeak.say("computer, take a snapshot, reply", "en-us")
    frames = RunningMean()(LogMel()(clips.pcm(speech.samples)))
    frames = frames[: len(frames) // 4 * 4].astype(np.float16)
    answers = network(torch.from_numpy(frames.astype(np.float32))[None])[0]
    np.savez(REFERENCE, frames=frames, answers=answers.numpy())


@torch.no_grad()
def main() -> None:
    """Write the model."""
    state = torch.load(sys.argv[1])
    network = Network(state["channels"])
    network.load_state_dict(state["weights"])
    network.eval()
    model = Path(sys.argv[2]) if len(sys.argv) > 2 else MODEL
    if model == MODEL:
        write_reference(network)
    model.parent.mkdir(exist_ok=True)
    weights = model.with_suffix(".npz")
    np.savez(weights, **folded(network))
    about = json.loads(model.read_text("utf-8")) if model.exists() else {}
    about["sha256"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    about.setdefault("calibration", _UNCALIBRATED)
    model.write_text(json.dumps(about, indent=2) + "\n", "utf-8")
    print(f"{weights.name}: {weights.stat().st_size} bytes")


if __name__ == "__main__":
    main()
