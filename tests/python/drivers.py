"""What starts sweeps on clusters: that each file is well-formed and says the same in all its places."""

import ast
import subprocess
from pathlib import Path

import yaml

DRIVERS = Path(__file__).resolve().parents[2] / "crates/cli/drivers"
MOST_LINES = 150


def main() -> None:
    slurm = DRIVERS / "slurm.sh"
    subprocess.run(["bash", "-n", str(slurm)], check=True)
    options = [line for line in slurm.read_text().splitlines() if line.startswith("#SBATCH")]
    assert any("--array=1-" in line for line in options), options
    assert any("--requeue" in line for line in options), options

    job = yaml.safe_load((DRIVERS / "kubernetes.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    spec = job["spec"]
    assert spec["completionMode"] == "Indexed"
    [container] = spec["template"]["spec"]["containers"]
    environment = {entry["name"]: entry["value"] for entry in container["env"]}
    assert int(environment["JOB_COMPLETION_COUNT"]) == spec["completions"], "parts and pods differ"
    volumes = {volume["name"] for volume in spec["template"]["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} <= volumes

    ray = (DRIVERS / "ray.py").read_text()
    ast.parse(ray)
    assert len(ray.splitlines()) <= MOST_LINES, len(ray.splitlines())
    print("slurm.sh, kubernetes.yaml and ray.py are well-formed")


if __name__ == "__main__":
    main()
