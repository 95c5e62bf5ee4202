"""System programs that some tests need, such as shells and tmux."""

from __future__ import annotations

import shutil

import pytest


def need_tool(*names: str) -> None:
    """Skip the current test unless each of these programs is on PATH."""
    for name in names:
        if shutil.which(name) is None:
            pytest.skip(f"needs {name}")
