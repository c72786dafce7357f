"""The share of orders of 3 and more in canonical answers to outputs that something else made."""

import subprocess
import tempfile

import numpy as np
from safetensors.numpy import load_file

RESAMPLES = 1000


def strengths(v, spindle):
    """[samples, n] strength by order of canonical answers, nats."""
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/v.npy", v)
        found = f"{folder}/found.safetensors"
        subprocess.run([spindle, "decompose", f"{folder}/v.npy", "--out", found, "--no-range", "--quiet"], check=True)
        effects = load_file(found)
    size = np.abs(effects["and"]) + np.abs(effects["or"])
    order = np.array([bin(mask).count("1") for mask in range(v.shape[1])])
    return np.stack([size[:, order == k].sum(1) for k in range(1, order.max() + 1)], 1)


def share(found, rng):
    """Share of orders of 3 and more, and its interval."""
    draws = rng.integers(len(found), size=(RESAMPLES, len(found)))
    of = lambda some: some[..., 2:].sum((-2, -1)) / some.sum((-2, -1))
    return [float(of(found)), *np.quantile(of(found[draws]), [0.025, 0.975]).tolist()]
