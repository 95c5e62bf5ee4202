"""Run tui-auth in the test's own home folder: in process, as a process, or on a terminal.

A test chooses with its fixtures: ``program`` runs commands in the test process, ``process`` starts processes,
and ``terminal_program`` starts the program on a pseudo-terminal. They share one home folder. A conftest.py
makes these fixtures available by importing them.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.in_process import run_in_process
from tests.terminal.pty_program import ROOT, PtyProgram, Stream, isolated_environment

DATA = ROOT / "tests" / "config" / "data"
PROCESS_SECONDS = 100
"""Seconds that a process may take before its test fails."""


class Home:
    """A home folder, a project folder in it, and an environment isolated from this machine."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.folder = self.home / "project"
        self.environment = isolated_environment(self.home, PYTHONPATH=str(ROOT))
        self.config = self.home / ".config" / "tui-auth" / "config.toml"
        self.folder.mkdir(exist_ok=True)

    def put(self, name: str, folder: Path | None = None) -> Path:
        """Copy a sample Amplify file into the project folder, or into another folder."""
        path = (folder or self.folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((DATA / name).read_text())
        return path

    def write_config(self, text: str) -> None:
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text(text)


class Program(Home):
    """Run ``tui-auth`` in the test process, without a terminal."""

    def run(
        self, *arguments: str | Path, stdin: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the program in the project folder until it ends."""
        return run_in_process(arguments, environ=self.environment | variables, cwd=self.folder, stdin=stdin)


class Process(Home):
    """Run ``tui-auth`` and other commands as processes, without a terminal."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._started = ExitStack()

    def run(self, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the program in the project folder until it ends."""
        return self.run_command(self.command(*arguments), env=self.environment | variables)

    def command(self, *arguments: str | Path) -> list[str]:
        """Return the command line that runs the program."""
        return [sys.executable, "-m", "tui_auth", *map(str, arguments)]

    def run_command(self, command: Sequence[str | Path], **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command until it ends; ``options`` are those of subprocess.run."""
        return subprocess.run(
            command, **{**self._options, "timeout": PROCESS_SECONDS, "check": False, **options}
        )

    def start(self, command: Sequence[str | Path], **options: Any) -> subprocess.Popen[str]:
        """Start a command; it is killed at the end of the test if it still runs."""
        process = subprocess.Popen(command, **{**self._options, **options})
        self._started.callback(_kill, process)
        return process

    def stop(self) -> None:
        """Kill the processes that still run."""
        self._started.close()

    @property
    def _options(self) -> dict[str, Any]:
        return {
            "cwd": self.folder,
            "env": self.environment,
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "start_new_session": True,
        }


def _kill(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.kill()
        process.communicate()


class TerminalProgram(Home):
    """Run ``tui-auth``, or another command, on a pseudo-terminal."""

    def on_a_terminal(
        self,
        *arguments: str | Path,
        command: Sequence[str | Path] | None = None,
        folder: Path | None = None,
        rows: int = 23,
        cols: int = 80,
        stdin: Stream = None,
        stdout: Stream = None,
        stderr: Stream = None,
        variables: Mapping[str, str | None] | None = None,
    ) -> PtyProgram:
        """Start the program in the project folder or another; leaving the context kills it."""
        return PtyProgram(
            ["-m", "tui_auth", *arguments],
            command=command,
            home=self.home,
            cwd=folder or self.folder,
            rows=rows,
            cols=cols,
            environment={**self.environment, **(variables or {})},
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Return the program, run in the test process."""
    return Program(tmp_path)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    """Return the program, run as a process."""
    process = Process(tmp_path)
    yield process
    process.stop()


@pytest.fixture
def terminal_program(tmp_path: Path) -> TerminalProgram:
    """Return the program, run on a terminal."""
    return TerminalProgram(tmp_path)
