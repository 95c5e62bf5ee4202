"""A disk that is full, a folder that is not ours, a clock that jumps: one line, 9, and nothing corrupted."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import pwd
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.in_process import run_in_process
from tests.session.machine import PASSWORD, Machine, Processes, flags
from tests.terminal.pty_program import ROOT
from tui_auth.config.resolver import ResolvedPool

NO_ROOM = """
import errno, os, stat
real_write = os.write
def write(descriptor, data):
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return real_write(descriptor, data)
os.write = write
"""
"""What a full disk does to the program, where that cannot be had without being its administrator."""

RENEW = ("token", "--force-refresh")
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, PR_CAPBSET_DROP = 1, 2, 24


Limited = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def limited_process(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Limited:
    """Run the program in a process that can write no file: "no room", "a quota" or "read-only"."""
    folder = tmp_path_factory.mktemp("full")
    (folder / "sitecustomize.py").write_text(NO_ROOM)
    limits = {"a quota": small_files, "read-only": a_plain_user}

    def run(reason: str, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        # Python would write its own files too, cut short by a quota, and believe them later.
        environ = {"PYTHONDONTWRITEBYTECODE": "1"}
        if reason == "no room":
            environ["PYTHONPATH"] = f"{folder}{os.pathsep}{ROOT}"
        return processes.run(*arguments, environ=environ, preexec_fn=limits.get(reason), **more)

    return run


@contextmanager
def clock_ahead(machine: Machine, seconds: float) -> Iterator[None]:
    """Inside, this machine's clock goes wrong by so many seconds, and the pool's does not."""
    true_time = time.time
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: true_time() + seconds)
        machine.server.clock.advance(-seconds)
        yield
        machine.server.clock.advance(seconds)


def signed_in(machine: Machine) -> ResolvedPool:
    choice = machine.client()
    machine.sign_in(choice)
    return choice


def is_said_with_9(ran: subprocess.CompletedProcess[str]) -> None:
    """No output, one line, the status of storage."""
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (9, "", 1), ran.stderr
    assert ran.stderr.startswith("tui-auth: ")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but locks."""
    return {
        str(path): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def works_again(machine: Machine) -> None:
    """The session is renewed and kept."""
    ran = machine.run(*RENEW)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert machine.stored()["access_token"] == ran.stdout.strip()


def small_files() -> None:
    """A quota: no file may become larger than a hundred bytes (EFBIG)."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def a_plain_user() -> None:
    """Even root is bound by the modes of files from now on."""
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def sign_in_words(choice: ResolvedPool) -> Sequence[str]:
    """A script's sign-in over the session there is, with the password on standard input."""
    words = ("sign-in", "--username", "ann", "--auth-flow", "USER_PASSWORD_AUTH", "--storage", "file")
    return *words, "--password-stdin", *flags(choice)


# -- no room, no leave ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["no room", "a quota", "read-only"])
def test_unwritable_storage_sends_nothing_and_keeps_the_session(
    machine: Machine, limited_process: Limited, kind: str
) -> None:
    choice = signed_in(machine)
    before = contents(machine.state)
    mode = machine.state.stat().st_mode
    machine.state.chmod(0o500 if kind == "read-only" else mode)
    asked = len(machine.server.calls)
    ran = limited_process(kind, *RENEW)
    is_said_with_9(ran)
    assert f"{machine.session_file()} cannot be written" in ran.stderr
    assert len(machine.server.calls) == asked
    assert contents(machine.state) == before
    ran = limited_process(kind, "token")
    assert (ran.returncode, ran.stderr) == (0, ""), "a token that holds needs no room"

    ran = limited_process(kind, *sign_in_words(choice), stdin=None, input=PASSWORD)
    assert "This session is not kept." in ran.stderr
    assert contents(machine.state) == before
    machine.state.chmod(mode)
    works_again(machine)


@pytest.mark.parametrize("kind", ["no room", "a quota"])
def test_sign_out_on_a_full_disk_revokes_and_removes_the_tokens(
    machine: Machine, limited_process: Limited, kind: str
) -> None:
    signed_in(machine)
    token, file = machine.stored()["access_token"], machine.session_file()
    is_said_with_9(limited_process(kind, "sign-out"))
    assert not file.exists()
    assert len(machine.asked("RevokeToken")) == 1
    assert not [path for path, content in contents(machine.home).items() if token.encode() in content]
    assert machine.run("token").returncode == 4


@pytest.mark.parametrize("kind", ["a home that cannot be made", "nobody"])
def test_sign_in_without_a_home_reports_that_nothing_is_stored(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    choice = machine.client()
    machine.user()
    folders = ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME")
    environ = dict.fromkeys(folders, "") | {"HOME": "/proc/no/such/home"}
    if kind == "nobody":
        environ["HOME"] = ""
        monkeypatch.setattr(pwd, "getpwuid", unknown_user)
        monkeypatch.setattr(os, "mkdir", forbidden)
    ran = machine.run("token", environ=environ)
    assert (ran.returncode, ran.stderr.count("\n")) == (4, 1), ran.stderr
    ran = machine.run(*sign_in_words(choice), environ=environ, stdin=PASSWORD)
    assert "This session is not kept." in ran.stderr
    assert "cannot be made" in ran.stderr or "cannot be opened" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not machine.state.exists()


def unknown_user(uid: int) -> NoReturn:
    raise KeyError(uid)


def forbidden(path: object, *_: object, **__: object) -> NoReturn:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)


# -- something else in its place -----------------------------------------------------------------------------

PLACES: dict[str, Callable[[Machine], Path]] = {
    "the session": Machine.session_file,
    "the index": lambda machine: machine.state / "index.json",
    "the lock": lambda machine: machine.session_file().with_suffix(".lock"),
    "the folder": lambda machine: machine.state,
}


def a_link(path: Path, moved: Path) -> None:
    path.symlink_to(moved)


def a_pipe(path: Path, moved: Path) -> None:
    os.mkfifo(path, 0o600)


def a_folder(path: Path, moved: Path) -> None:
    (path.mkdir if moved.is_file() else path.touch)(mode=0o700)


def another_users(path: Path, moved: Path) -> None:
    copied = shutil.copytree if moved.is_dir() else shutil.copy2
    copied(moved, path)
    os.chown(path, 54321, 54321)


@pytest.mark.parametrize("put", [a_link, a_pipe, a_folder, another_users], ids=lambda put: put.__name__)
@pytest.mark.parametrize("place", PLACES)
def test_anything_but_a_file_or_folder_is_rejected_without_waiting(
    machine: Machine, place: str, put: Callable[[Path, Path], None]
) -> None:
    if put is another_users and os.geteuid() != 0:
        pytest.skip("only an administrator can give a file away")
    signed_in(machine)
    path = PLACES[place](machine)
    moved = machine.home / "moved"
    path.rename(moved)
    put(path, moved)
    before = contents(moved) if moved.is_dir() else {str(moved): moved.read_bytes()}
    ran = machine.run(*RENEW)
    is_said_with_9(ran)
    assert str(path) in ran.stderr
    assert not machine.asked("GetTokensFromRefreshToken")
    assert (contents(moved) if moved.is_dir() else {str(moved): moved.read_bytes()}) == before
    # As the line says, and as a person puts back what was theirs.
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
    moved.rename(path)
    works_again(machine)


# -- the clock -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [-86400, 86400, 20 * 365 * 86400])
def test_clock_change_within_a_boot_loses_nothing(machine: Machine, seconds: int) -> None:
    signed_in(machine)
    before = contents(machine.state)
    with clock_ahead(machine, seconds):
        ran = machine.run("token")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.strip() == machine.stored()["access_token"]
    assert machine.accepts(ran.stdout.strip())
    assert contents(machine.state).keys() >= before.keys()
    assert len(machine.asked("GetTokensFromRefreshToken")) == (seconds > 0)
    assert machine.run("token").stdout == ran.stdout


def test_clock_set_back_over_a_reboot_causes_a_refresh(machine: Machine) -> None:
    signed_in(machine)
    stored = machine.stored()
    (boot,) = [name for name, value in stored.items() if "boot" in name and isinstance(value, str)]
    machine.session_file().write_text(json.dumps(stored | {boot: "another start"}))
    with clock_ahead(machine, -86400):
        ran = machine.run("token")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert len(machine.asked("GetTokensFromRefreshToken")) == 1
    assert machine.accepts(ran.stdout.strip())


def test_files_from_the_future_are_read(machine: Machine) -> None:
    signed_in(machine)
    later = time.time() + 10 * 365 * 86400
    for path in machine.state.iterdir():
        os.utime(path, (later, later))
    ran = machine.run("token")
    assert (ran.returncode, ran.stdout.strip()) == (0, machine.stored()["access_token"])
    works_again(machine)


def test_users_of_one_machine_have_separate_sessions(machine: Machine, tmp_path: Path) -> None:
    """Folders follow HOME, and what one keeps has no bit set for another."""
    signed_in(machine)
    other = tmp_path / "other"
    ran = run_in_process(["status"], environ={"PATH": os.environ["PATH"], "HOME": str(other)}, cwd=tmp_path)
    assert ran.returncode == 4
    assert not [path for path in machine.state.rglob("*") if path.stat().st_mode & 0o077]
    assert machine.state.stat().st_mode & 0o777 == 0o700


# -- changed by hand ----------------------------------------------------------------------------------------


def change_member(path: Path, name: str, value: object) -> None:
    """Write another value into a JSON file of ours, with the permissions it had."""
    members = json.loads(path.read_text())
    path.write_text(json.dumps(members | {name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_id", "otherclient"),
        ("endpoint", "https://example.com"),
        ("access_expires_at", 10**400),
        ("server_time", float("inf")),
        ("signed_in_at", 1e300),
        ("id_expires_at", -1e300),
        ("uptime", float("nan")),
    ],
)
def test_error_for_an_edited_session_file_tells_to_remove_it(
    machine: Machine, name: str, value: object
) -> None:
    signed_in(machine)
    file = machine.session_file()
    change_member(file, name, value)
    for command in ("token", "status", "sign-out"):
        ran = machine.run(command)
        assert (ran.returncode, ran.stdout) == (9, ""), ran.stderr
        assert f"Remove it: rm {file}" in ran.stderr
    assert file.exists()


def test_invalid_time_in_the_index_does_not_prevent_a_sign_in(machine: Machine) -> None:
    choice = signed_in(machine)
    index = machine.state / "index.json"
    members = json.loads(index.read_text())
    (name,) = [each for each in members if each.startswith("session:")]
    members[name]["signed_in_at"] = 10**400
    index.write_text(json.dumps(members))
    assert machine.run(*sign_in_words(choice), stdin=PASSWORD).returncode == 0
    works_again(machine)
