"""A run in an object store on this machine: copied, made by several workers of which one is killed, over a way that is slow, breaks
off and refuses, and whose clock is an hour ahead.

    python tests/stores/stores.py target/release/spindle

The store is moto's; spindle must be built with `--features object-store`.
"""

import datetime
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

import proxy

BUCKET = "runs"
SMALL = "--train-size 400 --epochs 6 --checkpoints 8 --samples 12 --train-samples 4 --players 8 --resamples 100 --sgd-steps 200"
LARGE = 20 << 20


class World:
    """A store, the way to it, and the tool."""

    def __init__(self, spindle: str, folder: Path) -> None:
        self.spindle, self.folder = spindle, folder
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        self.upstream = server.get_host_and_port()
        direct = "http://{}:{}".format(*self.upstream)
        self.url, self.faults = proxy.start(self.upstream)
        self.keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
        self.s3 = boto3.client("s3", endpoint_url=direct, **self.keys)
        self.s3.create_bucket(Bucket=BUCKET)

    def environment(self, worker: str, more: dict[str, str]) -> dict[str, str]:
        ours = {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ALLOW_HTTP": "true",
            "SPINDLE_CACHE": str(self.folder / f"cache-{worker}"),
            "RAYON_NUM_THREADS": "1",
        }
        return {**os.environ, **ours, **more}

    def begin(self, *arguments: str, worker: str = "one", **more: str) -> subprocess.Popen:
        environment = self.environment(worker, more)
        command = [self.spindle, *arguments]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def done(self, *arguments: str, **more: str) -> tuple[str, str]:
        """Runs the tool; what it answered and said."""
        process = self.begin(*arguments, **more)
        answer, said = process.communicate(timeout=600)
        assert process.returncode == 0, f"{arguments}: {said}"
        return answer, said

    def refused(self, *arguments: str, **more: str) -> str:
        """Runs the tool, which must fail with a sentence."""
        process = self.begin(*arguments, **more)
        said = process.communicate(timeout=600)[1]
        assert process.returncode == 1 and said.startswith("error: "), f"{arguments}: {process.returncode} {said}"
        assert "panicked" not in said and len(said) < 2000, said
        return said

    def states(self, url: str, making: str) -> dict[int, dict]:
        """How far the checkpoints are, by their steps."""
        listed = json.loads(self.done("status", url, "--json", "--quiet")[0])
        return {state["step"]: state for state in listed if state["making"] == making}

    def objects(self, prefix: str) -> dict[str, bytes]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        names = [found["Key"] for page in pages for found in page.get("Contents", [])]
        return {name.removeprefix(prefix): self.s3.get_object(Bucket=BUCKET, Key=name)["Body"].read() for name in names}


def files(run: Path, kinds: list[str]) -> dict[str, bytes]:
    found = [path for kind in kinds for path in (run / kind).rglob("*") if path.is_file()]
    return {str(path.relative_to(run)): path.read_bytes() for path in found}


def wait_for(what: str, is_there, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not is_there():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.05)


