"""What starts sweeps and runs on clusters: that each file is well-formed, says the same in all its places, and that what it
starts makes the run.

    python tests/python/drivers.py target/release/spindle
"""

import ast
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

DRIVERS = Path(__file__).resolve().parents[2] / "crates/cli/drivers"
MOST_LINES = 150
SMALL = "--train-size 200 --epochs 2 --checkpoints 4 --samples 2 --train-samples 0 --players 5 --resamples 100"
PARTS = 2


def check_slurm(script: Path) -> None:
    subprocess.run(["bash", "-n", str(script)], check=True)
    options = [line for line in script.read_text().splitlines() if line.startswith("#SBATCH")]
    assert any("--array=1-" in line for line in options), options
    assert any("--requeue" in line for line in options), options


def check_volumes(pods: dict) -> None:
    """That what a pod's containers see, it has."""
    volumes = {volume["name"] for volume in pods["volumes"]}
    for container in containers(pods):
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes


def containers(pods: dict) -> list[dict]:
    """All containers of a pod, in the order in which they begin."""
    return [*pods.get("initContainers", []), *pods["containers"]]


def check_parts(job: dict) -> None:
    """An indexed job whose containers know how many there are of it."""
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    spec = job["spec"]
    assert spec["completionMode"] == "Indexed"
    pods = spec["template"]["spec"]
    check_volumes(pods)
    for container in containers(pods):
        environment = {entry["name"]: entry["value"] for entry in container["env"]}
        assert int(environment["JOB_COMPLETION_COUNT"]) == spec["completions"], "parts and pods differ"


def check_merge(job: dict) -> None:
    """A job that waits until somebody says that the parts are done."""
    assert (job["apiVersion"], job["kind"], job["spec"]["suspend"]) == ("batch/v1", "Job", True)
    check_volumes(job["spec"]["template"]["spec"])


def on_slurm(run: str, environment: dict[str, str]) -> None:
    """The tasks of an array, one after the other, with the variables that Slurm gives them; then what depends on them."""
    script = DRIVERS / "slurm-run.sh"
    for task in range(1, PARTS + 1):
        array = {"SLURM_ARRAY_TASK_ID": task, "SLURM_ARRAY_TASK_COUNT": PARTS, "SLURM_ARRAY_TASK_MIN": 1}
        variables = {name: str(value) for name, value in array.items()}
        subprocess.run(["bash", script, run], env={**environment, **variables, "SLURM_CPUS_PER_TASK": "1"}, check=True)
    [last] = [line for line in script.read_text().splitlines() if "--dependency" in line]
    wrapped = last.split('--wrap="')[1].rstrip('"').replace("/shared/big", run)
    subprocess.run(wrapped.split(), env=environment, check=True)


def on_kubernetes(run: str, environment: dict[str, str], parts: dict, merge: dict) -> None:
    """The containers of every pod, with the variables that Kubernetes gives them; then the merge."""
    def start(job: dict, variables: dict[str, str]) -> None:
        for container in containers(job["spec"]["template"]["spec"]):
            command = [run if word == "/runs/big" else word for word in container["command"]]
            subprocess.run(command, env={**environment, **variables}, check=True)

    for index in range(PARTS):
        start(parts, {"JOB_COMPLETION_INDEX": str(index), "JOB_COMPLETION_COUNT": str(PARTS)})
    start(merge, {})


def arrays(run: str) -> dict[str, bytes]:
    folder = Path(run)
    files = [path for kind in ("outputs", "interactions") for path in (folder / kind).iterdir()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def check_that_they_make_the_run(spindle: Path, parts: dict, merge: dict) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # Under its name in the PATH, whatever the file is called.
        programs = Path(folder) / "bin"
        programs.mkdir()
        (programs / "spindle").symlink_to(spindle)
        environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
        alone, slurm, kubernetes = (str(Path(folder) / name) for name in ("alone", "slurm", "kubernetes"))
        subprocess.run([spindle, "run", "--quiet", "--out", alone, *SMALL.split()], check=True)
        for run in (slurm, kubernetes):
            subprocess.run([spindle, "train", "--quiet", "--out", run, *SMALL.split()], check=True)
        on_slurm(slurm, environment)
        on_kubernetes(kubernetes, environment, parts, merge)
        for run in (slurm, kubernetes):
            assert (Path(run) / "report.html").is_file()
            assert arrays(run) == arrays(alone), f"{run} is not the run of one process"


def main() -> None:
    for name in ("slurm.sh", "slurm-run.sh"):
        check_slurm(DRIVERS / name)
    check_parts(yaml.safe_load((DRIVERS / "kubernetes.yaml").read_text()))
    parts, merge = yaml.safe_load_all((DRIVERS / "kubernetes-run.yaml").read_text())
    check_parts(parts)
    check_merge(merge)
    check_that_they_make_the_run(Path(sys.argv[1]).resolve(), parts, merge)

    ray = (DRIVERS / "ray.py").read_text()
    ast.parse(ray)
    assert len(ray.splitlines()) <= MOST_LINES, len(ray.splitlines())
    print("the files for Slurm and Kubernetes make what one process makes; ray.py is well-formed")


if __name__ == "__main__":
    main()
