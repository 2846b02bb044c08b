from __future__ import annotations

import subprocess
import sys

import pytest

import tailrace


def test_every_exported_name_is_there() -> None:
    for name in tailrace.__all__:
        assert getattr(tailrace, name) is not None
    assert set(tailrace.__all__) <= set(dir(tailrace))


def test_another_name_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'tailrace' has no attribute 'Nothing'"):
        tailrace.Nothing  # noqa: B018


def test_importing_the_root_imports_no_data_library() -> None:
    code = "import sys, tailrace; print([m for m in ('polars', 'pyarrow', 'pydantic', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
