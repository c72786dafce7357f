"""PyTorch's side of the benchmarks: LeNet 32x32.

python3 tests/peers/lenet.py training    steps a second, batch 128, SGD with momentum; a pass forward of as many pictures
python3 tests/peers/lenet.py masked      1,024 masked outputs of one picture, by batch size: the whole network on every masked copy, and
                                         the stem once with the tail on every masked copy

Prints medians of 7 rounds as JSON, with all threads that PyTorch takes by itself.
"""
import json
import sys

import torch

from clock import median_seconds, seconds_per_step
from models import LeNet

STEPS = 20
BATCHES = [32, 64, 128, 256, 512, 1024]


def training():
    model, x = LeNet(), torch.rand(128, 1, 32, 32)
    rate = 1 / seconds_per_step(model, x, 10, STEPS)
    with torch.inference_mode():
        forward = 1e3 * median_seconds(lambda: model(x))
    return {"steps_per_second": rate, "forward_milliseconds": forward}


def masked():
    model, picture, masks = LeNet(), torch.rand(1, 1, 32, 32), patch_masks(10)

    def whole(batch):
        for part in masks.split(batch):
            model.tail(model.stem(picture.expand(len(part), -1, -1, -1)) * part)

    def stem_once(batch):
        features = model.stem(picture)
        for part in masks.split(batch):
            model.tail(features * part)

    with torch.inference_mode():
        times = {
            name: {batch: 1e3 * median_seconds(lambda: passes(batch)) for batch in BATCHES}
            for name, passes in (("whole network", whole), ("stem once", stem_once))
        }
    milliseconds, name, batch = min((time, name, batch) for name, row in times.items() for batch, time in row.items())
    return {"milliseconds": milliseconds, "way": name, "batch": batch, "all": times}


def patch_masks(players, side=28):
    """[2^n, 1, side, side], 1 where a feature map's pixel is kept: players are central cells of an 8x8 grid over it."""
    cells = torch.arange(side) * 8 // side
    grid = cells[:, None] * 8 + cells[None, :]
    kept = torch.ones(2**players, 1, side, side)
    central = [row * 8 + column for row in range(1, 7) for column in range(1, 7)]
    masks = torch.arange(2**players)
    for player, cell in enumerate(torch.tensor(central)[torch.randperm(36)[:players]]):
        absent = (masks >> player & 1) == 0
        kept[absent] *= (grid != cell).float()
    return kept


def main():
    torch.manual_seed(0)
    found = {"training": training, "masked": masked}[sys.argv[1]]()
    print(json.dumps({"about": about(), **found}))


def about():
    return f"PyTorch {torch.__version__.split('+')[0]}, {torch.get_num_threads()} threads"


if __name__ == "__main__":
    main()
