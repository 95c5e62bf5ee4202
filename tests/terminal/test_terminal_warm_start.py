"""A warm start gives a program the state of a cold start, except for imported libraries."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.terminal import warm_start
from tests.terminal.pty_program import PtyProgram

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has warm starts")

STATE = Path(__file__).with_name("start_state.py")


class ColdProgram(PtyProgram):
    """A program whose libraries are imported when it starts."""

    starts_warm = False


def run_and_read_state(kind: type[PtyProgram], home: Path, **options: Any) -> tuple[int, dict[str, Any]]:
    """Return the exit status of a program and the state in which it started."""
    folder, report = home / "work", home / "state"
    folder.mkdir(exist_ok=True)
    shutil.copy(STATE, folder)
    arguments = ["-m", STATE.stem, str(report), "--flag", "é"]
    with kind(arguments, home=home, cwd=folder, **options) as program:
        status = program.wait_exit()
    return status, json.loads(report.read_text())


@pytest.fixture(autouse=True)
def warm_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow warm starts from a new parent process, whatever COLD_START is."""
    monkeypatch.delenv("COLD_START", raising=False)
    monkeypatch.setattr(warm_start, "_parents", {})


@pytest.mark.parametrize("streams", [(), ("stdin", "stderr")], ids=["terminal", "elsewhere"])
def test_warm_program_starts_in_the_state_of_a_cold_one(tmp_path: Path, streams: tuple[str, ...]) -> None:
    redirected = {name: b"" if name == "stdin" else tmp_path / name for name in streams}
    mask = os.umask(0o077)
    try:  # start the parent with a different umask and variable
        run_and_read_state(PtyProgram, tmp_path, environment={"TUI_AUTH_THEME": "light"})
    finally:
        os.umask(mask)
    cold_status, cold = run_and_read_state(ColdProgram, tmp_path, **redirected)
    warm_status, warm = run_and_read_state(PtyProgram, tmp_path, **redirected)
    assert cold.pop("libraries") == []
    assert warm.pop("libraries") == ["boto3", "textual"]
    assert warm == cold
    assert warm_status == cold_status == 0


def test_warm_program_has_its_own_status_and_traceback(tmp_path: Path) -> None:
    with PtyProgram(
        ["-m", "tests.terminal.start_state", str(tmp_path)], home=tmp_path
    ) as program:  # a folder
        assert program.wait_exit() == 1
        assert "IsADirectoryError" in program.screen_text()


@pytest.mark.parametrize("arguments", [["-c", "pass"], ["program.py"], ["-I", "-m", "tui_auth"]])
def test_only_a_module_gets_a_warm_start(arguments: list[str]) -> None:
    assert not warm_start.is_warm_start_possible([sys.executable, *arguments], ())


def test_variable_read_by_a_library_causes_a_cold_start(monkeypatch: pytest.MonkeyPatch) -> None:
    module = [sys.executable, "-m", "tui_auth"]
    assert warm_start.is_warm_start_possible(module, ["TUI_AUTH_THEME"])
    assert not warm_start.is_warm_start_possible(module, ["TUI_AUTH_THEME", "TEXTUAL_LOG"])
    monkeypatch.setattr(warm_start, "COLD_START", True)
    assert not warm_start.is_warm_start_possible(module, ())
