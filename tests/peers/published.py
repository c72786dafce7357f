"""The published decomposition (arXiv 2405.10262 and the code that its authors publish), step by step in PyTorch.

python3 tests/peers/published.py FILE PLAYERS [GAME ...]    FILE: games as little-endian f64, all of them or those named

Dense matrices of 2^n x 2^n take (v + q)/2 + p to AND and (v + q)/2 - p to OR interactions; SGD with momentum 0.9 makes the sum of their
absolute values small over p and the noise q, which is clipped to 0.02 |v(N) - v(empty)| before every step; 10,000 steps in f32, whose learning
rate is log-spaced from 1e-5 to a tenth of it and set before every step.

Prints for each game as JSON: seconds, the objective in f64, the noise bound, and how far the sums of its interactions are from v.
"""
import json
import sys

import numpy as np
import torch

from clock import seconds
from lenet import about

STEPS = 10_000
LEARNING_RATE = 1e-5
MOMENTUM = 0.9
NOISE_RATIO = 0.02


def and_matrix(players):
    """I_and(S) = sum over T in S of (-1)^(|S|-|T|) v(T)."""
    matrix = np.ones((1, 1))
    for _ in range(players):
        matrix = np.kron([[1, 0], [-1, 1]], matrix)
    return matrix


def or_matrix(players):
    """I_or(S) = -sum over T in S of (-1)^(|S|-|T|) v(N without T); I_or(empty) = v(empty)."""
    matrix = -and_matrix(players)[:, ::-1]
    matrix[0] = 0
    matrix[0, 0] = 1
    return matrix


def descend(v, to_and, to_or, bound):
    """The split p and the noise q after all steps."""
    p, q = torch.zeros_like(v).requires_grad_(), torch.zeros_like(v).requires_grad_()
    optimiser = torch.optim.SGD([p, q], lr=LEARNING_RATE, momentum=MOMENTUM)
    rates = np.logspace(np.log10(LEARNING_RATE), np.log10(LEARNING_RATE / 10), STEPS)
    losses = []
    for step in range(STEPS + 1):
        q.data = q.data.clamp(-bound, bound)
        loss = (to_and @ (0.5 * (v + q) + p)).abs().sum() + (to_or @ (0.5 * (v + q) - p)).abs().sum()
        losses.append(loss.item())
        if step < STEPS:
            optimiser.param_groups[0]["lr"] = rates[step]
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return p.detach(), q.detach()


def decompose(v, matrices):
    bound = NOISE_RATIO * abs(v[-1])
    narrow = [torch.tensor(x, dtype=torch.float32) for x in (v, *matrices)]
    found = []
    time = seconds(lambda: found.extend(descend(*narrow, bound)))
    p, q = (x.double().numpy() for x in found)
    interactions = matrices[0] @ (0.5 * (v + q) + p), matrices[1] @ (0.5 * (v + q) - p)
    return {
        "seconds": time,
        "objective": float(sum(np.abs(x).sum() for x in interactions)),
        "noise_bound": float(bound),
        "largest_noise": float(np.abs(sums(interactions, matrices) - v).max()),
    }


def sums(interactions, matrices):
    """What the interactions add up to on every mask."""
    return sum(np.linalg.solve(matrix, x) for matrix, x in zip(matrices, interactions))


def main():
    file, players, *chosen = sys.argv[1:]
    games = np.fromfile(file, "<f8").reshape(-1, 2 ** int(players))
    matrices = and_matrix(int(players)), or_matrix(int(players))
    found = {}
    for game in map(int, chosen or range(len(games))):
        v = games[game]
        found[game] = decompose(v - v[0], matrices)
    print(json.dumps({"about": about(), "learning_rate": LEARNING_RATE, "games": found}))


if __name__ == "__main__":
    main()
