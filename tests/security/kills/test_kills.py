"""kill -9 at any moment of a store, a refresh or a sign-out leaves the old or the new session whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.security.kills.killing import WORKS
from tests.terminal.pty_program import ROOT

MUST_BE_MET = ("write", "fsync", "replace")

KillingProcess = Callable[[str], dict[str, Any]]


@pytest.fixture
def killing_process(tmp_path: Path) -> KillingProcess:
    """Do one kind of work again and again in a process whose children are killed at it."""

    def run(work: str) -> dict[str, Any]:
        home = tmp_path / "home"
        home.mkdir()
        ran = subprocess.run(
            [sys.executable, "-m", "tests.security.kills.killing", home, work],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        report: dict[str, Any] = json.loads(ran.stdout)
        return report

    return run


@pytest.mark.parametrize("work", WORKS)
def test_a_kill_before_or_after_any_call_leaves_the_old_or_the_new_session(
    work: str, killing_process: KillingProcess, record_property: Callable[[str, object], None]
) -> None:
    """At every call that changes a file and every fourth of the others; with EVERY_KILL=1 at every call."""
    report = killing_process(work)
    kills, wrong = sum(report["kills"].values()), report["wrong"]
    record_property(
        "cases",
        ("kill test (before and after each write, fsync, rename, …)", "kinds of work", kills, len(wrong)),
    )
    assert not wrong, "\n".join(wrong)
    for call in MUST_BE_MET:
        assert report["kills"].get(call, 0) >= 2, f"no {call} was met"
