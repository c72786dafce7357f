"""A sweep and a run on a Ray cluster of two nodes on this machine: a worker is killed, then a node.

    python tests/ray/sweep.py target/release/spindle

The tables must be those that one machine makes, and no process may be left. Needs
crates/cli/drivers/requirements.txt.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DRIVER = Path(__file__).resolve().parents[2] / "crates/cli/drivers/ray.py"
GRID = """
[experiment]
train-size = 600
epochs = 30
checkpoints = 8
samples = 20
train-samples = 0
samples-seed = 0
players-seed = 0
players = 8
resamples = 100
sgd-steps = 100
[grid]
label-noise = [0.0, 0.3]
seed = [0, 1, 2, 3, 4, 5]
"""
TABLES = ["runs.csv", "over_seeds.csv", "transfer.csv"]


def children(spindle: str, folder: str) -> list[int]:
    """Processes of spindle that work on this sweep."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if words[0] == spindle and folder in words and "--shard" in words:
                found.append(int(entry.name))
    return found


def wait_for(what: str, is_there, seconds: float = 180.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = is_there()
        if found:
            return found
        time.sleep(0.2)
    raise SystemExit(f"{what}: not within {seconds} s")


def of_one_run(spindle: str, folder: Path, address: str) -> None:
    """A run that is measured by several workers, one of which is killed, is that of one process."""
    alone, together = folder / "alone", folder / "together"
    settings = "--train-size 600 --epochs 20 --checkpoints 12 --samples 20 --train-samples 0 --players 9 --resamples 100"
    subprocess.run([spindle, "train", "--out", alone, "--quiet", *settings.split()], check=True)
    shutil.copytree(alone, together)
    for verb in ("extract", "analyze"):
        subprocess.run([spindle, verb, alone, "--quiet"], check=True)
    driver = subprocess.Popen(
        [sys.executable, str(DRIVER), str(together), "--parts", "4", "--spindle", spindle, "--address", address]
    )
    victims = wait_for("a part of a run at work", lambda: children(spindle, str(together)))
    os.kill(victims[0], signal.SIGKILL)
    assert driver.wait(timeout=600) == 0, "a run by several workers was not made"
    assert not children(spindle, str(together)), "processes are left"
    arrays = sorted(path.relative_to(alone) for kind in ("outputs", "interactions") for path in (alone / kind).iterdir())
    for path in arrays:
        assert (alone / path).read_bytes() == (together / path).read_bytes(), f"{path} is another one"
    print(f"one run by workers, one of them killed: {len(arrays)} files are the same")


def main() -> None:
    from ray.cluster_utils import Cluster

    spindle = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        grid = folder / "grid.toml"
        grid.write_text(GRID)
        one, many = str(folder / "one"), str(folder / "many")
        begin = time.monotonic()
        subprocess.run([spindle, "sweep", str(grid), "--out", one, "--quiet"], check=True)
        alone = time.monotonic() - begin

        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        second = cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        begin = time.monotonic()
        driver = subprocess.Popen(
            [sys.executable, str(DRIVER), str(grid), "--out", many, "--parts", "6", "--spindle", spindle]
            + ["--address", cluster.address],
            env={**os.environ, "RAY_health_check_failure_threshold": "2"},
        )
        victims = wait_for("two parts at work", lambda: (lambda found: found if len(found) >= 2 else None)(children(spindle, many)))
        worker = int(Path(f"/proc/{victims[0]}/stat").read_text().rsplit(")", 1)[1].split()[1])
        os.kill(worker, signal.SIGKILL)
        wait_for("the killed worker's child gone", lambda: victims[0] not in children(spindle, many), 30.0)
        print(f"\nkilled a worker after {time.monotonic() - begin:.1f} s: its child ended", flush=True)
        wait_for("a part at work again", lambda: len(children(spindle, many)) >= 2)
        cluster.remove_node(second, allow_graceful=False)
        print(f"\nlost a node after {time.monotonic() - begin:.1f} s", flush=True)
        code = driver.wait(timeout=1200)
        took = time.monotonic() - begin
        orphans = children(spindle, many)
        cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        of_one_run(spindle, folder, cluster.address)
        cluster.shutdown()
        assert code == 0, f"the driver ended with {code}"
        assert not orphans, f"processes are left: {orphans}"
        for name in TABLES:
            tables = [(Path(sweep) / "tables" / name).read_bytes() for sweep in (one, many)]
            assert tables[0] == tables[1], f"{name} is another one than one machine makes"
        errors = list(Path(many).glob("*.error"))
        assert not errors, errors
        print(
            f"12 runs: {alone:.1f} s by one process on all cores, {took:.1f} s on two nodes of one core each "
            f"with a worker and then a node killed; {', '.join(TABLES)} are the same, nothing is left running"
        )


if __name__ == "__main__":
    main()
