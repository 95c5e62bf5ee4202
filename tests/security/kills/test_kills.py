"""Tests that kill -9 during a store, refresh or sign-out leaves a whole session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.security.kills.kill_runner import OPERATIONS
from tests.terminal.pty_program import ROOT

REQUIRED_CALLS = ("write", "fsync", "replace")

RunKills = Callable[[str], dict[str, Any]]


@pytest.fixture
def kill_process(tmp_path: Path) -> RunKills:
    """Return a function that runs an operation repeatedly in a process that kills it."""

    def run(operation: str) -> dict[str, Any]:
        home = tmp_path / "home"
        home.mkdir()
        result = subprocess.run(
            [sys.executable, "-m", "tests.security.kills.kill_runner", home, operation],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        report: dict[str, Any] = json.loads(result.stdout)
        return report

    return run


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_kill_before_or_after_any_call_leaves_the_old_or_the_new_session(
    operation: str, kill_process: RunKills, record_property: Callable[[str, object], None]
) -> None:
    """Kill at file-changing calls and every fourth other call; at all calls with EVERY_KILL=1."""
    report = kill_process(operation)
    kills, failures = sum(report["kills"].values()), report["failures"]
    record_property(
        "cases",
        ("kill test (before and after each write, fsync, rename, …)", "kinds of work", kills, len(failures)),
    )
    assert not failures, "\n".join(failures)
    for call in REQUIRED_CALLS:
        assert report["kills"].get(call, 0) >= 2, f"no kill at {call}"
