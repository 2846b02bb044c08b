"""Write docs/reference from the code.

usage: python docs/generate_reference.py [--check]

With --check nothing is written; the exit code is 1 when a page is not what the code says.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import Final

TARGET: Final = Path(__file__).parent / "reference"
PAGES: Final = {
    "commands": "every command's help, exit codes, the environment",
    "blueprint": "the keys of a blueprint, the aggregate, the packaged blueprints",
    "streamlets": "the streamlets that come with the package: ports and settings",
    "records": "the record types that come with the package, and what a field can be",
    "sql": "operators, functions and measures, each with an example and its result",
    "problems": "what `tailrace verify` can find",
    "metrics": "what Prometheus can scrape",
}


def main() -> int:
    """Write every page that differs, or say which do."""
    parser = argparse.ArgumentParser(description="Write docs/reference from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is stale")
    check = parser.parse_args().check
    stale = {name: text for name, text in pages().items() if _current(name) != text}
    for name, text in stale.items():
        sys.stdout.write(f"{'stale' if check else 'wrote'} {TARGET.name}/{name}.md\n")
        if not check:
            TARGET.mkdir(exist_ok=True)
            (TARGET / f"{name}.md").write_text(text, encoding="utf-8")
    if stale and check:
        sys.stderr.write("error: the reference is stale\n  try: make reference\n")
    return 1 if stale and check else 0


def pages() -> dict[str, str]:
    """Every page by its name, made from the code as it is."""
    return {"README": _index(), **{name: import_module(f"pages.{name}").page() for name in PAGES}}


def _index() -> str:
    rows = "\n".join(f"| [{name}]({name}.md) | {about} |" for name, about in PAGES.items())
    return (
        "# Reference\n\nMade from the code by `make reference`; a test fails when a page is stale. Do not edit.\n\n"
        f"| page | what it tells |\n|---|---|\n{rows}\n"
    )


def _current(name: str) -> str:
    path = TARGET / f"{name}.md"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
