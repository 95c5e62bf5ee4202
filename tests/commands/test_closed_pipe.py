"""A reader that has read enough, such as head, is no fault of the program; nor is a full disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.conftest import Program

COMMANDS = (
    ("--help",),
    ("--version",),
    ("doctor", "--help"),
    ("doctor",),
    ("profile", "list"),
    ("profile", "show", "acme", "--json"),
    ("completion", "bash"),
)


def written_to(program: Program, stdout: int, *arguments: str) -> tuple[int, str]:
    """The exit status and stderr of a command whose stdout is this descriptor."""
    return _ran(program, [sys.executable, "-m", "tui_auth", *arguments], stdout)


def written_by_a_shell(program: Program, line: str) -> tuple[int, str]:
    """The exit status and stderr of a line that a shell runs."""
    return _ran(program, ["sh", "-c", line], subprocess.PIPE)


def _ran(program: Program, command: list[str], stdout: int) -> tuple[int, str]:
    ran = subprocess.run(
        command,
        cwd=program.folder,
        env=program.environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        start_new_session=True,
        check=False,
    )
    return ran.returncode, ran.stderr


@pytest.fixture
def with_a_profile(program: Program) -> Program:
    """The program with a profile to show, and no default."""
    program.config.parent.mkdir(parents=True)
    program.config.write_text(
        '[profiles.acme]\nuser_pool_id = "eu-west-1_A"\n[profiles.b]\nuser_pool_id = "eu-west-1_B"\n'
    )
    return program


def test_a_command_whose_reader_is_gone_ends_without_a_word(with_a_profile: Program) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        for command in COMMANDS:
            assert written_to(with_a_profile, writing, *command) == (1, ""), command
    finally:
        os.close(writing)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk here")
def test_a_full_disk_is_said(with_a_profile: Program) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        for command in (*(each for each in COMMANDS if "--help" not in each), ("pool",)):
            assert written_to(with_a_profile, full, *command) == (
                1,
                "tui-auth: stdout cannot be written: No space left on device.\n",
            ), command
    finally:
        os.close(full)


@pytest.mark.parametrize("command", ["doctor", "profile list", "completion zsh", "pool"])
def test_a_stdout_that_was_closed_is_said(with_a_profile: Program, command: str) -> None:
    shell = f"exec {sys.executable} -m tui_auth {command} >&-"
    assert written_by_a_shell(with_a_profile, shell) == (1, "tui-auth: There is no stdout to write to.\n")


@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full"], ids=["closed", "full"])
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ("nosuch", 2),
        ("profile add z1", 2),
        ("pool --triggers /nowhere.py", 3),
        ("--profile nope", 3),
        ("profile add z1 --user-pool-id eu-west-1_A --client-id c", 0),
    ],
)
def test_a_stderr_that_takes_nothing_changes_no_exit_status(
    program: Program, arguments: str, status: int, stderr: str
) -> None:
    assert written_by_a_shell(program, f"{sys.executable} -m tui_auth {arguments} {stderr}")[0] == status
