"""Shell commands on a pseudo-terminal, with a user pool on this machine."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.programs import TerminalProgram
from tests.programs import terminal_program as terminal_program
from tests.session.machine import PASSWORD, Machine, pool_flags
from tests.session.machine import machine as machine
from tests.session.machine import processes as processes
from tests.terminal.pty_program import ROOT, PtyProgram
from tests.tools import need_tool
from tui_auth.config.resolver import ResolvedPool


class SharedTerminal:
    """A terminal on which a shell runs commands with ``tui-auth``, for the user ann.

    Attributes:
        machine: The user's machine.
        choice: The pool of ``$POOL``.
    """

    def __init__(self, machine: Machine, program: TerminalProgram, stack: ExitStack) -> None:
        self.machine = machine
        self.choice: ResolvedPool = machine.add_identity_pool(machine.create_client())
        machine.create_user()
        self._program = program
        self._stack = stack
        self._install()

    def _install(self) -> None:
        """Put ``tui-auth`` on the PATH: a script, because an alias isn't known to xargs or make."""
        folder = self.machine.home / "bin"
        folder.mkdir(exist_ok=True)
        script = folder / "tui-auth"
        python = shlex.quote(sys.executable)
        script.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {python} -m tui_auth "$@"\n')
        script.chmod(0o700)

    def run(self, script: str, *shell: str, **variables: str | None) -> PtyProgram:
        """Run a script by ``sh -c``, or by another command to which it is the last argument."""
        return self.start(*(shell or ("sh", "-c")), script, **variables)

    def start(self, *command: str, **variables: str | None) -> PtyProgram:
        """Start a command, such as an interactive shell, whose prompt is ``ready>``."""
        need_tool(command[0])
        program = self._program.on_a_terminal(
            command=command,
            folder=self.machine.home,
            variables={
                "PATH": f"{self.machine.home / 'bin'}:{self.machine.environ['PATH']}",
                "POOL": shlex.join(pool_flags(self.choice)),
                "IDENTITY": f"--identity-pool-id {self.choice.identity_pool_id}",
                "PS1": "ready> ",
                **variables,
            },
        )
        return self._stack.enter_context(program)

    def write(self, name: str, text: str) -> Path:
        """Write a file that a command needs into the home folder."""
        path = self.machine.home / name
        path.write_text(text)
        path.chmod(0o700)
        return path


@pytest.fixture
def shared_terminal(machine: Machine, terminal_program: TerminalProgram) -> Iterator[SharedTerminal]:
    """Return a terminal for shell commands; what still runs on it is killed at the end."""
    with ExitStack() as stack:
        yield SharedTerminal(machine, terminal_program, stack)


def sign_in_at_prompts(program: PtyProgram) -> None:
    """Sign in as ann with line prompts."""
    program.wait_for("Username:")
    program.send("ann\r")
    program.wait_for("Password:")
    program.send(f"{PASSWORD}\r")


def sign_in_on_screen(program: PtyProgram) -> None:
    """Sign in as ann in full screen."""
    program.wait_for("Username")
    program.send(f"ann\r{PASSWORD}\r")