def check_interrupted_upload(world: World, run: Path, url: str) -> None:
    """Killed in the middle, and broken off in the middle of an object: nothing is half there, and it goes on."""
    (run / "figures").mkdir(exist_ok=True)
    (run / "figures/large.svg").write_bytes(bytes(at % 251 for at in range(256)) * (LARGE // 256))
    world.faults.seconds_per_request = 0.05
    copy = world.begin("copy", str(run), url)
    wait_for("some objects", lambda: len(world.objects("big/")) >= 4, 60)
    copy.send_signal(signal.SIGKILL)
    copy.wait()
    there = world.objects("big/")
    assert 4 <= len(there) < 20 and "run.json" not in there and "objects.json" not in there, sorted(there)
    whole = files(run, ["."])
    for name, content in there.items():
        assert whole[name] == content, f"{name} is half there"
    assert "holds no run" in world.refused("extract", url)

    world.faults.seconds_per_request = 0.0
    # The second part of the large object, at every try.
    world.faults.broken_off += ["PUT .*large.svg.*partNumber=2"] * 2
    said = world.refused("copy", str(run), url, AWS_MAX_ATTEMPTS="2")
    assert "cannot write" in said and "large.svg" in said, said
    there = world.objects("big/")
    assert "figures/large.svg" not in there and "run.json" not in there, sorted(there)
    # Broken off once more, and tried again without a word.
    world.faults.broken_off += ["PUT .*large.svg.*partNumber=1", "PUT .*run.json"]
    copied = json.loads(world.done("copy", str(run), url, "--json", "--quiet")[0])
    assert copied["kept"] >= 4 and copied["bytes"] > LARGE, copied
    assert not world.faults.broken_off, world.faults.broken_off
    again = json.loads(world.done("copy", str(run), url, "--json", "--quiet")[0])
    assert (again["copied"], again["kept"]) == (0, copied["copied"] + copied["kept"]), again
    print(f"copied {copied['bytes'] / 1e6:.1f} MB in {copied['copied']} objects, {copied['kept']} were there from the killed copy", flush=True)


def at_work(world: World, making: str) -> int:
    return sum("PUT" in request and f"shards/{making}/" in request and ".lock/" in request for request in world.faults.seen)


def check_workers(world: World, url: str) -> None:
    """Two workers of parts and one of all, each with a folder of its own; one is killed and its claim is taken over."""
    for command, making in (("extract", "extract"), ("analyze", "decompose")):
        begin = time.monotonic()
        victim = world.begin(command, url, "--shard", "1/1", worker="victim")
        wait_for("a claim", lambda: at_work(world, making) >= 1, 60)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        parts = [("1/2", "one"), ("2/2", "two"), ("1/1", "three")]
        workers = [world.begin(command, url, "--shard", part, worker=worker) for part, worker in parts]
        for worker in workers:
            said = worker.communicate(timeout=600)[1]
            assert worker.returncode == 0, said
        states = world.states(url, making)
        [(step, running)] = [(step, state) for step, state in states.items() if state["state"] != "done"]
        assert running["state"] == "running" and "process" in running["by"] and running["seconds"] < 120, running
        if making == "extract":
            said = world.refused("merge", url)
            assert "cannot be merged yet" in said and "no masked outputs yet" in said, said
        wait_for("the claim is lost", lambda: world.states(url, making)[step]["state"] == "failed", 150)
        world.done(command, url, "--shard", "1/1", worker="two")
        states = world.states(url, making)
        assert all(state["state"] == "done" for state in states.values()), states
        print(f"{command}: {len(states)} checkpoints by four workers, the claim of the killed one taken over, in {time.monotonic() - begin:.0f} s", flush=True)


GRID = """
[experiment]
train-size = 200
epochs = 2
checkpoints = 3
samples = 4
train-samples = 0
players = 5
resamples = 100
sgd-steps = 100
[grid]
label-noise = [0.0, 0.3]
seed = [0, 1]
"""
OF_A_SWEEP = ["runs.csv", "over_seeds.csv", "transfer.csv"]


def check_sweep(world: World) -> None:
    """A sweep by two workers of parts and one of all; brought back, it has the tables that one machine makes."""
    begin = time.monotonic()
    grid, alone, back = (world.folder / name for name in ("grid.toml", "sweep-alone", "sweep-back"))
    grid.write_text(GRID)
    url = f"s3://{BUCKET}/noise"
    world.done("sweep", str(grid), "--out", str(alone))
    parts = [("1/2", "one"), ("2/2", "two"), ("1/1", "three")]
    workers = [world.begin("sweep", str(grid), "--out", url, "--shard", part, worker=worker) for part, worker in parts]
    for worker in workers:
        said = worker.communicate(timeout=600)[1]
        assert worker.returncode == 0, said
    states = json.loads(world.done("status", url, "--json", "--quiet")[0])
    assert [state["state"] for state in states] == ["done"] * 4, states
    world.done("copy", url, str(back))
    world.done("sweep", str(grid), "--out", str(back))
    for name in OF_A_SWEEP:
        tables = [(sweep / "tables" / name).read_bytes() for sweep in (alone, back)]
        assert tables[0] == tables[1], f"{name} is another one than one machine makes"
    # The other way, and a grid that has changed.
    said = world.done("copy", str(back), f"s3://{BUCKET}/again")[1]
    assert "4 of 4 runs" in said, said
    grid.write_text(GRID.replace("epochs = 2", "epochs = 3"))
    said = world.refused("sweep", str(grid), "--out", url)
    assert "another experiment" in said and "epochs is 2 there, 3 here" in said, said
    print(f"a sweep of {len(states)} runs by three workers has the tables of one machine; {time.monotonic() - begin:.0f} s", flush=True)


def check_slow_answers(world: World, url: str) -> None:
    world.faults.stalls.append(("GET .*run.json", 12.0))
    said = world.done("status", url)[1]
    assert "no answer yet to read" in said and "for 10 s" in said, said
    # Given up after three seconds, and asked again.
    world.faults.stalls.append(("GET .*run.json", 8.0))
    begin = time.monotonic()
    world.done("status", url, AWS_READ_TIMEOUT="3 seconds")
    assert 2.5 < time.monotonic() - begin < 7.5, time.monotonic() - begin
    assert not world.faults.stalls


def check_sentences(world: World, run: Path, url: str) -> None:
    said = world.refused("copy", str(run), "s3://no-such-bucket/big")
    assert "there is no bucket of s3://no-such-bucket/big" in said, said
    said = world.refused("status", "s3://no-such-bucket/big")
    assert "there is no bucket" in said, said
    world.faults.refused.append("big/run.json")
    said = world.refused("extract", url)
    assert "no rights to read" in said and "AWS_ACCESS_KEY_ID" in said, said
    world.faults.refused = ["PUT "]
    said = world.refused("copy", str(run), f"s3://{BUCKET}/other")
    assert "no rights to write" in said, said
    world.faults.refused.clear()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}"
    said = world.refused("status", url, AWS_ENDPOINT_URL=nobody, AWS_MAX_ATTEMPTS="2")
    assert f"cannot read {url}/" in said and "AWS_ENDPOINT_URL" in said, said
    # The client of TLS is there, and finds none.
    said = world.refused("status", url, AWS_ENDPOINT_URL=world.url.replace("http", "https"), AWS_MAX_ATTEMPTS="1")
    assert f"cannot read {url}/" in said and "InvalidContentType" in said, said
    said = world.refused("status", f"s3://{BUCKET}/nothing")
    assert "holds no run" in said, said
    said = world.refused("verify", url)
    assert f"spindle copy {url} FOLDER" in said, said


def check_lost(world: World, run: Path, url: str) -> None:
    name = "big/losses/0.safetensors"
    world.s3.delete_object(Bucket=BUCKET, Key=name)
    said = world.refused("copy", url, str(world.folder / "never"))
    assert f"s3://{BUCKET}/{name} is lost" in said and "spindle copy RUN" in said, said
    world.done("copy", str(run), url)


def main() -> None:
    begin = time.monotonic()
    spindle = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        world = World(spindle, Path(folder))
        world.faults.clock_ahead = datetime.timedelta(hours=1)
        alone, run, back = (world.folder / name for name in ("alone", "run", "back"))
        url = f"s3://{BUCKET}/big"
        world.done("run", "--quiet", "--out", str(alone), *SMALL.split())
        world.done("train", "--quiet", "--out", str(run), *SMALL.split())
        check_interrupted_upload(world, run, url)
        check_sentences(world, run, url)
        check_lost(world, run, url)
        check_slow_answers(world, url)
        check_sweep(world)
        check_workers(world, url)
        world.done("merge", url, worker="two")
        world.done("merge", url, worker="one")  # once more there is nothing to merge
        assert not [name for name in world.objects("big/") if name.startswith("shards/")]
        said = world.refused("copy", str(run), url)
        assert "is further on" in said, said
        world.done("copy", url, str(back))
        for kind in ("checkpoints", "losses", "outputs", "interactions"):
            assert files(back, [kind]) == files(alone, [kind]), f"{kind}: not those of one machine"
        tables = {name: content for name, content in files(alone, ["tables"]).items()}
        assert files(back, ["tables"]) == tables, "other tables than one machine makes"
        world.done("verify", str(back))
        count = len(files(back, ["outputs", "interactions"]))
        print(
            f"{count} files of outputs and interactions and {len(tables)} tables are those of one machine, to the bit; "
            f"{len(world.faults.seen)} requests, {time.monotonic() - begin:.0f} s"
        )


if __name__ == "__main__":
    main()
