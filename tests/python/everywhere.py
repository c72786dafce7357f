"""The same numbers everywhere: from the same weights, masked outputs, canonical answers and strengths.

    python tests/python/everywhere.py target/release/spindle [--device gpu]

A small LeNet is trained; what is behind its weights is made with all cores, then again: on one thread,
on vectors of AVX2 (Valgrind is a processor without AVX-512; left out where it is not installed), and on
a device that is asked for. What differs is told as a share of the largest output, and of the L1 norm of
a sample's answer; more than what is promised is an error.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
from safetensors.numpy import load_file

SETTINGS = (
    "--train-size 400 --epochs 4 --checkpoints 4 --samples 6 --train-samples 0 --players 8 --resamples 100 --sgd-steps 100"
)
# Of outputs, of single effects and of strengths by order: what is promised of each way.
TO_THE_BIT = (0.0, 0.0, 0.0)
ROUNDED = (1e-5, 1e-2, 5e-3)


def work(command: list[str], threads: int | None = None) -> None:
    environment = dict(os.environ)
    if threads is not None:
        environment["RAYON_NUM_THREADS"] = str(threads)
    done = subprocess.run([*command, "--quiet"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr}")


def made(trained: Path, name: str, before: list[str], device: list[str], threads: int | None) -> Path:
    """A copy of a trained run, with outputs and decompositions."""
    copy = trained.with_name(name)
    shutil.copytree(trained, copy, ignore=shutil.ignore_patterns(".lock"))
    work([*before, "extract", str(copy), "--shard", "1/1", *device], threads)
    work([*before, "analyze", str(copy), "--shard", "1/1"], threads)
    return copy


def differences(run: Path, other: Path) -> tuple[float, float, float]:
    """The largest of masked outputs, single effects and strengths by order."""
    worst = [0.0, 0.0, 0.0]
    for path in sorted((run / "outputs").iterdir()):
        values, others = (load_file(folder / "outputs" / path.name)["values"] for folder in (run, other))
        worst[0] = max(worst[0], numpy.abs(values - others).max() / numpy.abs(values).max())
        answers = [load_file(folder / "interactions" / path.name) for folder in (run, other)]
        effects = [numpy.stack([answer["and"], answer["or"]], axis=1) for answer in answers]
        norm = numpy.abs(effects[0]).sum(axis=(1, 2), keepdims=True)
        worst[1] = max(worst[1], (numpy.abs(effects[0] - effects[1]) / norm).max())
        orders = numpy.array([mask.bit_count() for mask in range(effects[0].shape[2])])
        by_order = [
            numpy.stack([numpy.abs(effect)[:, :, orders == order].sum(axis=(1, 2)) for order in range(1, orders.max() + 1)], axis=1)
            for effect in effects
        ]
        worst[2] = max(worst[2], (numpy.abs(by_order[0] - by_order[1]) / norm[:, :, 0]).max())
    return tuple(float(value) for value in worst)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("spindle")
    parser.add_argument("--device", action="append", default=[])
    arguments = parser.parse_args()
    spindle = os.path.abspath(arguments.spindle)
    ways = [("one thread", [spindle], [], 1, TO_THE_BIT)]
    if shutil.which("valgrind"):
        ways.append(("AVX2 (Valgrind)", ["valgrind", "--tool=none", "-q", spindle], [], 1, TO_THE_BIT))
    ways += [(device, [spindle], ["--device", device], None, ROUNDED) for device in arguments.device]
    with tempfile.TemporaryDirectory() as folder:
        trained = Path(folder) / "trained"
        work([spindle, "train", "--out", str(trained), *SETTINGS.split()])
        run = made(trained, "all-cores", [spindle], [], None)
        print("| against all cores | masked outputs | single effects | strengths by order |\n|---|---|---|---|")
        is_wrong = False
        for number, (name, before, device, threads, promised) in enumerate(ways):
            found = differences(run, made(trained, f"way-{number}", before, device, threads))
            print(f"| {name} | " + " | ".join("the same" if value == 0 else f"{value:.1e}" for value in found) + " |")
            is_wrong |= any(value > limit for value, limit in zip(found, promised))
    if is_wrong:
        sys.exit("more than what is promised")


if __name__ == "__main__":
    main()
