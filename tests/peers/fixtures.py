"""Makes crates/cli/tests/fixtures: weights as PyTorch saves them, and the outputs that PyTorch finds with them.

python3 tests/peers/fixtures.py    needs what tests/peers/requirements.txt names; run from the top of the repository

v.npy [2, 64]: log-odds of the label on all masks of the patches in players.json, test digits 0 and 5 of the embedded subset,
computed by PyTorch in f64. misfit.pt lacks most tensors, has one of another shape and one of another name; integers.pt has one of integers.
"""
import gzip
import json
from pathlib import Path

import numpy as np
import torch

from models import LeNet

SAMPLES = [0, 5]
PATCHES = [[1, 2], [2, 4], [3, 3], [4, 5], [5, 2], [6, 6]]
ASSETS = Path("crates/data/assets/mnist")
FIXTURES = Path("crates/cli/tests/fixtures")


def idx(name: str, header: int) -> np.ndarray:
    return np.frombuffer(gzip.decompress((ASSETS / name).read_bytes()), np.uint8, offset=header)


def padded(picture: np.ndarray) -> torch.Tensor:
    """[1, 1, 32, 32] in [0, 1], of a digit [28, 28]."""
    return torch.nn.functional.pad(torch.tensor(picture / 255.0), (2, 2, 2, 2))[None, None]


def log_odds(model: torch.nn.Module, picture: np.ndarray, label: int) -> np.ndarray:
    """v [2^n] of a digit [28, 28] on all masks of PATCHES, behind the model's stem."""
    features = model.stem(padded(picture))
    side = features.shape[-1]
    cells = torch.arange(side) * 8 // side  # the 8x8 grid, stretched over the feature map by nearest neighbour
    v = np.empty(2 ** len(PATCHES))
    for mask in range(len(v)):
        masked = features.clone()
        for i, (row, column) in enumerate(PATCHES):
            if not mask >> i & 1:
                masked[:, :, (cells == row)[:, None] & (cells == column)[None, :]] = 0
        z = model.tail(masked)[0]
        v[mask] = z[label] - torch.logsumexp(torch.cat([z[:label], z[label + 1:]]), 0)
    return v


def main() -> None:
    torch.manual_seed(0)
    model = LeNet()
    FIXTURES.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), FIXTURES / "lenet.pt")
    misfit = {"conv1.weight": torch.zeros(6, 1, 3, 3), "conv3.bias": torch.zeros(4)}
    torch.save(misfit, FIXTURES / "misfit.pt")
    torch.save({"fc3.bias": torch.zeros(10, dtype=torch.int64)}, FIXTURES / "integers.pt")
    pictures, labels = idx("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28), idx("t10k-labels-idx1-ubyte.gz", 8)
    model = model.double()
    with torch.no_grad():
        v = np.stack([log_odds(model, pictures[s].astype(np.float64), int(labels[s])) for s in SAMPLES])
    np.save(FIXTURES / "v.npy", v)
    (FIXTURES / "players.json").write_text(json.dumps({"grid": [8, 8], "patches": PATCHES}) + "\n")


if __name__ == "__main__":
    main()
