"""Exact Moebius transforms of shapiq and of NumPy, on the same table of 2^n values as Spindle's benchmark.

python3 tests/peers/transforms.py FIRST LAST    numbers of players; shapiq is asked as long as it takes no longer than a limit

Prints by number of players, as JSON: microseconds, and the sum of all effects' absolute values for a comparison of results.
"""
import json
import sys

import numpy as np
import shapiq

from clock import median_seconds, seconds

# Seconds after which no larger transform is asked of shapiq: two more players take it nine times as long.
LIMIT = 5.0


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


def by_shapiq(v):
    """Values are handed over as a game; shapiq's coalitions come as rows of booleans."""
    players = v.size.bit_length() - 1
    bits = 1 << np.arange(players)
    computer = shapiq.ExactComputer(lambda coalitions: v[coalitions @ bits], n_players=players)
    return computer("Moebius", order=players).values


def entry(work, rounds):
    found = []
    # A transform of microseconds is repeated, so that the clock's own time does not count.
    time = median_seconds(lambda: found.append(work()), rounds) if rounds else seconds(lambda: found.append(work()))
    return {"microseconds": 1e6 * time, "sum_of_effects": float(np.abs(found[-1]).sum())}


def main():
    first, last = map(int, sys.argv[1:])
    found, within = {"numpy": {}, "shapiq": {}}, True
    for players in range(first, last + 1):
        v = table(players)
        found["numpy"][players] = entry(lambda: by_numpy(v), 7)
        if within:
            row = entry(lambda: by_shapiq(v), 3 if players <= 10 else 0)
            found["shapiq"][players] = row
            within = row["microseconds"] <= 1e6 * LIMIT
    about = {"numpy": f"NumPy {np.__version__}", "shapiq": f"shapiq {version('shapiq')}", "limit_seconds": LIMIT}
    print(json.dumps({"about": about, **found}))


if __name__ == "__main__":
    from importlib.metadata import version

    main()
