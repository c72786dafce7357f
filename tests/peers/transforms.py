"""Exact Moebius transforms of shapiq and of NumPy, on the same table of 2^n values as Spindle's benchmark.

python3 tests/peers/transforms.py FIRST LAST    numbers of players; shapiq is asked as long as it takes no longer than a limit

Prints by number of players, as JSON: microseconds, and the sum of all effects' absolute values for a comparison of results.
"""
import json
import sys
from importlib.metadata import version

import numpy as np
import shapiq

from clock import median_seconds

# Seconds after which no larger transform is asked of shapiq: two more players take it nine times as long.
LIMIT = 2.0


def table(players):
    masks = np.arange(2**players, dtype=np.uint64)
    return (masks * 2_654_435_761 % 2**32) / 2**32


def by_numpy(v):
    """One pass a player over pairs of masks that differ in it, each pass vectorised."""
    effects = v.copy()
    for player in range(v.size.bit_length() - 1):
        pairs = effects.reshape(-1, 2, 1 << player)
        pairs[:, 1] -= pairs[:, 0]
    return effects


def for_shapiq(v):
    """The table as a game that shapiq has evaluated already; its coalitions come as rows of booleans."""
    players = v.size.bit_length() - 1
    bits = 1 << np.arange(players)
    return shapiq.ExactComputer(lambda coalitions: v[coalitions @ bits], n_players=players, evaluate_game=True)


def by_shapiq(computer):
    return computer("Moebius", order=computer.n_players).values


def entry(work, prepare, rounds=7):
    found = []
    time = median_seconds(lambda argument: found.append(work(argument)), rounds, lambda: (prepare(),))
    return {"microseconds": 1e6 * time, "sum_of_effects": float(np.abs(found[-1]).sum())}


def main():
    first, last = map(int, sys.argv[1:])
    found, within = {"numpy": {}, "shapiq": {}}, True
    for players in range(first, last + 1):
        v = table(players)
        found["numpy"][players] = entry(by_numpy, lambda: v)
        if within:
            row = entry(by_shapiq, lambda: for_shapiq(v), rounds=3 if players <= 10 else 1)
            found["shapiq"][players] = row
            within = row["microseconds"] <= 1e6 * LIMIT
    about = {"numpy": f"NumPy {np.__version__}", "shapiq": f"shapiq {version('shapiq')}", "limit_seconds": LIMIT}
    print(json.dumps({"about": about, **found}))


if __name__ == "__main__":
    main()
