#!/usr/bin/env python3
"""Runs a sweep, or measures a run, on a Ray cluster: every part is a task that runs `spindle` with
`--shard` as a process.

    python ray.py noise.toml --out /shared/noise --parts 16 --cpus 2
    python ray.py /shared/big --parts 16 --cpus 2    # a run that spindle train made

All nodes must see the same folder under the same name. A part that is lost with its worker or its
node is done again, from where it was broken off; what is done is not done twice, since runs and
checkpoints have locks and say that they are whole. Ctrl-C ends all parts; the same command goes on later.
"""

import argparse
import ctypes
import json
import os
import signal
import subprocess
import sys
import time

# Ray then kills what a worker has started when the worker dies; PR_SET_PDEATHSIG below is for the
# worker that is killed itself.
os.environ.setdefault("RAY_kill_child_processes_on_worker_exit_with_raylet_subreaper", "true")

# This file's folder is searched first, and this file is called ray.
sys.path[:] = [path for path in sys.path if os.path.realpath(path or ".") != os.path.dirname(os.path.realpath(__file__))]

import ray  # noqa: E402

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """In the child, before it becomes spindle: it is terminated when its worker dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def part(command: list[str], threads: int) -> str:
    """Runs one part; what it said at the end."""
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
    # A worker is no array's job, whatever it was started from.
    for name in ("SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"):
        environment.pop(name, None)
    child = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        preexec_fn=die_with_parent,
    )
    try:
        said = child.communicate()[1]
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()
    if child.returncode < 0:  # for want of memory, say: it is done again
        raise ChildProcessError(f"a part ended by signal {-child.returncode}")
    return said[-2000:]


def status(spindle: str, folder: str) -> dict[str, int]:
    """How many runs, or checkpoints, are in which state."""
    found = subprocess.run([spindle, "status", folder, "--json", "--quiet"], capture_output=True, text=True)
    counts: dict[str, int] = {}
    # Before the first part has begun there is no sweep yet; where Ray looks after children, exit codes say nothing.
    for run in json.loads(found.stdout or "[]"):
        counts[run["state"]] = counts.get(run["state"], 0) + 1
    return counts


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", help="a sweep, as TOML, or the folder of a run")
    parser.add_argument("--out", help="the sweep's folder, the same on all nodes")
    parser.add_argument("--parts", type=int, default=8, help="parts that are done side by side")
    parser.add_argument("--cpus", type=int, default=1, help="cores of a part")
    parser.add_argument("--gpus", type=float, default=0.0, help="graphics cards of a part")
    parser.add_argument("--retries", type=int, default=5, help="times that a lost part is done again")
    parser.add_argument("--spindle", default="spindle", help="the program")
    parser.add_argument("--address", help="of the cluster; without it the one of RAY_ADDRESS, or a new one here")
    given, more = parser.parse_known_args()
    given.more = more  # --device and the like go to spindle as they are
    if given.parts < 1 or given.cpus < 1:
        parser.error("--parts and --cpus must be at least 1")
    if (given.out is None) != os.path.isdir(given.what):
        parser.error("a sweep needs --out; a run is its own folder")
    return given


def stages(given: argparse.Namespace) -> tuple[str, list[list[str]], list[str]]:
    """The folder, what is done in parts, one after the other, and what is done at last."""
    what = os.path.abspath(given.what)
    if given.out is None:
        extract, analyze, merge = ([given.spindle, verb, what] for verb in ("extract", "analyze", "merge"))
        return what, [[*extract, *given.more], analyze], merge
    sweep = [given.spindle, "sweep", what, "--out", os.path.abspath(given.out), *given.more]
    # Parts gather what was there when they ended; at last it is all of it, from one machine.
    return os.path.abspath(given.out), [sweep], sweep


def in_parts(given: argparse.Namespace, command: list[str], folder: str) -> list[str]:
    """Does all parts; what those that failed said."""
    again = {"max_retries": given.retries, "retry_exceptions": [ChildProcessError]}
    task = ray.remote(num_cpus=given.cpus, num_gpus=given.gpus, **again)(part)
    waiting = [
        task.remote([*command, "--shard", f"{index}/{given.parts}", "--quiet"], given.cpus)
        for index in range(1, given.parts + 1)
    ]
    failed = []
    try:
        while waiting:
            done, waiting = ray.wait(waiting, timeout=2.0)
            for result in done:
                said = ray.get(result).strip()
                failed.extend([said] if said.startswith("error:") or "\nerror:" in said else [])
            counts = status(given.spindle, folder)
            words = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
            print(f"\r{time.strftime('%H:%M:%S')}  {words}  ({len(waiting)} parts on)", end="\x1b[K", flush=True)
    finally:
        for result in waiting:
            ray.cancel(result, force=True)
        print()
    return failed


def main() -> int:
    given = arguments()
    ray.init(address=given.address, log_to_driver=False, ignore_reinit_error=True)
    folder, commands, last = stages(given)
    try:
        failed = [said for command in commands for said in in_parts(given, command, folder)]
    except KeyboardInterrupt:
        print("interrupted; the same command continues from here", file=sys.stderr)
        return 130
    for said in failed:
        print(said, file=sys.stderr)
    # A run that was merged has no parts any longer.
    code = subprocess.run(last).returncode
    return code if given.out is None else int(set(status(given.spindle, folder)) != {"done"})


if __name__ == "__main__":
    sys.exit(main())
