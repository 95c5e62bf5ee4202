"""Reports about the files and locks of sessions."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys

import pytest

from tests.session.machine import PASSWORD, Machine, Processes, pool_flags, write_private_file
from tests.waiting import wait_until

OTHER_USER = 12345


@pytest.fixture
def sign_in(machine: Machine) -> tuple[str, ...]:
    """Return the arguments of a sign-in that asks nothing."""
    file = write_private_file(machine.home / "password", PASSWORD)
    user = ("--username", machine.create_user(), "--password-file", str(file), "--storage", "file")
    return ("sign-in", *pool_flags(machine.create_client()), *user)


# T4: root with a user's home


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change a folder's owner")
@pytest.mark.parametrize("command", ["sign-in", "profile add"])
def test_t4_root_creates_nothing_in_the_home_of_a_user(
    machine: Machine, processes: Processes, sign_in: tuple[str, ...], command: str
) -> None:
    adding = ("profile", "add", "acme", *sign_in[1:5])
    home = machine.home / "theirs"
    home.mkdir()
    os.chown(home, OTHER_USER, OTHER_USER)
    folders = {"CONFIG": ".config", "STATE": ".local/state", "CACHE": ".cache"}
    environ = {f"XDG_{name}_HOME": str(home / folder) for name, folder in folders.items()}
    arguments = sign_in if command == "sign-in" else adding
    result = processes.run(*arguments, environ={"HOME": str(home), **environ})
    assert "belongs to another user" in result.stderr
    assert list(home.iterdir()) == []


# S8: umask


@pytest.mark.parametrize("umask", [0o277, 0o477, 0o777])
def test_s8_session_is_stored_and_refreshed_whatever_the_umask(
    machine: Machine, processes: Processes, sign_in: tuple[str, ...], umask: int
) -> None:
    assert processes.run(*sign_in, umask=umask).returncode == 0
    old = machine.read_session_file()["access_token"]
    assert processes.run("token", "--force-refresh", "--login", "never", umask=umask).returncode == 0
    assert machine.read_session_file()["access_token"] != old
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (machine.home / ".local").rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


# R4: a stopped lock holder


STOPPED_HOLDER = """
import os, signal, sys
from tui_auth.session.sessions import Sessions
stored = Sessions().find()
with stored.store.locked(stored.record.key.file_name):
    os.kill(os.getpid(), signal.SIGSTOP)
"""


def test_r4_sign_out_passes_a_stopped_process(machine: Machine, processes: Processes) -> None:
    machine.sign_in()
    holder = subprocess.Popen(
        [sys.executable, "-c", STOPPED_HOLDER],
        env={**machine.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
    )
    processes.started.append(holder)
    wait_until(lambda: os.waitid(os.P_PID, holder.pid, os.WSTOPPED | os.WNOHANG) is not None)
    result = processes.run("sign-out")
    assert result.returncode == 0, result.stderr
    assert len(machine.get_calls("RevokeToken")) == 1
    assert machine.sessions.entries() == []
    holder.send_signal(signal.SIGCONT)
    assert holder.wait(100) == 0
    assert machine.sessions.entries() == [], "the process that goes on must not bring it back"
