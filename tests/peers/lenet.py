"""PyTorch's side of the benchmark: LeNet 32x32, batch 128, SGD with momentum; 1,024 masked tails of one picture.

python3 tests/peers/lenet.py    prints medians of 7 rounds as JSON, with all threads that PyTorch takes by itself;
                                masked tails in the fastest of three batch sizes
"""
import json
import statistics
import time

import torch
from torch import nn


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def stem(self, x):
        return torch.relu(self.conv1(x))

    def tail(self, x):
        x = torch.max_pool2d(x, 2)
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))

    def forward(self, x):
        return self.tail(self.stem(x))


def median_seconds(work, rounds=7):
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    torch.manual_seed(0)
    model, loss = LeNet(), nn.CrossEntropyLoss()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    x, y = torch.rand(128, 1, 32, 32), torch.randint(0, 10, (128,))

    def steps():
        for _ in range(20):
            optimiser.zero_grad()
            loss(model(x), y).backward()
            optimiser.step()

    rate = 20 / median_seconds(steps)
    with torch.no_grad():
        features, masks = model.stem(x[:1]), (torch.rand(1024, 1, 28, 28) > 0.5).float()
        masked = {
            batch: 1e3 * median_seconds(lambda: [model.tail(features * part) for part in masks.split(batch)])
            for batch in (128, 256, 1024)
        }
    about = f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"
    print(json.dumps({"about": about, "steps_per_second": rate, "masked_milliseconds": min(masked.values())}))


if __name__ == "__main__":
    main()
