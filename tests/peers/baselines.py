"""How far findings depend on what stands for an absent patch, and on the layer that is masked: LeNet's runs, in PyTorch.

python3 tests/peers/baselines.py RUN --spindle target/release/spindle > baselines-runs.csv

RUN is the folder of a LeNet run on MNIST. Its weights are evaluated before training, where the share of orders of 3 and more was lowest, and at
the end, on all masks of its test samples and players, masked at the feature map behind the first ReLU or at the picture, with absent patches at 0, at
the mean of that place over the samples (a channel at a time in the feature map), or as they are in a blurred copy (Gaussian, 3 pixels). `spindle decompose` does the rest. Rows
have the columns of a sweep's runs.csv: shares of canonical answers, all samples together, with 95 % by bootstrap over the samples. Outputs at 0 in the feature map must be the
run's own. Needs what tests/peers/requirements.txt names.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import torch
from models import LeNet
from safetensors.numpy import load, load_file
from safetensors.torch import load_file as load_weights
from shares import share, strengths

GRID = 8
SIGMA = 3.0
LAYERS = ("feature map", "picture")
BASELINES = ("zero", "mean", "blurred")


def log_odds(z, label):
    """v [count], nats, of logits z [count, classes]."""
    z = z.double()
    others = torch.arange(z.shape[1]) != label
    return z[:, label] - torch.logsumexp(z[:, others], 1)


def kept(players, side):
    """[2^n, side, side]: 1 where a place belongs to a player that is there, or to none."""
    cell = torch.arange(side) * GRID // side
    masks = torch.arange(2 ** len(players))
    found = torch.ones(len(masks), side, side)
    for i, (row, column) in enumerate(players):
        place = (cell == row)[:, None] & (cell == column)
        found[:, place] = (masks >> i & 1).float()[:, None]
    return found


def blurred(x):
    """x [count, channels, side, side] under a Gaussian; values beyond the border are those at it."""
    reach = int(3 * SIGMA)
    line = torch.exp(-(torch.arange(-reach, reach + 1.0) ** 2) / (2 * SIGMA**2))
    line = (line / line.sum()).repeat(x.shape[1], 1)
    x = torch.nn.functional.pad(x, [reach] * 4, mode="replicate")
    x = torch.nn.functional.conv2d(x, line[:, None, None, :], groups=x.shape[1])
    return torch.nn.functional.conv2d(x, line[:, None, :, None], groups=x.shape[1])


def baseline(name, x):
    """What stands for x [count, channels, side, side]."""
    if name == "zero":
        return torch.zeros_like(x)
    return x.mean((0, 2, 3), keepdim=True).expand_as(x) if name == "mean" else blurred(x)


def framed(pictures):
    """Digits [count, 1, 28, 28] in a frame of zeros, as LeNet takes them."""
    return torch.nn.functional.pad(pictures, [2] * 4)


def outputs(model, layer, name, pictures, samples):
    """v [samples, 2^n], nats."""
    x = model.stem(framed(pictures)) if layer == "feature map" else pictures
    absent = baseline(name, x)
    rows = []
    for at, sample in enumerate(samples):
        keep = kept(sample["players"], x.shape[-1])[:, None]
        mixed = x[at] * keep + absent[at] * (1 - keep)
        z = model.tail(mixed) if layer == "feature map" else model(framed(mixed))
        rows.append(log_odds(z, sample["label"]))
    return torch.stack(rows).numpy()


def read(run, spindle):
    """The run's record and its test samples' pictures [count, 1, 28, 28]."""
    with tempfile.TemporaryDirectory() as folder:
        packed = f"{folder}/run.spindle"
        subprocess.run([spindle, "export", run, "--out", packed, "--quiet"], check=True)
        with zipfile.ZipFile(packed) as archive:
            pixels = load(archive.read("pictures.safetensors"))["pictures"]
    record = json.loads((Path(run) / "run.json").read_text())
    return record, torch.tensor(pixels[:, None] / 255.0, dtype=torch.float32)


def turning_points(record):
    """Before training, where orders are lowest, at the end: (name, position)."""
    shares = [at["summary"]["all_effects"]["share_of_order_3_and_more"] for at in record["checkpoints"]]
    lowest = min((share["value"], at) for at, share in enumerate(shares) if share)[1]
    return [("first", 0), ("lowest", lowest), ("last", len(shares) - 1)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", help="folder of a LeNet run on MNIST")
    parser.add_argument("--spindle", default="spindle", help="the program")
    given = parser.parse_args()
    record, pictures = read(given.run, given.spindle)
    training = record["experiment"]["training"]
    if (training["model"], training["data"]) != ("lenet", "mnist"):
        sys.exit(f"{given.run} is a run of {training['model']} on {training['data']}; this takes lenet on mnist")
    tests = [at for at, sample in enumerate(record["samples"]) if sample["group"] == "test"]
    samples, pictures = [record["samples"][at] for at in tests], pictures[tests]
    moments = turning_points(record)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["run", *(f"share_{name}{end}" for name, _ in moments for end in ("", "_low", "_high"))])
    for layer in LAYERS:
        for name in BASELINES:
            found, rng = [], np.random.default_rng(0)
            for _, at in moments:
                step = record["checkpoints"][at]["losses"]["step"]
                model = LeNet()
                model.load_state_dict(load_weights(f"{given.run}/checkpoints/{step}.safetensors"))
                with torch.inference_mode():
                    v = outputs(model.eval(), layer, name, pictures, samples)
                if (layer, name) == ("feature map", "zero"):
                    own = load_file(f"{given.run}/outputs/{step}.safetensors")["values"].reshape(-1, v.shape[1])[tests]
                    assert np.abs(own - v).max() <= 1e-4 * np.abs(own).max(), "these are not the run's outputs"
                found += share(strengths(v, given.spindle), rng)
            writer.writerow([f"{name} in the {layer}", *(f"{value:.6g}" for value in found)])
            sys.stdout.flush()


if __name__ == "__main__":
    main()
