"""kill -9 at any moment of a store, a refresh or a sign-out leaves the old or the new session whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.session.killing import WORKS
from tests.terminal.pty_program import ROOT

MUST_BE_MET = ("write", "fsync", "replace")


@pytest.mark.parametrize("work", WORKS)
def test_a_kill_before_or_after_any_call_leaves_the_old_or_the_new_session(
    work: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    ran = subprocess.run(
        [sys.executable, "-m", "tests.session.killing", home, work],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    kills, wrong = sum(told["kills"].values()), told["wrong"]
    record_property(
        "cases",
        ("kill test (before and after each write, fsync, rename, …)", "kinds of work", kills, len(wrong)),
    )
    assert not wrong, "\n".join(wrong)
    for call in MUST_BE_MET:
        assert told["kills"].get(call, 0) >= 2, f"no {call} was met"
