"""Output that is closed, full or without a reader: no traceback, and the right exit status."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.programs import Process
from tests.session.machine import Machine
from tests.tools import need_tool
from tui_auth.cli.help import COMMANDS as HELP

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


def test_command_without_a_reader_dies_of_sigpipe_silently(process_with_profiles: Process) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        for command in COMMANDS:
            assert run_with_stdout(process_with_profiles, writing, *command) == (-signal.SIGPIPE, ""), command
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
                "tui-auth: stdout can't be written: No space left on device.\n",
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


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-16"])
def test_any_encoding_of_stdout_and_stderr_will_do(process_with_profiles: Process, encoding: str) -> None:
    process = process_with_profiles
    process.environment["PYTHONIOENCODING"] = encoding
    commands = (
        *COMMANDS,
        *((command, "--help") for command in HELP),
        ("no-such-command",),
        ("token", "--no-such-flag"),
        ("token",),
        ("status",),
        ("completion", "zsh"),
        ("completion", "fish"),
    )
    for command in commands:
        result: subprocess.CompletedProcess[Any] = process.run_command(process.command(*command), text=False)
        assert b"internal error" not in result.stderr, command
        assert result.returncode in (0, 2, 3, 4), command
        assert result.stdout + result.stderr, command


def test_ascii_terminal_gets_an_ascii_form(process: Process) -> None:
    result = process.run("--help", PYTHONIOENCODING="ascii")
    assert (result.returncode, result.stdout.isascii(), "\\u" in result.stdout) == (0, True, False)
    assert '"Authorization: Bearer ..."' in result.stdout
    process.write_config('[profiles."ä"]\n')
    result = process.run("profile", "list", PYTHONIOENCODING="ascii")
    assert result.stdout.startswith("  \\xe4  ")


def run_for_bytes(process: Process, *arguments: str) -> bytes:
    """Return the stdout of the program as bytes."""
    output: Any = process.run_command(process.command(*arguments), text=False).stdout
    assert isinstance(output, bytes)
    return output


@pytest.mark.parametrize("encoding", ["ascii", "utf-16"])
def test_tokens_and_json_are_ascii_bytes_in_any_encoding(
    machine: Machine, process: Process, encoding: str
) -> None:
    session = machine.sign_in()
    process.environment["PYTHONIOENCODING"] = encoding
    token = session.record.access_token.reveal().encode()
    for command, output in (("token", token + b"\n"), ("header", b"Authorization: Bearer " + token + b"\n")):
        assert run_for_bytes(process, command) == output
    assert run_for_bytes(process, "token", "--username", "ann") == token + b"\n", "beside the fast path"
    assert json.loads(run_for_bytes(process, "status", "--json"))["username"] == "ann"


def test_reader_that_ends_early_is_no_error_to_the_shell(process_with_profiles: Process) -> None:
    need_tool("bash")
    command = shlex.join(process_with_profiles.command("doctor"))
    script = f"{command} | head -1 >/dev/null; echo ${{PIPESTATUS[0]}}"
    result = process_with_profiles.run_command(["bash", "-c", script])
    assert result.stdout in ("141\n", "3\n")  # 3 if doctor was done first: no pool is specified
    assert result.stderr == ""
