"""Runs the examples of docs/run-format.md and docs/scaling.md: what the documentation shows is what is tested.

    python tests/python/read_run.py RUN FILE.spindle SWEEP TABLES

RUN is a run's folder, FILE.spindle its export, SWEEP a sweep's folder and TABLES its partitioned tables. Fails when an example
fails, or when a page has another number of examples than this script knows.
"""

import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
# What the examples of every page are about.
PAGES = {"run-format.md": ["RUN", "RUN", "RUN", "EXPORT"], "scaling.md": ["SWEEP", "TABLES", "TABLES"]}
NAMES = ["RUN", "EXPORT", "SWEEP", "TABLES"]


def examples(page: str) -> list[tuple[str, int]]:
    """Python code blocks with the line on which each begins."""
    blocks = re.finditer(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [(block.group(1), page.count("\n", 0, block.start(1))) for block in blocks]


def main() -> None:
    if len(sys.argv) != len(NAMES) + 1:
        raise SystemExit(__doc__)
    paths = dict(zip(NAMES, sys.argv[1:]))
    for page, names in PAGES.items():
        found = examples((DOCS / page).read_text(encoding="utf-8"))
        if len(found) != len(names):
            raise SystemExit(f"{page} has {len(found)} examples, {len(names)} expected")
        for name, (code, line) in zip(names, found):
            # As many empty lines before the code as the page has, so that a traceback names the page's line.
            exec(compile("\n" * line + code, str(DOCS / page), "exec"), dict(paths))
            print(f"ok: {page} line {line + 1}, {name} is {paths[name]}")


if __name__ == "__main__":
    main()
