"""Fixture that runs Python code in a separate process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.terminal.pty_program import ROOT

PythonProcess = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def python_process() -> PythonProcess:
    """Return a function that runs Python code with arguments in a separate process."""

    def run(
        script: str,
        *arguments: str | Path,
        environ: Mapping[str, str] | None = None,
        cwd: Path = ROOT,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", script, *arguments],
            cwd=cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    return run
