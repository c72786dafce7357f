"""Runs docs/your-own-model.md from its first line to its last, in an empty folder: Python's blocks, and the commands between them.

python3 tests/peers/your_own_model.py SPINDLE    the path of the command line tool; run from the top of the repository

Then holds the page's masked outputs of a picture against those of fixtures.py, which splits the network instead of hooking into it.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from fixtures import PATCHES, idx, log_odds, padded
from models import LeNet

PAGE = Path("docs/your-own-model.md").resolve()
PYTHON = re.compile(r"^```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^(?P<code>(    \S.*\n)+)", re.MULTILINE)
TOLERANCE = 1e-9


def blocks(page):
    """(line, language, code) of the page's blocks, in order."""
    fenced = list(PYTHON.finditer(page))
    inside = [range(*block.span()) for block in fenced]
    found = [(block, "python") for block in fenced]
    found += [(block, "shell") for block in COMMANDS.finditer(page) if not any(block.start() in span for span in inside)]
    found.sort(key=lambda one: one[0].start())
    return [(page.count("\n", 0, block.start("code")), language, block["code"]) for block, language in found]


def run(page, tool):
    """The names that the page's Python has defined at its end."""
    names, path = {}, os.pathsep.join([str(tool.parent), os.environ["PATH"]])
    for line, language, code in blocks(page):
        print(f"line {line + 1}: {language}", flush=True)
        if language == "python":
            # As many empty lines before the code as the page has, so that a traceback names the page's line.
            exec(compile("\n" * line + code, str(PAGE), "exec"), names)
        else:
            subprocess.run(["sh", "-ec", code], check=True, env={**os.environ, "PATH": path})
    return names


def check_pictures(picture_values, digit, label):
    model = LeNet().double()
    with torch.no_grad():
        split = log_odds(model, digit, label)
    hooked = picture_values(model, model.conv1, padded(digit), label, PATCHES)
    difference = np.abs(split - hooked).max()
    print(f"hooked and split networks differ by {difference:.3g} nats at most")
    assert difference <= TOLERANCE


def main():
    tool = Path(sys.argv[1]).resolve()
    if tool.name != "spindle" or not tool.exists():
        raise SystemExit(f"{tool} is no spindle")
    digit, label = idx("t10k-images-idx3-ubyte.gz", 16)[:784].reshape(28, 28), idx("t10k-labels-idx1-ubyte.gz", 8)[0]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        names = run(PAGE.read_text(encoding="utf-8"), tool)
        made = {path.name for path in Path().iterdir()}
        os.chdir(PAGE.parent)
    expected = {f"{name}.safetensors" for name in ("interactions", "words", "clusters")} | {"v.npy", "words.npy", "clusters.npy"}
    assert expected <= made, f"the page has not made {expected - made}"
    check_pictures(names["picture_values"], digit.astype(np.float64), int(label))
    print("ok: docs/your-own-model.md")


if __name__ == "__main__":
    main()
