"""Fixtures for the command line: the program in three forms, a local emulator, and a machine with a pool."""

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


class Replacement:
    """Replaces os.execvpe: records the command and ends the program with status 0."""

    def __init__(self) -> None:
        self.command: list[str] = []
        self.environment: dict[str, str] = {}

    def execvpe(self, file: str, arguments: list[str], environment: dict[str, str]) -> NoReturn:
        """Record what the process would become."""
        assert file == arguments[0]
        self.command = arguments
        self.environment = {name: value for name, value in environment.items() if name != MUTANT_VARIABLE}
        raise SystemExit(0)


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch) -> Replacement:
    """The command that ``tui-auth exec`` would have become outside the test's process."""
    replacement = Replacement()
    seen = SimpleNamespace(environ=os.environ, execvpe=replacement.execvpe)
    monkeypatch.setattr("tui_auth.cli.commands.exec.os", seen)
    return replacement


@pytest.fixture(scope="module")
def stop_later() -> Iterator[Callable[[CognitoEmulator], object]]:
    """Stop servers in the background: a server starts at once, but takes 50 ms to stop."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="stop-servers") as background:
        yield lambda server: background.submit(server.stop)


@pytest.fixture
def server(stop_later: Callable[[CognitoEmulator], object]) -> Iterator[CognitoEmulator]:
    """A local emulator without pools, for one test."""
    server = CognitoEmulator()
    server.start()
    yield server
    stop_later(server)


@pytest.fixture
def machine(program: Program, server: CognitoEmulator) -> Machine:
    """A machine on which nobody has signed in yet."""
    return Machine(program.home, server)
