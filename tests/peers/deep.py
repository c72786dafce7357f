"""PyTorch's side of the benchmarks of deep networks: VGG-11 on grey 32x32 pictures, BERT-Tiny on sentences of 32 tokens, DGCNN on clouds of 128 points.

python3 tests/peers/deep.py MODEL training    seconds a step, SGD with momentum, without dropout; batch 128, of DGCNN 32
python3 tests/peers/deep.py MODEL masked      seconds for the outputs of one input on 1,024 masks of ten players, at the best of several batch sizes; of a
                                              picture, the stem runs once and the tail on every masked copy

Prints JSON, with all threads that PyTorch takes by itself: the median of 3 rounds, or of masked outputs one round at the batch size that was best
in one trial each.
"""
import json
import sys

import torch

from clock import median_seconds, seconds, seconds_per_step
from lenet import about, patch_masks
from models import bert_tiny, dgcnn, vgg

STEPS = 2
ROUNDS = 3
BATCHES = [16, 64, 256]
PLAYERS = 10
VOCABULARY, LENGTH, MASK = 30522, 32, 103
CLUSTERS, POINTS = 30, 128

# Model, classes, a batch of training inputs.
MODELS = {
    "vgg-11": lambda: (vgg(11, 1, 32, 10), 10, torch.rand(128, 1, 32, 32)),
    "bert-tiny": lambda: (bert_tiny(VOCABULARY, 2), 2, torch.randint(1, VOCABULARY, (128, LENGTH))),
    "dgcnn": lambda: (dgcnn(16), 16, torch.rand(32, 3, POINTS)),
}


def kept(players):
    """[2^n, n]: whether a mask keeps a player."""
    return (torch.arange(2**players)[:, None] >> torch.arange(players) & 1).bool()


def of_picture(model, picture):
    masks = patch_masks(PLAYERS, model.stem(picture).shape[-1])

    def outputs(batch):
        features = model.stem(picture)
        for part in masks.split(batch):
            model.tail(features * part)

    return outputs


def of_text(model, text):
    masked = text.repeat(2**PLAYERS, 1)
    masked[:, 1:1 + PLAYERS][~kept(PLAYERS)] = MASK
    return lambda batch: [model(part) for part in masked.split(batch)]


def of_cloud(model, cloud):
    clusters = torch.arange(POINTS) % CLUSTERS
    masked = cloud.repeat(2**PLAYERS, 1, 1)
    for player, keeps in enumerate(kept(PLAYERS).T):
        own = clusters == player
        mean = cloud[:, :, own].mean(2, keepdim=True)
        masked[:, :, own] = torch.where(keeps[:, None, None], masked[:, :, own], mean)
    return lambda batch: [model(part) for part in masked.split(batch)]


OUTPUTS = {"vgg-11": of_picture, "bert-tiny": of_text, "dgcnn": of_cloud}


def training(name):
    model, classes, inputs = MODELS[name]()
    return {"seconds": seconds_per_step(model, inputs, classes, STEPS, ROUNDS)}


def masked(name):
    model, _, inputs = MODELS[name]()
    with torch.inference_mode():
        outputs = OUTPUTS[name](model.eval(), inputs[:1])
        tried = {batch: seconds(outputs, [batch]) for batch in BATCHES}
        best = min(tried, key=tried.get)
        return {"seconds": median_seconds(outputs, 1, lambda: [best]), "batch": best, "tried": tried}


def main():
    torch.manual_seed(0)
    name, command = sys.argv[1:]
    found = {"training": training, "masked": masked}[command](name)
    print(json.dumps({"about": about(), **found}))


if __name__ == "__main__":
    main()
