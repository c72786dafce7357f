"""PyTorch's side of the benchmarks: VGG-11 32x32, one channel.

python3 tests/peers/vgg.py training    seconds a step, batch 128, SGD with momentum
python3 tests/peers/vgg.py masked      seconds for 1,024 masked outputs of one picture behind the second ReLU: the stem once, the tail on
                                       every masked copy, at the best of several batch sizes

Prints medians of 3 rounds as JSON, with all threads that PyTorch takes by itself. A batch size is tried once before.
"""
import json
import sys

import torch

from clock import median_seconds, seconds_per_step
from lenet import about, patch_masks
from models import vgg

STEPS = 2
ROUNDS = 3
BATCHES = [16, 32, 64, 128, 256, 1024]


def training():
    pictures = torch.rand(128, 1, 32, 32)
    return {"seconds_per_step": seconds_per_step(vgg(11, 1, 32, 10), pictures, 10, STEPS, ROUNDS)}


def masked():
    model, picture = vgg(11, 1, 32, 10), torch.rand(1, 1, 32, 32)
    with torch.inference_mode():
        masks = patch_masks(10, model.stem(picture).shape[-1])

        def outputs(batch):
            features = model.stem(picture)
            for part in masks.split(batch):
                model.tail(features * part)

        tried = {batch: median_seconds(lambda: outputs(batch), 1) for batch in BATCHES}
        best = min(tried, key=tried.get)
        return {"seconds": median_seconds(lambda: outputs(best), ROUNDS), "batch": best, "tried": tried}


def main():
    torch.manual_seed(0)
    found = {"training": training, "masked": masked}[sys.argv[1]]()
    print(json.dumps({"about": about(), **found}))


if __name__ == "__main__":
    main()
