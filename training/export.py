"""Writes a trained network as the model that the spotter loads.

    python export.py TRAINED.pt

Batch normalisation goes into the weights, which are kept as 16-bit floats. The
calibration that is there stays until calibrate.py makes a new one.
"""

import hashlib
import json
import sys
from pathlib import Path

import clips
import numpy as np
import torch
from network import Network

MODEL = (
    Path(clips.__file__)
    .parents[1]
    .joinpath("custom_components/reply_satellite/voice/hearing/model/keywords.json")
)
_UNCALIBRATED = {
    word: {"raw": [-8.0, 8.0], "log10_per_hour": [3.0, -2.0]}
    for word in ("computer", "reply", "snapshot")
}


def folded(network: Network) -> dict[str, np.ndarray]:
    """Return weights (taps * inputs, outputs) and biases of every layer and the head."""
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


@torch.no_grad()
def main() -> None:
    """Write the model."""
    state = torch.load(sys.argv[1])
    network = Network(state["channels"])
    network.load_state_dict(state["weights"])
    network.eval()
    MODEL.parent.mkdir(exist_ok=True)
    weights = MODEL.with_suffix(".npz")
    np.savez(weights, **folded(network))
    about = json.loads(MODEL.read_text("utf-8")) if MODEL.exists() else {}
    about["sha256"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    about.setdefault("calibration", _UNCALIBRATED)
    MODEL.write_text(json.dumps(about, indent=2) + "\n", "utf-8")
    print(f"{weights.name}: {weights.stat().st_size} bytes")


if __name__ == "__main__":
    main()
