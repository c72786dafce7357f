"""What the peers' scripts share: their clock."""
import statistics
import time

import torch


def median_seconds(work, rounds=7, prepare=lambda: ()):
    """Median of some rounds, after one that warms up; `work` gets what `prepare` makes anew for every round, untimed."""
    work(*prepare())
    return statistics.median(seconds(work, prepare()) for _ in range(rounds))


def seconds(work, arguments=()):
    start = time.perf_counter()
    work(*arguments)
    # A card may still be at it.
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def seconds_per_step(model, inputs, classes, steps, rounds=7):
    """Seconds of a training step on a batch `inputs` with random labels: SGD with momentum 0.9."""
    loss = torch.nn.CrossEntropyLoss()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    labels = torch.randint(0, classes, inputs.shape[:1], device=inputs.device)

    def work():
        for _ in range(steps):
            optimiser.zero_grad()
            loss(model(inputs), labels).backward()
            optimiser.step()

    return median_seconds(work, rounds) / steps
