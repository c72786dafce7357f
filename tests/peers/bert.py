"""PyTorch's side of the benchmarks: BERT-Tiny on sentences of 32 tokens, two classes.

python3 tests/peers/bert.py training    seconds a step, batch 128, SGD with momentum, without dropout

Prints the median of 7 rounds as JSON, with all threads that PyTorch takes by itself.
"""
import json
import sys

import torch

from clock import seconds_per_step
from lenet import about
from models import bert_tiny

STEPS = 5
VOCABULARY = 30522


def training():
    tokens = torch.randint(1, VOCABULARY, (128, 32))
    return {"seconds_per_step": seconds_per_step(bert_tiny(VOCABULARY, 2), tokens, 2, STEPS)}


def main():
    torch.manual_seed(0)
    found = {"training": training}[sys.argv[1]]()
    print(json.dumps({"about": about(), **found}))


if __name__ == "__main__":
    main()
