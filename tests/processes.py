"""Python code in a separate process. A pytest plugin."""

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
    """Run Python code to its end in a separate process, with these arguments."""

    def run(
        script: str, *arguments: str | Path, environ: Mapping[str, str] | None = None, cwd: Path = ROOT
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
