"""The reference is what the code says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_no_page_of_the_reference_is_stale(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "docs/generate_reference.py", "--check"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
