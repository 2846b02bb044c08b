"""Processes that this one starts to work for it: a module of ours, run by the same interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence


def start_module(
    module: str,
    arguments: Sequence[str],
    kept: Sequence[int],
    *,
    surroundings: Mapping[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a module with arguments, open descriptors that are kept, and more variables of the environment.

    What is typed at the terminal is not for it, and it says nothing there. Raises OSError: it cannot be started.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, *arguments],
        pass_fds=kept,
        process_group=0,
        env=os.environ | (surroundings or {}),
        stdin=stdin,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
