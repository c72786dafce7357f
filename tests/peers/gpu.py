"""Networks on a graphics card: training and masked outputs by our engine beside PyTorch, and how far masked outputs are off.

python3 tests/peers/gpu.py ENGINE [--device gpu] [--tiny] [--seconds 600] [--out FILE]

ENGINE is the bench binary `engine`, built with a device, here or elsewhere; this script needs nothing else but Python, and PyTorch for the peer. Every
measurement is a process of its own, and what no time is left for is told. Rates on an adapter that is a program on the CPU say nothing of cards: there,
and with --tiny, the same is done on small batches, to see that it works. Prints a line for every network; FILE gets all of it as JSON.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
# Networks and batches; what takes longest last.
MODELS = [("lenet", 128), ("bert-tiny", 128), ("vgg-11", 128), ("dgcnn", 32), ("bert-medium", 128), ("vgg-16-224", 32)]
TINY = [("lenet", 16), ("bert-tiny", 4), ("dgcnn", 2)]


class Clock:
    """Seconds that are left of those that all may take."""

    def __init__(self, seconds):
        self.end = time.monotonic() + seconds

    def left(self):
        return self.end - time.monotonic()


def told(command, clock, **environment):
    """The JSON that a command prints, or why there is none."""
    if clock.left() < 5:
        return {"skipped": "no time was left"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=clock.left(), env={**os.environ, **environment})
    except subprocess.TimeoutExpired:
        return {"skipped": "it did not end in time"}
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return {"skipped": lines[-1] if lines else f"it ended with {done.returncode}"}
    return json.loads(done.stdout)


def ours(arguments, model, batch, clock):
    rounds = ["--rounds", "1" if arguments.tiny else "5"]
    return told([arguments.engine, "deep", "--model", model, "--batch", str(batch), "--device", arguments.device, *rounds, "--json"], clock)


def peer(arguments, model, batch, clock):
    if not importlib.util.find_spec("torch"):
        return {"skipped": "PyTorch is not installed"}
    script = [sys.executable, str(HERE / "deep.py"), model]
    training = told([*script, "training", str(batch)], clock, CARD="1")
    if arguments.tiny or "skipped" in training:
        return training
    masked = told([*script, "masked"], clock, CARD="1")
    found = {"about": training["about"], "step_seconds": training["seconds"], "masked_seconds": masked.get("seconds")}
    return {**found, "skipped": masked["skipped"]} if "skipped" in masked else found


def line(model, found, theirs):
    if "step_seconds" not in found:
        return f"{model:<12} {found['skipped']}"
    rates = f"{1 / found['step_seconds']:>9.1f} steps/s {1024 / found['masked_seconds']:>10.0f} masked outputs/s, off by {found['off']:.1e}"
    if theirs.get("step_seconds") and theirs.get("masked_seconds"):
        step, masked = theirs["step_seconds"] / found["step_seconds"], theirs["masked_seconds"] / found["masked_seconds"]
        return f"{model:<12} {rates}; {step:.2f} and {masked:.2f} times PyTorch's"
    return f"{model:<12} {rates}; PyTorch: {theirs.get('skipped', 'measured on larger sizes only')}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--device", default="gpu")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--seconds", type=float, default=570)
    parser.add_argument("--out", type=pathlib.Path)
    arguments = parser.parse_args()
    clock, rows = Clock(arguments.seconds), []
    if not arguments.tiny:
        model, batch = TINY[0]
        arguments.tiny = "software" in ours(arguments, model, batch, clock).get("engine", "")
    for model, batch in TINY if arguments.tiny else MODELS:
        found, theirs = ours(arguments, model, batch, clock), peer(arguments, model, batch, clock)
        rows.append({"model": model, "batch": batch, "ours": found, "peer": theirs})
        print(line(model, found, theirs), flush=True)
        if arguments.out:
            # After every row: what is broken off keeps what was measured.
            arguments.out.write_text(json.dumps({"device": arguments.device, "tiny": arguments.tiny, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
