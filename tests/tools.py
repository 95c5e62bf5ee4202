"""Programs of the system that some tests need, such as shells and tmux."""

from __future__ import annotations

import shutil

import pytest


def need_tool(*names: str) -> None:
    """Skip the running test, and name the tool, unless each of these programs is on PATH."""
    for name in names:
        if shutil.which(name) is None:
            pytest.skip(f"needs {name}")
