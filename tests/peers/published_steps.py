"""The authors' descent over p and q (`_train_p_q` of interaction-concept and generalizable-interaction), step by step in NumPy and f64: the fixture of
crates/interactions/tests/published.rs.

    python tests/peers/published_steps.py crates/interactions/tests/fixtures/lenet-games.f32 crates/interactions/tests/fixtures/published.json

torch.optim.SGD with momentum m does u <- m u + gradient, x <- x - lr u. Of each game the first 64 masks are taken: six players, four absent.
"""
import json
import sys

import numpy as np

NOISE_RATIO, MOMENTUM, PLAYERS = 0.02, 0.9, 6


def matrices(n):
    """Effects from outputs: AND = A v, OR = O v, with v(empty) as the OR effect of the empty mask."""
    masks = range(1 << n)
    a = np.array([[(-1.0) ** bin(s ^ t).count("1") if t & ~s == 0 else 0.0 for t in masks] for s in masks])
    o = -a[:, ::-1]
    o[0] = 0.0
    o[0, 0] = 1.0
    return a, o


def descend(v, steps, rate, falling):
    a, o = matrices(PLAYERS)
    tau = NOISE_RATIO * abs(v[-1])
    p, q = np.zeros_like(v), np.zeros_like(v)
    up, uq = np.zeros_like(v), np.zeros_like(v)
    rates = np.logspace(np.log10(rate), np.log10(rate / 10), steps) if falling else np.full(steps, rate)
    effects = lambda: (a @ (0.5 * (v + q) + p), o @ (0.5 * (v + q) - p))
    for lr in rates:
        q = np.clip(q, -tau, tau)
        by_and, by_or = (m.T @ np.sign(x) for m, x in zip((a, o), effects()))
        up = MOMENTUM * up + (by_and - by_or)
        uq = MOMENTUM * uq + 0.5 * (by_and + by_or)
        p, q = p - lr * up, q - lr * uq
    q = np.clip(q, -tau, tau)
    i_and, i_or = effects()
    # A player alone, and the constant, are both: counted once, with the AND effects.
    for s in [0] + [1 << i for i in range(PLAYERS)]:
        i_and[s] += i_or[s]
        i_or[s] = 0.0
    return i_and, i_or


if __name__ == "__main__":
    games, out = sys.argv[1:]
    games = np.fromfile(games, "<f4").reshape(-1, 1024)[:, : 1 << PLAYERS].astype(float)
    found = []
    for game in (4, 6):
        v = games[game] - games[game][0]
        for falling in (True, False):
            i_and, i_or = descend(v, 200, 1e-4, falling)
            long = descend(v, 10_000, 1e-4, falling)
            found.append({
                "outputs": games[game].tolist(),
                "schedule": "falling" if falling else "constant",
                "learning_rate": 1e-4,
                "and": i_and.tolist(),
                "or": i_or.tolist(),
                "objective_after_10000": float(sum(np.abs(x).sum() for x in long)),
            })
    with open(out, "w") as file:
        json.dump(found, file)
        file.write("\n")
