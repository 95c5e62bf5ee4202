"""Output that is closed, full or without a reader: no traceback, and the right exit status."""

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
    result = process.run_command(process.command(*arguments), stdout=stdout)
    return result.returncode, result.stderr


def run_in_shell(process: Process, arguments: str, redirection: str) -> tuple[int, str]:
    """Return the exit status and stderr of the program when a shell runs it with a redirection."""
    line = f"exec {shlex.join(process.command(*arguments.split()))} {redirection}"
    result = process.run_command(["sh", "-c", line])
    return result.returncode, result.stderr


@pytest.fixture
def process_with_profiles(process: Process) -> Process:
    """Return the program with two profiles and no default."""
    process.write_config(
        '[profiles.acme]\nuser_pool_id = "eu-west-1_A"\n[profiles.b]\nuser_pool_id = "eu-west-1_B"\n'
    )
    return process


def test_command_without_a_reader_exits_silently(process_with_profiles: Process) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        for command in COMMANDS:
            assert run_with_stdout(process_with_profiles, writing, *command) == (1, ""), command
    finally:
        os.close(writing)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this machine")
def test_full_disk_is_reported(process_with_profiles: Process) -> None:
    commands = [command for command in COMMANDS if "--help" not in command]
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        for command in (*commands, ("pool",)):
            assert run_with_stdout(process_with_profiles, full, *command) == (
                1,
                "tui-auth: stdout cannot be written: No space left on device.\n",
            ), command
    finally:
        os.close(full)


@pytest.mark.parametrize("command", ["doctor", "profile list", "completion zsh", "pool"])
def test_closed_stdout_is_reported(process_with_profiles: Process, command: str) -> None:
    message = "tui-auth: There is no stdout to write to.\n"
    assert run_in_shell(process_with_profiles, command, ">&-") == (1, message)


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
