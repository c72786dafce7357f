"""Runs the examples of docs/run-format.md against a run: what the documentation shows is what is tested.

    python tests/python/read_run.py RUN [FILE.spindle]

All examples but the last need the run's folder, the last one the export. Fails when an example fails, or when the documentation
has another number of examples than this script knows.
"""

import re
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "run-format.md"
NAMES = ["RUN", "RUN", "RUN", "EXPORT"]


def examples(page: str) -> list[tuple[str, int]]:
    """Python code blocks with the line on which each begins."""
    blocks = re.finditer(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [(block.group(1), page.count("\n", 0, block.start(1))) for block in blocks]


def main() -> None:
    paths = dict(zip(["RUN", "EXPORT"], sys.argv[1:]))
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    found = examples(PAGE.read_text(encoding="utf-8"))
    if len(found) != len(NAMES):
        raise SystemExit(f"{PAGE.name} has {len(found)} examples, {len(NAMES)} expected")
    for name, (code, line) in zip(NAMES, found):
        if name not in paths:
            continue
        # As many empty lines before the code as the page has, so that a traceback names the page's line.
        exec(compile("\n" * line + code, str(PAGE), "exec"), {name: paths[name]})
        print(f"ok: line {line + 1}, {name} is {paths[name]}")


if __name__ == "__main__":
    main()
