"""A machine with a home and a pool for each test, and Python code in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.session.machine import machine as machine
from tests.session.machine import processes as processes
from tests.terminal.pty_program import ROOT

PythonProcess = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def python_process() -> PythonProcess:
    """Run Python code to its end in a process of its own, with these arguments."""

    def run(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", script, *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    return run
