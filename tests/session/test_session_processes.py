"""Session across threads, processes and forks: one refresh for all, and few imports for a valid token."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.session.machine import ROTATION, Machine, Processes, specify
from tests.session.test_refresh import has_open_file, lock_path
from tests.waiting import wait_until
from tui_auth import open_session
from tui_auth.storage.files import PrivateFolder
from tui_auth.storage.lock import locked

PROCESSES, THREADS = 4, 8

REFRESHING = f"""
import sys, threading
import tui_auth

session = tui_auth.open_session()
first, last = session.token(), []


def use():
    token = first
    for _ in range(int(sys.argv[1])):
        token = session.token(rejected=token)
    last.append(token)


threads = [threading.Thread(target=use) for _ in range({THREADS})]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(*last)
"""

HEAVY = {
    "argparse",
    "asyncio",
    "boto3",
    "dataclasses",
    "enum",
    "json",
    "ssl",
    "textual",
    "threading",
    "typing",
}
TOKEN = "import sys, tui_auth; {code}; print(*sys.modules)"


def start_script(processes: Processes, script: str, *arguments: str) -> subprocess.Popen[str]:
    """Start Python code in the environment of the program; it is killed at the end of the test."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        env=processes._environ,
        cwd=processes.machine.home,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    processes.started.append(process)
    return process


@pytest.mark.parametrize("rounds", [1, 3])
def test_threads_of_several_processes_share_refreshes(
    machine: Machine, processes: Processes, rounds: int
) -> None:
    machine.sign_in(machine.create_client(**ROTATION), machine.create_user())
    stored = machine.find_session()
    with locked(stored.store.locks, stored.record.key.file_name):
        started = [start_script(processes, REFRESHING, str(rounds)) for _ in range(PROCESSES)]
        wait_until(lambda: all(has_open_file(process.pid, lock_path(machine)) for process in started))
    outputs = [process.communicate(timeout=200) for process in started]
    assert [error for _, error in outputs] == [""] * PROCESSES
    tokens = [token for output, _ in outputs for token in output.split()]
    assert len(tokens) == PROCESSES * THREADS
    refreshes = len(machine.get_calls("GetTokensFromRefreshToken"))
    # All reject the same token first; afterwards each rejects the newest one it got.
    assert refreshes == 1 if rounds == 1 else rounds <= refreshes < PROCESSES * THREADS * rounds
    grants = [grant for grant in machine.server.state.grants.values() if grant.rotated_at is None]
    assert [grant.token for grant in grants] == [machine.read_session_file()["refresh_token"]]
    session = open_session(environ=machine.environ)
    session.refresh()
    assert machine.is_accepted(session.token())


@pytest.mark.parametrize("form", ["nothing", "variables", "a profile"])
def test_valid_token_imports_nothing_heavy(machine: Machine, processes: Processes, form: str) -> None:
    choice = machine.add_identity_pool(machine.create_client())
    machine.sign_in(choice, machine.create_user())
    flags, variables = specify(machine, choice, form)
    processes.machine.environ.update(variables)
    code = f"tui_auth.open_session({flags[1]!r} if {bool(flags)} else None).token()" if flags else ""
    script = TOKEN.format(code=code or "tui_auth.open_session().token()")
    if form != "nothing":  # the first look-up reads the configuration, and caches the route
        assert processes.run_script(script).returncode == 0
    modules = set(processes.run_script(script).stdout.split())
    assert "tui_auth.session_api" in modules
    assert not {name.partition(".")[0] for name in modules} & HEAVY


FORKING = """
import os, sys, threading
import tui_auth
from tui_auth.storage.files import PrivateFolder
from tui_auth.storage.lock import locked

held = threading.Event()


def hold():
    with locked(PrivateFolder(sys.argv[1]), "a"):
        held.set()
        release.wait()


release = threading.Event()
thread = threading.Thread(target=hold, daemon=True)
thread.start()
held.wait()
child = os.fork()
if child == 0:
    sys.stdin.readline()
    os._exit(0)
print(child, flush=True)
if sys.argv[2] == "release":
    release.set()
    thread.join()
    with locked(PrivateFolder(sys.argv[1]), "a", patience=0):
        print("free", flush=True)
sys.stdin.readline()
"""


def test_lock_is_released_although_a_forked_process_goes_on(machine: Machine, processes: Processes) -> None:
    process = start_script(processes, FORKING, str(machine.home / "locks"), "release")
    assert process.stdout
    assert process.stdout.readline().strip().isdecimal()
    assert process.stdout.readline() == "free\n"


def test_lock_of_a_killed_process_does_not_stay_with_its_fork(machine: Machine, processes: Processes) -> None:
    folder = machine.home / "locks"
    process = start_script(processes, FORKING, str(folder), "keep")
    assert process.stdout
    child = int(process.stdout.readline())
    process.kill()
    try:
        process.wait()
        with locked(PrivateFolder(str(folder)), "a", patience=5):
            os.kill(child, 0)  # it still runs
    finally:
        os.kill(child, signal.SIGKILL)


FORKED_USE = """
import os
import tui_auth

session = tui_auth.open_session()
token = session.token()
child = os.fork()
if child == 0:
    session.refresh()
    os._exit(0)
os.waitpid(child, 0)
print(token != session.token(rejected=token))
"""


def test_forked_process_goes_on_with_the_session(machine: Machine, processes: Processes) -> None:
    machine.sign_in(machine.create_client(**ROTATION), machine.create_user())
    assert processes.run_script(FORKED_USE).stdout == "True\n"
    assert len(machine.get_calls("GetTokensFromRefreshToken")) == 1
