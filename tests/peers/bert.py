"""PyTorch's side of the benchmarks: BERT-Tiny on sentences of 32 tokens, two classes.

python3 tests/peers/bert.py training    seconds a step, batch 128, SGD with momentum, without dropout

Prints the median of 7 rounds as JSON, with all threads that PyTorch takes by itself.
"""
import json
import sys

import torch
from torch import nn

from clock import median_seconds
from lenet import about
from models import bert_tiny

STEPS = 5
VOCABULARY = 30522


def training():
    model, loss = bert_tiny(VOCABULARY, 2), nn.CrossEntropyLoss()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    tokens, y = torch.randint(1, VOCABULARY, (128, 32)), torch.randint(0, 2, (128,))

    def steps():
        for _ in range(STEPS):
            optimiser.zero_grad()
            loss(model(tokens), y).backward()
            optimiser.step()

    return {"seconds_per_step": median_seconds(steps) / STEPS}


def main():
    torch.manual_seed(0)
    found = {"training": training}[sys.argv[1]]()
    print(json.dumps({"about": about(), **found}))


if __name__ == "__main__":
    main()
