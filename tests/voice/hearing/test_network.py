"""The keyword network, against what others answered with its weights, and its files."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from custom_components.reply_satellite.voice.errors import VoiceError
from custom_components.reply_satellite.voice.hearing.features import BANDS
from custom_components.reply_satellite.voice.hearing.network import (
    FRAMES_PER_BLOCK,
    MODEL,
    POOLS,
    SEEN,
    BrokenModelError,
    EmbeddingNetwork,
    KeywordNetwork,
    load_model,
)

# Written by training/export.py beside the model: frames, and the answers to the last of
# them: embeddings as they are published, by ONNX Runtime, one window after the other,
# and the heads in PyTorch.
REFERENCE = Path(__file__).parent / "keyword_network.npz"


@pytest.fixture
def model_copy(tmp_path: Path) -> Path:
    shutil.copy(MODEL.with_suffix(".npz"), tmp_path)
    return Path(shutil.copy(MODEL, tmp_path))


def _run(frames: np.ndarray) -> np.ndarray:
    network = KeywordNetwork(load_model())
    return np.array(
        [
            network(frames[start : start + FRAMES_PER_BLOCK])
            for start in range(0, len(frames), FRAMES_PER_BLOCK)
        ]
    )


def test_answers_as_others_do() -> None:
    with np.load(REFERENCE) as reference:
        expected = reference["answers"]
        answers = _run(reference["frames"].astype(np.float32))[-len(expected) :]
        assert np.ptp(expected[:, 0]) > 3.0, "says nothing"
        # The weights are kept as 16-bit floats.
        assert np.allclose(answers, expected, atol=0.15)


def test_larger_blocks_give_the_same_embeddings() -> None:
    embedding = load_model().embedding
    frames = np.random.default_rng(3).normal(-8, 3, (80, BANDS)).astype(np.float32)
    network = EmbeddingNetwork(embedding)
    parts = [network(block) for block in frames.reshape(10, FRAMES_PER_BLOCK, BANDS)]
    at_once = EmbeddingNetwork(embedding, len(frames))(frames)
    assert np.allclose(np.concatenate(parts), at_once, atol=1e-3)


def test_reset_forgets_everything() -> None:
    rng = np.random.default_rng(1)
    network = KeywordNetwork(load_model())
    blocks = rng.normal(size=(10, FRAMES_PER_BLOCK, BANDS)).astype(np.float32)
    first = [network(block) for block in blocks]
    network.reset()
    assert np.array_equal(first, [network(block) for block in blocks])


def test_past_beyond_the_network_is_forgotten() -> None:
    model = load_model()
    seen = SEEN + FRAMES_PER_BLOCK * sum(len(one.weights) - 1 for one in model.heads[0])
    rng = np.random.default_rng(2)
    blocks = -(-seen // FRAMES_PER_BLOCK)
    frames = rng.normal(-8, 3, (FRAMES_PER_BLOCK * (blocks + 3), BANDS))
    other = frames.astype(np.float32)
    other[: FRAMES_PER_BLOCK * 3] += 3.0
    answers, changed = _run(frames.astype(np.float32)), _run(other)
    assert np.allclose(answers[-1], changed[-1], atol=1e-4)
    assert not np.allclose(answers[-4], changed[-4], atol=1e-2)


def test_other_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        KeywordNetwork(load_model())(np.zeros((3, BANDS), np.float32))


def test_cost_is_small() -> None:
    """Counted, not timed: multiplications a second, and the size of the files."""
    model = load_model()
    rate, bands, multiplications = 100.0, BANDS, 0.0
    for at, layer in enumerate(model.embedding.layers):
        multiplications += rate * bands * layer.weights.size
        frames_pooled, bands_pooled = POOLS.get(at, (1, 1))
        rate, bands = rate / frames_pooled, bands // bands_pooled
    multiplications += rate * sum(
        layer.weights.size for head in model.heads for layer in head
    )
    assert (rate, bands) == (12.5, 1)
    assert multiplications < 75e6
    assert sum(file.stat().st_size for file in MODEL.parent.iterdir()) <= 1_000_000


def test_damaged_weights_are_told(model_copy: Path) -> None:
    weights = model_copy.with_suffix(".npz")
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    with pytest.raises(BrokenModelError, match="sha256") as error:
        load_model(model_copy)
    assert isinstance(error.value, VoiceError)
    assert str(model_copy) in str(error.value)


def test_missing_weights_are_told(model_copy: Path) -> None:
    model_copy.with_suffix(".npz").unlink()
    with pytest.raises(BrokenModelError, match=r"keywords\.npz"):
        load_model(model_copy)


@pytest.mark.parametrize("missing", ["sha256", "heads", "calibration"])
def test_incomplete_description_is_told(model_copy: Path, missing: str) -> None:
    about = json.loads(model_copy.read_text("utf-8"))
    del about[missing]
    model_copy.write_text(json.dumps(about), "utf-8")
    with pytest.raises(BrokenModelError, match=missing):
        load_model(model_copy)


def test_torn_description_is_told(model_copy: Path) -> None:
    model_copy.write_text(model_copy.read_text("utf-8")[:50], "utf-8")
    with pytest.raises(BrokenModelError):
        load_model(model_copy)


def test_calibration_is_strictly_monotone() -> None:
    for raw, per_hour in load_model().calibration.values():
        assert (np.diff(raw) > 0).all()
        assert (np.diff(per_hour) < 0).all()
