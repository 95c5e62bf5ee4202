"""The program as a process, in a home of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.terminal.pty_program import ROOT, PtyProgram, isolated_environment
from tui_auth.pool import PoolServer

DATA = ROOT / "tests" / "config" / "data"


class Program:
    """Runs ``tui-auth`` with a home folder and a current folder of the test's own, without a terminal."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.folder = self.home / "project"
        self.environment = isolated_environment(self.home, PYTHONPATH=str(ROOT))
        self.config = self.home / ".config" / "tui-auth" / "config.toml"
        self.folder.mkdir()

    def run(self, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the program to its end."""
        return subprocess.run(
            [sys.executable, "-m", "tui_auth", *arguments],
            cwd=self.folder,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            start_new_session=True,
            check=False,
        )

    def on_a_terminal(
        self,
        *arguments: str,
        folder: Path | None = None,
        rows: int = 23,
        cols: int = 80,
        variables: Mapping[str, str] | None = None,
    ) -> PtyProgram:
        """Run the program on a terminal, in the current folder or another."""
        return PtyProgram(
            ["-m", "tui_auth", *arguments],
            home=self.home,
            cwd=folder or self.folder,
            rows=rows,
            cols=cols,
            environment={"PYTHONPATH": str(ROOT), **(variables or {})},
        )

    def put(self, name: str, folder: Path | None = None) -> Path:
        """Put one of Amplify's files into the current folder, or another."""
        path = (folder or self.folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((DATA / name).read_text())
        return path


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program in a home of its own."""
    return Program(tmp_path)


@pytest.fixture
def server() -> Iterator[PoolServer]:
    """A pool server without pools."""
    with PoolServer() as running:
        yield running
