"""PyTorch's side of the benchmarks of networks: LeNet and VGG-11 on grey 32x32 pictures, VGG-16 on colour ones of 224x224, BERT-Tiny and BERT-Medium on
sentences of 32 tokens, DGCNN on clouds of 128 points.

python3 tests/peers/deep.py MODEL training [BATCH]    seconds a step, SGD with momentum, without dropout
python3 tests/peers/deep.py MODEL masked              seconds for the outputs of one input on 1,024 masks of ten players, at the best of several batch
                                                      sizes; of a picture, the stem runs once and the tail on every masked copy

On the card where PyTorch finds one and CARD is set, or else on the CPU.

Prints JSON, with all threads that PyTorch takes by itself: the median of 3 rounds, or of masked outputs one round at the batch size that was best
in one trial each.
"""
import json
import os
import sys

import torch

from clock import median_seconds, seconds, seconds_per_step
from lenet import about, patch_masks
from models import bert_medium, bert_tiny, dgcnn, lenet, vgg

STEPS = 2
ROUNDS = 3
BATCHES = [16, 64, 256]
ON_A_CARD = os.environ.get("CARD") and torch.cuda.is_available()
DEVICE = torch.device("cuda" if ON_A_CARD else "cpu")
PLAYERS = 10
VOCABULARY, LENGTH, MASK = 30522, 32, 103
CLUSTERS, POINTS = 30, 128


def tokens(batch):
    return torch.randint(1, VOCABULARY, (batch, LENGTH))


# Model, classes, a batch of training inputs, its usual size.
MODELS = {
    "lenet": (lambda: lenet(1, 10), 10, lambda batch: torch.rand(batch, 1, 32, 32), 128),
    "vgg-11": (lambda: vgg(11, 1, 32, 10), 10, lambda batch: torch.rand(batch, 1, 32, 32), 128),
    "vgg-16-224": (lambda: vgg(16, 3, 224, 1000), 1000, lambda batch: torch.rand(batch, 3, 224, 224), 32),
    "bert-tiny": (lambda: bert_tiny(VOCABULARY, 2), 2, tokens, 128),
    "bert-medium": (lambda: bert_medium(VOCABULARY, 2), 2, tokens, 128),
    "dgcnn": (lambda: dgcnn(16), 16, lambda batch: torch.rand(batch, 3, POINTS), 32),
}


def made(name, batch=None):
    model, classes, inputs, usual = MODELS[name]
    return model().to(DEVICE), classes, inputs(batch or usual).to(DEVICE)


def kept(players):
    """[2^n, n]: whether a mask keeps a player."""
    return (torch.arange(2**players)[:, None] >> torch.arange(players) & 1).bool()


def of_picture(model, picture):
    masks = patch_masks(PLAYERS, model.stem(picture).shape[-1]).to(DEVICE)

    def outputs(batch):
        features = model.stem(picture)
        for part in masks.split(batch):
            model.tail(features * part)

    return outputs


def of_text(model, text):
    masked = text.repeat(2**PLAYERS, 1)
    masked[:, 1:1 + PLAYERS][~kept(PLAYERS).to(DEVICE)] = MASK
    return lambda batch: [model(part) for part in masked.split(batch)]


def of_cloud(model, cloud):
    clusters = torch.arange(POINTS) % CLUSTERS
    masked = cloud.repeat(2**PLAYERS, 1, 1)
    for player, keeps in enumerate(kept(PLAYERS).to(DEVICE).T):
        own = clusters == player
        mean = cloud[:, :, own].mean(2, keepdim=True)
        masked[:, :, own] = torch.where(keeps[:, None, None], masked[:, :, own], mean)
    return lambda batch: [model(part) for part in masked.split(batch)]


OUTPUTS = {
    "lenet": of_picture, "vgg-11": of_picture, "vgg-16-224": of_picture, "bert-tiny": of_text, "bert-medium": of_text, "dgcnn": of_cloud,
}


def training(name, batch=None):
    model, classes, inputs = made(name, batch and int(batch))
    return {"seconds": seconds_per_step(model, inputs, classes, STEPS, ROUNDS)}


def masked(name):
    model, _, inputs = made(name)
    with torch.inference_mode():
        outputs = OUTPUTS[name](model.eval(), inputs[:1])
        tried = {batch: seconds(outputs, [batch]) for batch in BATCHES}
        best = min(tried, key=tried.get)
        return {"seconds": median_seconds(outputs, 1, lambda: [best]), "batch": best, "tried": tried}


def main():
    torch.manual_seed(0)
    name, command, *rest = sys.argv[1:]
    found = {"training": training, "masked": masked}[command](name, *rest)
    card = f", on {torch.cuda.get_device_name()}" if ON_A_CARD else ""
    print(json.dumps({"about": about() + card, **found}))


if __name__ == "__main__":
    main()
