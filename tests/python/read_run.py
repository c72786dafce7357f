"""Runs the examples of docs/run-format.md against a run: what the documentation shows is what is tested.

    python tests/python/read_run.py RUN [FILE.spindle]

The first example needs the run's folder, the second one the export. Fails when an example fails, or when the documentation
has another number of examples than this script knows.
"""

import re
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "run-format.md"
NAMES = ["RUN", "EXPORT"]


def examples(page: str) -> list[tuple[str, int]]:
    """Python code blocks with the line on which each begins."""
    blocks = re.finditer(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [(block.group(1), page.count("\n", 0, block.start(1))) for block in blocks]


def main() -> None:
    paths = sys.argv[1:]
    if not 1 <= len(paths) <= len(NAMES):
        raise SystemExit(__doc__)
    found = examples(PAGE.read_text(encoding="utf-8"))
    if len(found) != len(NAMES):
        raise SystemExit(f"{PAGE.name} has {len(found)} examples, {len(NAMES)} expected")
    for path, name, (code, line) in zip(paths, NAMES, found):
        # As many empty lines before the code as the page has, so that a traceback names the page's line.
        exec(compile("\n" * line + code, str(PAGE), "exec"), {name: path})
        print(f"ok: the example of {name} on {path}")


if __name__ == "__main__":
    main()
