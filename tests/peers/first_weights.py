"""How far what a run begins with depends on the size of its first weights: the same weights, made larger.

python3 tests/peers/first_weights.py RUN... --spindle target/release/spindle > first-weights-runs.csv

RUN is the folder of a run on the digits that are built in. All its weights before training are multiplied by 1, 2, 4 and 8; `spindle values` and
`spindle decompose` do the rest, on the run's test samples and players. Rows have the columns of a sweep's runs.csv: the share of orders of 3 and more
in canonical answers, all samples together, with 95 % by bootstrap over the samples. Needs numpy and safetensors.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from shares import share, strengths

FACTORS = (1, 2, 4, 8)


def outputs(spindle, training, factor, weights, samples):
    """v [samples, 2^n], nats."""
    with tempfile.TemporaryDirectory() as folder:
        larger, players, v = (Path(folder) / name for name in ("weights.safetensors", "players.json", "v.npy"))
        save_file({name: np.float32(factor) * value for name, value in weights.items()}, larger)
        players.write_text(json.dumps({"grid": [8, 8], "patches": samples[0]["players"]}))
        positions = ",".join(str(sample["position"]) for sample in samples)
        command = [spindle, "values", "--quiet", "--model", training["model"], "--weights", larger]
        subprocess.run([*command, "--samples", positions, "--players", players, "--out", v], check=True)
        return np.load(v)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", help="folders of runs on the digits that are built in")
    parser.add_argument("--spindle", default="spindle", help="the program")
    given = parser.parse_args()
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["run", *(f"share_first{end}" for end in ("", "_low", "_high"))])
    for run in map(Path, given.runs):
        record = json.loads((run / "run.json").read_text())
        training = record["experiment"]["training"]
        samples = [sample for sample in record["samples"] if sample["group"] == "test"]
        if training["data"] != "mnist" or any(sample["players"] != samples[0]["players"] for sample in samples):
            sys.exit(f"{run}: this takes runs on digits whose samples have the same players")
        step = record["checkpoints"][0]["losses"]["step"]
        weights = load_file(run / f"checkpoints/{step}.safetensors")
        for factor in FACTORS:
            v = outputs(given.spindle, training, factor, weights, samples)
            if factor == 1:
                own = load_file(run / f"outputs/{step}.safetensors")["values"].reshape(-1, v.shape[1])
                assert np.abs(own[: len(v)] - v).max() <= 1e-5 * np.abs(v).max(), "these are not the run's outputs"
            found = share(strengths(v, given.spindle), np.random.default_rng(0))
            writer.writerow([f"{training['model']} times {factor}", *(f"{value:.6g}" for value in found)])
            sys.stdout.flush()


if __name__ == "__main__":
    main()
