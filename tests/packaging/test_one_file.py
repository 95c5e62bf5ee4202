"""Tests of the one-file build: ``packaging/build_pyz.py`` and what it makes."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs import Process, TerminalProgram
from tests.terminal.pty_program import ROOT
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import provision

BUILD = ROOT / "packaging" / "build_pyz.py"
MOST_BYTES = 12_000_000
PASSWORD = "Correct-Horse-9!"


def find_pythons() -> list[Path]:
    """Return an interpreter for each supported version that this machine has, without starting one."""
    found: dict[str, Path] = {}
    for version in ("3.11", "3.12", "3.13", "3.14"):
        installed = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
        on_path = shutil.which(f"python{version}")
        if on_path is not None and Path(on_path).parent.name != "shims":  # pyenv's shims may lead nowhere
            installed.append(Path(on_path))
        if installed:
            found[version] = installed[0]
    return list(found.values())


@pytest.fixture(scope="module")
def pyz_of_process(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the file once for all workers of this test run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "pyz"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not list(folder.glob("*.pyz")):
            command = [sys.executable, str(BUILD), "--output", str(folder)]
            subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.pyz")
    return built


@pytest.fixture
def pool_flags() -> Iterator[list[str]]:
    """Run the emulator with its sample users; return the flags that specify its pool."""
    with CognitoEmulator() as server:
        pool = provision(server)
        yield [
            *("--user-pool-id", pool.user_pool_id, "--client-id", pool.client_id),
            *("--endpoint-url", server.endpoint_url),
        ]


def sign_in(process: Process, command: list[str | Path], flags: list[str]) -> str:
    """Sign in as ann with the one-file program and return the token that it prints next."""
    environ = {name: value for name, value in process.environment.items() if name != "PYTHONPATH"}
    signed_in = process.run_command(
        [*command, "sign-in", *flags, "--username", "ann", "--password-stdin", "--storage", "file"],
        env=environ,
        stdin=None,
        input=PASSWORD + "\n",
    )
    assert signed_in.returncode == 0, signed_in.stderr
    return process.run_command([*command, "token"], env=environ, check=True).stdout


@pytest.mark.parametrize("python", find_pythons(), ids=lambda path: path.parts[-3])
def test_one_file_signs_in_on_each_python(
    pyz_of_process: Path, python: Path, process: Process, pool_flags: list[str]
) -> None:
    assert pyz_of_process.stat().st_size <= MOST_BYTES
    assert sign_in(process, [python, "-I", pyz_of_process], pool_flags).startswith("eyJ")


def test_interrupt_ends_the_one_file_by_its_signal(
    pyz_of_process: Path, terminal_program: TerminalProgram
) -> None:
    flags = ("--user-pool-id", "eu-west-1_Ab12Cd34E", "--client-id", "client1")
    command = [sys.executable, "-I", str(pyz_of_process), "sign-in", *flags]
    with terminal_program.on_a_terminal(command=command) as program:
        program.wait_for("Password")
        program.press("ctrl+c")
        assert program.wait_exit() == -signal.SIGINT


def test_one_file_runs_with_a_read_only_home_and_leaves_nothing(
    pyz_of_process: Path, process: Process, tmp_path: Path
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    # Below /proc nobody can create a folder, not even root.
    environ = {"HOME": "/proc/self", "TMPDIR": str(temporary), "PATH": os.environ["PATH"]}
    result = process.run_command([sys.executable, "-I", pyz_of_process, "--version"], env=environ)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("tui-auth ")
    assert str(pyz_of_process) in result.stdout
    assert list(temporary.iterdir()) == []


def test_two_builds_are_identical(pyz_of_process: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(BUILD), "--output", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    (again,) = tmp_path.glob("*.pyz")
    assert again.read_bytes() == pyz_of_process.read_bytes()
