"""Fixtures for CLI tests: the program in three forms, a local emulator, and a machine with a user pool."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import NoReturn

import pytest

from tests.in_process import MUTANT_VARIABLE
from tests.programs import Program
from tests.programs import process as process
from tests.programs import program as program
from tests.programs import terminal_program as terminal_program
from tests.session.machine import Machine
from tui_auth.emulator import CognitoEmulator


class ExecRecorder:
    """Replacement for os.execvpe that records the command and exits with status 0."""

    def __init__(self) -> None:
        self.command: list[str] = []
        self.environment: dict[str, str] = {}

    def execvpe(self, file: str, arguments: list[str], environment: dict[str, str]) -> NoReturn:
        """Record the command that would replace the process."""
        assert file == arguments[0]
        self.command = arguments
        self.environment = {name: value for name, value in environment.items() if name != MUTANT_VARIABLE}
        raise SystemExit(0)


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch) -> ExecRecorder:
    """Return a recorder of the command that ``tui-auth exec`` would run."""
    recorder = ExecRecorder()
    fake_os = SimpleNamespace(environ=os.environ, execvpe=recorder.execvpe)
    for module in ("main", "commands.exec"):  # the fast path and the slow path
        monkeypatch.setattr(f"tui_auth.cli.{module}.os", fake_os)
    return recorder


@pytest.fixture(scope="module")
def stop_in_background() -> Iterator[Callable[[CognitoEmulator], object]]:
    """Return a function that stops a server in the background, because stopping takes 50 ms."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="stop-servers") as background:
        yield lambda server: background.submit(server.stop)


@pytest.fixture
def server(stop_in_background: Callable[[CognitoEmulator], object]) -> Iterator[CognitoEmulator]:
    """Return a local emulator without pools."""
    server = CognitoEmulator()
    server.start()
    yield server
    stop_in_background(server)


@pytest.fixture
def machine(program: Program, server: CognitoEmulator) -> Machine:
    """Return a machine without sessions."""
    return Machine(program.home, server)
