"""stdout that is closed, full or read no further, as by head: no traceback, and exit status 1."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from tests.programs import Process

COMMANDS = (
    ("--help",),
    ("--version",),
    ("doctor", "--help"),
    ("doctor",),
    ("profile", "list"),
    ("profile", "show", "acme", "--json"),
    ("completion", "bash"),
)


def run_with_stdout(process: Process, stdout: int, *arguments: str) -> tuple[int, str]:
    """Return the exit status and stderr of a command whose stdout is this descriptor."""
    ran = process.run_command(process.command(*arguments), stdout=stdout)
    return ran.returncode, ran.stderr


def run_in_shell(process: Process, arguments: str, redirection: str) -> tuple[int, str]:
    """Return the exit status and stderr of the program when a shell runs it with a redirection."""
    line = f"exec {shlex.join(process.command(*arguments.split()))} {redirection}"
    ran = process.run_command(["sh", "-c", line])
    return ran.returncode, ran.stderr


@pytest.fixture
def with_a_profile(process: Process) -> Process:
    """The program with a profile to show, and no default."""
    process.write_config(
        '[profiles.acme]\nuser_pool_id = "eu-west-1_A"\n[profiles.b]\nuser_pool_id = "eu-west-1_B"\n'
    )
    return process


def test_command_without_a_reader_exits_silently(with_a_profile: Process) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        for command in COMMANDS:
            assert run_with_stdout(with_a_profile, writing, *command) == (1, ""), command
    finally:
        os.close(writing)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk here")
def test_full_disk_is_reported(with_a_profile: Process) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        for command in (*(each for each in COMMANDS if "--help" not in each), ("pool",)):
            assert run_with_stdout(with_a_profile, full, *command) == (
                1,
                "tui-auth: stdout cannot be written: No space left on device.\n",
            ), command
    finally:
        os.close(full)


@pytest.mark.parametrize("command", ["doctor", "profile list", "completion zsh", "pool"])
def test_closed_stdout_is_reported(with_a_profile: Process, command: str) -> None:
    said = "tui-auth: There is no stdout to write to.\n"
    assert run_in_shell(with_a_profile, command, ">&-") == (1, said)


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
def test_broken_stderr_does_not_change_the_exit_status(
    process: Process, arguments: str, status: int, stderr: str
) -> None:
    assert run_in_shell(process, arguments, stderr)[0] == status
