"""Full disks, folders of other users and wrong clocks: one line of error, exit code 9, no corruption."""

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
from tests.session.machine import PASSWORD, Machine, Processes, pool_flags
from tests.terminal.pty_program import ROOT
from tui_auth.config.resolver import ResolvedPool

FULL_DISK = """
import errno, os, stat
real_write = os.write
def write(descriptor, data):
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return real_write(descriptor, data)
os.write = write
"""
"""Makes each write to a file fail as on a full disk, which a test can't fill without root."""

REFRESH = ("token", "--force-refresh")
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, PR_CAPBSET_DROP = 1, 2, 24


LimitedProcess = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def limited_process(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> LimitedProcess:
    """Run the program in a process that can't write files: "full disk", "quota" or "read-only"."""
    folder = tmp_path_factory.mktemp("full")
    (folder / "sitecustomize.py").write_text(FULL_DISK)
    limits = {"quota": limit_file_size, "read-only": drop_root_capabilities}

    def run(reason: str, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        # A quota would cut off the bytecode files that Python writes and later trusts.
        environ = {"PYTHONDONTWRITEBYTECODE": "1"}
        if reason == "full disk":
            environ["PYTHONPATH"] = f"{folder}{os.pathsep}{ROOT}"
        return processes.run(*arguments, environ=environ, preexec_fn=limits.get(reason), **more)

    return run


@contextmanager
def clock_ahead(machine: Machine, seconds: float) -> Iterator[None]:
    """Set this machine's clock wrong by ``seconds`` for the block; the pool's clock stays right."""
    true_time = time.time
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: true_time() + seconds)
        machine.server.clock.advance(-seconds)
        yield
        machine.server.clock.advance(seconds)


def create_signed_in_client(machine: Machine) -> ResolvedPool:
    choice = machine.create_client()
    machine.sign_in(choice)
    return choice


def assert_storage_error(result: subprocess.CompletedProcess[str]) -> None:
    """Check for no output, one line of error and exit code 9 (storage)."""
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (9, "", 1), result.stderr
    assert result.stderr.startswith("tui-auth: ")


def read_files(folder: Path) -> dict[str, bytes]:
    """Return the content of each file below a folder, except locks."""
    return {
        str(path): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def assert_refresh_works(machine: Machine) -> None:
    """Check that the session can be refreshed and stored."""
    result = machine.run(*REFRESH)
    assert (result.returncode, result.stderr) == (0, "")
    assert machine.read_session_file()["access_token"] == result.stdout.strip()


def limit_file_size() -> None:
    """Limit files to a hundred bytes, like a quota (EFBIG)."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def drop_root_capabilities() -> None:
    """Drop the capabilities that let root ignore file modes."""
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def sign_in_command(choice: ResolvedPool) -> Sequence[str]:
    """Return a sign-in command that reads the password from standard input."""
    command = ("sign-in", "--username", "ann", "--auth-flow", "USER_PASSWORD_AUTH", "--storage", "file")
    return *command, "--password-stdin", *pool_flags(choice)


# Unwritable storage


@pytest.mark.parametrize("kind", ["full disk", "quota", "read-only"])
def test_unwritable_storage_hands_the_token_out_and_keeps_the_session(
    machine: Machine, limited_process: LimitedProcess, kind: str
) -> None:
    choice = create_signed_in_client(machine)
    files_before = read_files(machine.state_folder)
    mode = machine.state_folder.stat().st_mode
    machine.state_folder.chmod(0o500 if kind == "read-only" else mode)
    result = limited_process(kind, *REFRESH)
    assert result.returncode == 0, result.stderr
    assert machine.is_accepted(result.stdout.strip())
    assert result.stdout.strip() != machine.read_session_file()["access_token"]
    unsaved = "The session was refreshed but couldn't be stored."
    assert f"{unsaved} {machine.session_file()} can't be written" in result.stderr
    assert read_files(machine.state_folder) == files_before
    result = limited_process(kind, "token")
    assert (result.returncode, result.stderr) == (0, ""), "a valid token needs no storage"

    result = limited_process(kind, *sign_in_command(choice), stdin=None, input=PASSWORD)
    assert "The session isn't stored." in result.stderr
    assert read_files(machine.state_folder) == files_before
    machine.state_folder.chmod(mode)
    assert_refresh_works(machine)


@pytest.mark.parametrize("kind", ["full disk", "quota"])
def test_sign_out_on_a_full_disk_revokes_and_removes_the_tokens(
    machine: Machine, limited_process: LimitedProcess, kind: str
) -> None:
    create_signed_in_client(machine)
    token, file = machine.read_session_file()["access_token"], machine.session_file()
    assert_storage_error(limited_process(kind, "sign-out"))
    assert not file.exists()
    assert len(machine.get_calls("RevokeToken")) == 1
    assert not [path for path, content in read_files(machine.home).items() if token.encode() in content]
    assert machine.run("token").returncode == 4


@pytest.mark.parametrize("kind", ["home cannot be created", "no password entry"])
def test_sign_in_without_a_home_reports_that_nothing_is_stored(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    choice = machine.create_client()
    machine.create_user()
    folders = ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME")
    environ = dict.fromkeys(folders, "") | {"HOME": "/proc/no/such/home"}
    if kind == "no password entry":
        environ["HOME"] = ""
        monkeypatch.setattr(pwd, "getpwuid", raise_unknown_user)
        monkeypatch.setattr(os, "mkdir", raise_permission_error)
    result = machine.run("token", environ=environ)
    assert (result.returncode, result.stderr.count("\n")) == (4, 1), result.stderr
    result = machine.run(*sign_in_command(choice), environ=environ, stdin=PASSWORD)
    assert "The session isn't stored." in result.stderr
    assert "can't be created" in result.stderr or "can't be opened" in result.stderr
    assert "Traceback" not in result.stderr
    assert not machine.state_folder.exists()


def raise_unknown_user(uid: int) -> NoReturn:
    raise KeyError(uid)


def raise_permission_error(path: object, *_: object, **__: object) -> NoReturn:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)


# Unexpected file types and owners

STATE_PATHS: dict[str, Callable[[Machine], Path]] = {
    "the session": Machine.session_file,
    "the index": lambda machine: machine.state_folder / "index.json",
    "the lock": lambda machine: machine.session_file().with_suffix(".lock"),
    "the folder": lambda machine: machine.state_folder,
}


def put_link(path: Path, moved_path: Path) -> None:
    path.symlink_to(moved_path)


def put_pipe(path: Path, moved_path: Path) -> None:
    os.mkfifo(path, 0o600)


def put_folder(path: Path, moved_path: Path) -> None:
    (path.mkdir if moved_path.is_file() else path.touch)(mode=0o700)


def put_file_of_another_user(path: Path, moved_path: Path) -> None:
    copy = shutil.copytree if moved_path.is_dir() else shutil.copy2
    copy(moved_path, path)
    os.chown(path, 54321, 54321)


@pytest.mark.parametrize(
    "put_in_place",
    [put_link, put_pipe, put_folder, put_file_of_another_user],
    ids=lambda put_in_place: put_in_place.__name__,
)
@pytest.mark.parametrize("place", STATE_PATHS)
def test_anything_but_a_file_or_folder_is_rejected_without_waiting(
    machine: Machine, place: str, put_in_place: Callable[[Path, Path], None]
) -> None:
    if put_in_place is put_file_of_another_user and os.geteuid() != 0:
        pytest.skip("only root can change a file's owner")
    create_signed_in_client(machine)
    path = STATE_PATHS[place](machine)
    moved_path = machine.home / "moved"
    path.rename(moved_path)
    put_in_place(path, moved_path)
    files_before = (
        read_files(moved_path) if moved_path.is_dir() else {str(moved_path): moved_path.read_bytes()}
    )
    result = machine.run(*REFRESH)
    assert_storage_error(result)
    assert str(path) in result.stderr
    assert not machine.get_calls("GetTokensFromRefreshToken")
    assert (
        read_files(moved_path) if moved_path.is_dir() else {str(moved_path): moved_path.read_bytes()}
    ) == files_before
    # Remove the obstacle, as the error says, and put the original back.
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
    moved_path.rename(path)
    assert_refresh_works(machine)


# Wrong clocks


@pytest.mark.parametrize("seconds", [-86400, 86400, 20 * 365 * 86400])
def test_clock_change_within_a_boot_loses_nothing(machine: Machine, seconds: int) -> None:
    create_signed_in_client(machine)
    files_before = read_files(machine.state_folder)
    with clock_ahead(machine, seconds):
        result = machine.run("token")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.strip() == machine.read_session_file()["access_token"]
    assert machine.is_accepted(result.stdout.strip())
    assert read_files(machine.state_folder).keys() >= files_before.keys()
    assert len(machine.get_calls("GetTokensFromRefreshToken")) == (seconds > 0)
    assert machine.run("token").stdout == result.stdout


def test_clock_set_back_over_a_reboot_causes_a_refresh(machine: Machine) -> None:
    create_signed_in_client(machine)
    stored = machine.read_session_file()
    (boot,) = [name for name, value in stored.items() if "boot" in name and isinstance(value, str)]
    machine.session_file().write_text(json.dumps(stored | {boot: "another boot"}))
    with clock_ahead(machine, -86400):
        result = machine.run("token")
    assert (result.returncode, result.stderr) == (0, "")
    assert len(machine.get_calls("GetTokensFromRefreshToken")) == 1
    assert machine.is_accepted(result.stdout.strip())


def test_files_from_the_future_are_read(machine: Machine) -> None:
    create_signed_in_client(machine)
    later = time.time() + 10 * 365 * 86400
    for path in machine.state_folder.iterdir():
        os.utime(path, (later, later))
    result = machine.run("token")
    assert (result.returncode, result.stdout.strip()) == (0, machine.read_session_file()["access_token"])
    assert_refresh_works(machine)


def test_users_of_one_machine_have_separate_sessions(machine: Machine, tmp_path: Path) -> None:
    """The folders depend on HOME, and no stored file or folder is open to other users."""
    create_signed_in_client(machine)
    other_home = tmp_path / "other"
    result = run_in_process(
        ["status"], environ={"PATH": os.environ["PATH"], "HOME": str(other_home)}, cwd=tmp_path
    )
    assert result.returncode == 4
    assert not [path for path in machine.state_folder.rglob("*") if path.stat().st_mode & 0o077]
    assert machine.state_folder.stat().st_mode & 0o777 == 0o700


# Files edited by hand


def change_member(path: Path, name: str, value: object) -> None:
    """Change one value in a JSON state file; its permissions stay."""
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
    create_signed_in_client(machine)
    file = machine.session_file()
    change_member(file, name, value)
    for command in ("token", "status", "sign-out"):
        result = machine.run(command)
        assert (result.returncode, result.stdout) == (9, ""), result.stderr
        assert f"Remove it: rm {file}" in result.stderr
    assert file.exists()


def test_invalid_time_in_the_index_does_not_prevent_a_sign_in(machine: Machine) -> None:
    choice = create_signed_in_client(machine)
    index = machine.state_folder / "index.json"
    members = json.loads(index.read_text())
    (name,) = [member for member in members if member.startswith("session:")]
    members[name]["signed_in_at"] = 10**400
    index.write_text(json.dumps(members))
    assert machine.run(*sign_in_command(choice), stdin=PASSWORD).returncode == 0
    assert_refresh_works(machine)
