"""Checks the certificates of a run's folder, or of a file that `spindle decompose` wrote, in exact arithmetic.

    python verify.py RUN|FILE

Standard library alone, and nothing of Spindle's: every f64 is a fraction, and the effects of a mask are sums of 0 and 1 times them. Checked of every
decomposition: that it gives each output back within its noise bound (up to 1e-12 of the largest output: effects are rounded numbers), that every
dual point keeps its constraints, exactly, and that norm, bounds and gap are the numbers that are stored (up to 1e-10: sums of rounded numbers).
"""
import array
import json
import struct
import sys
from fractions import Fraction
from pathlib import Path

NEAR_OPTIMAL, RANGE_WEIGHT, HIGH_ORDER = 5e-3, 0.5, 3


def arrays(path):
    """Name to (shape, numbers) of a safetensors file."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    codes = {"F64": "d", "F32": "f", "I64": "q"}
    found = {}
    for name, about in header.items():
        start, end = about["data_offsets"]
        numbers = array.array(codes[about["dtype"]])
        numbers.frombytes(data[8 + length + start : 8 + length + end])
        if sys.byteorder == "big":
            numbers.byteswap()
        found[name] = about["shape"], numbers
    return found


def over_subsets(numbers):
    """For every mask the sum over the masks within it."""
    sums, bit = list(numbers), 1
    while bit < len(sums):
        for mask in range(len(sums)):
            if mask & bit:
                sums[mask] += sums[mask ^ bit]
        bit *= 2
    return sums


def over_supersets(numbers):
    return over_subsets(numbers[::-1])[::-1]


def meeting(numbers):
    """For every mask the sum over the masks that share a player with it: all but those within its complement."""
    total, within = sum(numbers), over_subsets(numbers)
    return [total - x for x in within[::-1]]


def check_dual(name, v, tau, y, weights, stored, scale):
    """The lower bound that y proves, exactly."""
    y = [Fraction(x) for x in y]
    for sums in (over_supersets(y), meeting(y)):
        for mask, value in enumerate(sums):
            assert abs(value) <= Fraction(weights[mask.bit_count()]), f"{name}: the constraint of mask {mask} is exceeded"
    bound = sum(y * (v - v0) - tau * abs(y) for y, v, v0 in zip(y, v, [v[0]] * len(v)))
    assert abs(float(bound) - stored) <= 1e-10 * scale, f"{name}: {stored} is stored, {float(bound)} is proved"
    return bound


def check_game(name, v, row, ranges):
    v, tau = [Fraction(x) for x in v], Fraction(row["noise_bound"])
    players = len(v).bit_length() - 1
    effects = [[Fraction(x) for x in row[kind]] for kind in ("and", "or")]
    explained = [Fraction(row["baseline"]) + a + b for a, b in zip(over_subsets(effects[0]), meeting(effects[1]))]
    largest = max(abs(x - v[0]) for x in v)
    missed = max(abs(a - b) for a, b in zip(explained, v))
    assert missed <= tau + largest / 10**12, f"{name}: an output is missed by {float(missed)}, allowed are {float(tau)}"
    norm = sum(abs(x) for kind in effects for x in kind)
    scale = float(norm)
    assert abs(float(norm) - row["primal"]) <= 1e-10 * scale, f"{name}: the norm is {float(norm)}"
    bound = check_dual(name, v, tau, row["dual_point"], [1.0] * (players + 1), row["dual"], scale)
    gap = float((norm - bound) / norm) if norm else 0.0
    assert abs(max(gap, 0.0) - row["gap"]) <= 1e-9, f"{name}: the gap is {gap}"
    if ranges:
        limit, bounds, points = ranges
        assert abs(limit - max((1 + NEAR_OPTIMAL) * row["smallest_norm"], row["primal"])) <= 1e-10 * scale, f"{name}: the limit of the ranges"
        k = range(players + 1)
        high = [float(order >= HIGH_ORDER) for order in k]
        for f, stored, y in zip((k, [players + 1 - x for x in k], high, [1 - x for x in high]), bounds, points):
            weights = [1.0] + [1.0 + RANGE_WEIGHT * f[order] for order in k[1:]]
            check_dual(name, v, tau, y, weights, stored, scale)
    return gap


def check_file(path, values):
    found = arrays(path)
    samples, masks = found["and"][0]
    values = values or found["values"][1]
    gaps = []
    for sample in range(samples):
        rows = slice(sample * masks, (sample + 1) * masks)
        row = {name: numbers[rows] if shape == [samples, masks] else numbers[sample] for name, (shape, numbers) in found.items() if len(shape) < 3}
        ranges = None
        if "range_limit" in found and found["range_limit"][1][sample] > 0:
            _, proofs, _ = found["range_dual_points"][0]
            points = [found["range_dual_points"][1][(sample * proofs + p) * masks :][:masks] for p in range(proofs)]
            ranges = found["range_limit"][1][sample], found["range_bounds"][1][sample * proofs :][:proofs], points
        gaps.append(check_game(f"{path}, sample {sample}", values[rows], row, ranges))
    return gaps


if __name__ == "__main__":
    place, gaps = Path(sys.argv[1]), []
    files = sorted((place / "interactions").glob("*.safetensors")) if place.is_dir() else [place]
    for file in files:
        outputs = arrays(place / "outputs" / file.name)["values"][1] if place.is_dir() else None
        gaps += check_file(file, outputs)
    print(f"{len(gaps)} decompositions in {len(files)} files hold exactly; the largest gap is {max(gaps):.2e}")
