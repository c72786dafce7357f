"""Weights that PyTorch has saved give the same masked outputs in `spindle values` as in PyTorch.

python3 tests/peers/torch_weights.py SPINDLE    the path of the command line tool; run from the top of the repository

For every model, weights are saved as .pt and as .safetensors; v of test digits on all masks is held against PyTorch's in f64.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from fixtures import PATCHES, SAMPLES, idx, log_odds
from models import lenet, vgg

# Names as `spindle values --model` takes them. A model has a stem and a tail; players are masked between them.
MODELS = {"lenet": lambda: lenet(1, 10), "vgg-11": lambda: vgg(11, 1, 32, 10)}
SAVE = {"pt": torch.save, "safetensors": save_file}
TOLERANCE = 1e-4


def by_torch(model, pictures, labels):
    """v [samples, 2^n], in f64."""
    model = model.double().eval()
    with torch.no_grad():
        return np.stack([log_odds(model, pictures[s].astype(np.float64), int(labels[s])) for s in SAMPLES])


def by_spindle(tool, name, weights, folder):
    """v [samples, 2^n] of the weights in a file."""
    players, out = folder / "players.json", folder / "v.npy"
    players.write_text(json.dumps({"grid": [8, 8], "patches": PATCHES}))
    where = ["--model", name, "--weights", weights, "--players", players, "--out", out]
    subprocess.run([tool, "values", "--quiet", *where, "--samples", ",".join(map(str, SAMPLES))], check=True)
    return np.load(out)


def check(tool, name, folder):
    pictures, labels = idx("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28), idx("t10k-labels-idx1-ubyte.gz", 8)
    torch.manual_seed(0)
    model = MODELS[name]()
    files = {folder / f"{name}.{ending}": save for ending, save in SAVE.items()}
    for file, save in files.items():
        save(model.state_dict(), file)
    theirs = by_torch(model, pictures, labels)
    for file in files:
        difference = np.abs(by_spindle(tool, name, file, folder) - theirs).max()
        print(f"{file.name}: {theirs.shape[0]} samples on {theirs.shape[1]} masks, at most {difference:.3g} nats from PyTorch", flush=True)
        assert difference <= TOLERANCE, f"{file.name}: more than {TOLERANCE} nats"


def main():
    tool = Path(sys.argv[1]).resolve()
    for name in MODELS:
        with tempfile.TemporaryDirectory() as folder:
            check(tool, name, Path(folder))


if __name__ == "__main__":
    main()
