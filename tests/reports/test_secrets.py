"""Reports about where a secret may not get."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen
from typing import Any

import pytest

from tests.session.machine import PASSWORD, Machine, Processes, pool_flags, write_private_file
from tests.terminal.pty_program import ROOT
from tui_auth.storage.stores import StorageKind

# S1: core dumps

SESSION_COMMANDS = {
    "token": ["token", "--force-refresh", "--login", "never"],
    "header": ["header", "--min-ttl", "2h", "--login", "never"],
    "exec": ["exec", "--login", "never", "--", "true"],
    "kube-credential": ["kube-credential", "--login", "never"],
    "aws-credentials": ["aws-credentials", "--login", "never"],
    "status": ["status", "--online"],
    "sign-out": ["sign-out"],
}


@pytest.fixture
def dumping(machine: Machine) -> None:
    """Skip the test where the kernel writes no core file into the current folder."""
    if sys.platform != "linux" or Path("/proc/sys/kernel/core_pattern").read_text().strip() != "core":
        pytest.skip("needs core files in the current folder")
    command = [sys.executable, "-c", "import os; os.abort()"]
    subprocess.run(command, cwd=machine.home, preexec_fn=allow_core_files, check=False)
    files = core_files(machine)
    if not files:
        pytest.skip("needs core files")
    for file in files:
        file.unlink()


def allow_core_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def core_files(machine: Machine) -> list[Path]:
    return list(machine.home.glob("core*"))


def start_dumping(machine: Machine, processes: Processes, *arguments: str, **streams: Any) -> Popen[str]:
    """Start a command that may write core files."""
    running: Popen[str] = Popen(
        processes.command(*arguments),
        env=machine.environ | {"PYTHONPATH": str(ROOT)},
        cwd=machine.home,
        start_new_session=True,
        preexec_fn=allow_core_files,
        text=True,
        **streams,
    )
    processes.started.append(running)
    return running


def quit_during_request(machine: Machine, processes: Processes, *arguments: str, stdin: str = "") -> None:
    """Start a command, and end it by SIGQUIT while the pool doesn't answer."""
    calls = len(machine.server.calls)
    with machine.server.state.lock:
        running = start_dumping(machine, processes, *arguments, stdin=PIPE, stdout=PIPE, stderr=STDOUT)
        assert running.stdin
        running.stdin.write(stdin)
        running.stdin.close()
        deadline = time.monotonic() + 100
        while len(machine.server.calls) == calls and running.poll() is None and time.monotonic() < deadline:
            os.sched_yield()
        assert len(machine.server.calls) > calls, running.stdout and running.stdout.read()
        running.send_signal(signal.SIGQUIT)
        assert running.wait(100) == -signal.SIGQUIT


@pytest.mark.usefixtures("dumping")
@pytest.mark.parametrize("name", SESSION_COMMANDS)
def test_s1_session_command_leaves_no_core_file(machine: Machine, processes: Processes, name: str) -> None:
    machine.sign_in(machine.add_identity_pool(machine.create_client()), storage=StorageKind.FILE, aged=3590)
    quit_during_request(machine, processes, *SESSION_COMMANDS[name])
    assert core_files(machine) == []


@pytest.mark.usefixtures("dumping")
@pytest.mark.parametrize("source", ["--password-stdin", "--password-file", "--client-secret-file"])
def test_s1_secret_from_a_pipe_or_a_file_is_in_no_core_file(
    machine: Machine, processes: Processes, source: str
) -> None:
    choice = machine.create_client()
    machine.create_user()
    file = str(write_private_file(machine.home / "secret", PASSWORD))
    flags = {
        "--password-stdin": ["--password-stdin"],
        "--password-file": ["--password-file", file],
        "--client-secret-file": ["--password-stdin", "--client-secret-file", file],
    }
    arguments = ["sign-in", *pool_flags(choice), "--username", "ann", *flags[source]]
    quit_during_request(machine, processes, *arguments, stdin=f"{PASSWORD}\n")
    assert core_files(machine) == []


@pytest.mark.usefixtures("dumping")
def test_s1_cached_token_is_in_no_core_file(machine: Machine, processes: Processes) -> None:
    machine.sign_in()
    assert processes.run("token").returncode == 0
    read, write = os.pipe()
    os.set_blocking(write, False)
    with suppress(BlockingIOError):
        while True:
            os.write(write, b"x" * 4096)
    os.set_blocking(write, True)
    running = start_dumping(machine, processes, "token", stdout=write)
    os.close(write)
    wait_channel = Path(f"/proc/{running.pid}/wchan")
    while "pipe" not in wait_channel.read_text():  # it writes the token, and nobody reads
        assert running.poll() is None
        os.sched_yield()
    running.send_signal(signal.SIGQUIT)
    assert running.wait(100) == -signal.SIGQUIT
    os.close(read)
    assert core_files(machine) == []
