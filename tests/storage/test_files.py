"""Private files: other users can't read or redirect them, and a write is complete or undone."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from tests.processes import PythonProcess
from tui_auth.storage.files import LARGEST_FILE, PrivateFolder, StorageError, open_private


@pytest.fixture
def folder(tmp_path: Path) -> PrivateFolder:
    return PrivateFolder(str(tmp_path / "state" / "tui-auth"))


def operations_on_one(folder: PrivateFolder) -> list[Callable[[], object]]:
    """Return functions that read and write the file ``one``."""
    return [partial(folder.read, "one"), partial(folder.write, "one", b"x")]


def permissions(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_folder_and_file_are_private_whatever_the_umask(folder: PrivateFolder, umask: int) -> None:
    Path(folder.path).parent.mkdir()
    former = os.umask(umask)
    try:
        folder.write("one", b"content")
        lock = folder.open_lock("one.lock")
    finally:
        os.umask(former)
    os.close(lock)
    path = Path(folder.path)
    assert [permissions(path), permissions(path / "one"), permissions(path / "one.lock")] == [
        0o700,
        0o600,
        0o600,
    ]
    assert folder.read("one") == b"content"


def test_file_that_was_never_written_is_missing(folder: PrivateFolder) -> None:
    assert folder.read("one") is None
    assert folder.names() == []
    assert not folder.remove("one")
    assert not Path(folder.path).exists()


def test_old_temporary_files_of_a_killed_writer_are_removed(
    folder: PrivateFolder,
) -> None:
    folder.write("one", b"content")
    old, fresh, unrelated = (
        Path(folder.path, name) for name in (f".two.{'a' * 16}", f".two.{'b' * 16}", ".two")
    )
    for path in (old, fresh, unrelated):
        path.write_bytes(b"a token")
    for path in (old, unrelated):
        os.utime(path, (1, 1))
    folder.write("one", b"content")
    assert [path.exists() for path in (old, fresh, unrelated)] == [False, True, True]


@pytest.mark.parametrize("part", [".local", ".local/state", ".local/state/tui-auth"])
def test_error_names_the_obstacle_in_the_path(tmp_path: Path, part: str) -> None:
    obstacle = tmp_path / part
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    obstacle.touch()
    folder = PrivateFolder(str(tmp_path / ".local" / "state" / "tui-auth"))
    with pytest.raises(StorageError, match=f"^{re.escape(str(obstacle))} is a link or a file") as raised:
        folder.read("one")
    assert ("mv " in str(raised.value)) == (part == ".local/state/tui-auth"), "only for its own folder"
    assert "rm " not in str(raised.value)


def test_file_is_replaced_and_removed(folder: PrivateFolder) -> None:
    folder.write("one", b"old")
    folder.write("one", b"new")
    assert folder.read("one") == b"new"
    assert folder.names() == ["one"]
    assert folder.remove("one")
    assert folder.names() == []


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o602, 0o601])
def test_file_open_to_others_is_rejected_with_a_chmod_command(folder: PrivateFolder, bits: int) -> None:
    folder.write("one", b"content")
    path = Path(folder.path) / "one"
    path.chmod(bits)
    for attempt in operations_on_one(folder):
        with pytest.raises(StorageError, match=f"chmod 600 {path}"):
            attempt()
    path.chmod(0o600)
    assert folder.read("one") == b"content"


def test_folder_open_to_others_is_rejected_with_a_chmod_command(
    folder: PrivateFolder,
) -> None:
    folder.write("one", b"content")
    Path(folder.path).chmod(0o755)
    with pytest.raises(StorageError, match=f"chmod 700 {folder.path}"):
        folder.read("one")


def test_folder_below_an_open_one_is_rejected(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    folder = PrivateFolder(str(tmp_path / "tui-auth"), below=str(tmp_path))
    with pytest.raises(StorageError, match=f"Other users can access {tmp_path}"):
        folder.write("one", b"content")


def test_another_users_folder_or_file_is_rejected(
    folder: PrivateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("one", b"content")
    path, me = Path(folder.path), os.geteuid()
    for others, path_in_error in (([me + 1], path), ([me, me + 1], path / "one")):
        answers = chain(others, repeat(me + 1))
        with monkeypatch.context() as patch:
            patch.setattr(os, "geteuid", lambda answers=answers: next(answers))
            with pytest.raises(StorageError, match=f"^{path_in_error} belongs to another user"):
                folder.read("one")


def test_link_is_not_followed(folder: PrivateFolder, tmp_path: Path) -> None:
    folder.write("other", b"")
    target = tmp_path / "target"
    target.write_bytes(b"precious")
    target.chmod(0o600)
    link = Path(folder.path) / "one"
    link.symlink_to(target)
    for attempt in operations_on_one(folder):
        with pytest.raises(StorageError, match=f"is a link.*: mv {link} {link}.old"):
            attempt()
    with pytest.raises(StorageError):
        folder.open_lock("one")
    assert target.read_bytes() == b"precious"


@pytest.mark.parametrize("kind", ["link", "file"])
def test_new_file_never_reuses_an_existing_one(
    folder: PrivateFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    folder.write("one", b"old")
    monkeypatch.setattr(os, "urandom", lambda count: b"\0" * count)
    target = tmp_path / "target"
    target.write_bytes(b"precious")
    guessed = Path(folder.path) / f".one.{'00' * 8}"
    if kind == "link":
        guessed.symlink_to(target)
    else:
        guessed.hardlink_to(target)
    # As if it appeared just after the cleanup.
    monkeypatch.setattr(PrivateFolder, "_remove_leftovers", lambda *_: None)
    with pytest.raises(StorageError, match="File exists"):
        folder.write("one", b"new")
    assert target.read_bytes() == b"precious"


def test_content_is_flushed_before_the_rename_and_the_folder_after_it(
    folder: PrivateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("one", b"old")
    operations: list[str] = []
    fsync, replace = os.fsync, os.replace

    def record_fsync(descriptor: int) -> None:
        operations.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def record_replace(*arguments: Any, **more: Any) -> None:
        operations.append("replace")
        replace(*arguments, **more)

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(os, "replace", record_replace)
    folder.write("one", b"new")
    assert operations == ["file", "replace", "folder"]


def test_link_instead_of_the_folder_is_rejected(folder: PrivateFolder, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    Path(folder.path).parent.mkdir()
    Path(folder.path).symlink_to(elsewhere)
    with pytest.raises(StorageError, match=f"mv {folder.path} {folder.path}.old"):
        folder.write("one", b"content")
    assert not list(elsewhere.iterdir())


def test_pipe_is_rejected_without_waiting(folder: PrivateFolder) -> None:
    folder.write("other", b"")
    os.mkfifo(Path(folder.path) / "one", 0o600)
    for attempt in operations_on_one(folder):
        with pytest.raises(StorageError, match="isn't a regular file"):
            attempt()


def test_huge_file_is_rejected(folder: PrivateFolder) -> None:
    folder.write("one", b"x" * LARGEST_FILE)
    with (Path(folder.path) / "one").open("ab") as file:
        file.write(b"x")
    with pytest.raises(StorageError, match="too large"):
        folder.read("one")
    with pytest.raises(StorageError, match="too large"):
        folder.write("two", b"x" * (LARGEST_FILE + 1))


def test_full_disk_leaves_the_old_file_and_nothing_else(
    folder: PrivateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("one", b"old")

    def raise_disk_full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", raise_disk_full)
        with pytest.raises(StorageError, match="No space left"):
            folder.write("one", b"new")
    assert [path.name for path in Path(folder.path).iterdir()] == ["one"]
    assert folder.read("one") == b"old"


KILL_POINTS = ("open", "fchmod", "write", "fsync", "replace", "close")
_KILLER = """
import json, os, sys
from tui_auth.storage.files import PrivateFolder
folder, point, when = PrivateFolder(sys.argv[1]), sys.argv[2], sys.argv[3]
real = getattr(os, point)

def write_and_die(deadly_call):
    calls = 0
    def deadly(*arguments, **more):
        nonlocal calls
        calls += 1
        if when == "before" and calls == deadly_call:
            os.kill(os.getpid(), 9)
        result = real(*arguments, **more)
        if when == "after" and calls == deadly_call:
            os.kill(os.getpid(), 9)
        return result
    setattr(os, point, deadly)
    folder.write("one", b"new" * 4000)

seen = []
for deadly_call in range(1, 6):
    folder.write("one", b"old" * 4000)
    child = os.fork()
    if child == 0:
        try:
            write_and_die(deadly_call)
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    seen.append((status, folder.read("one") in (b"old" * 4000, b"new" * 4000)))
    if status != -9:
        break
print(json.dumps(seen))
"""
"""Kills a child process at its first call of a function during a write, then at its second, and so on."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", KILL_POINTS)
def test_kill_at_any_point_leaves_the_old_or_the_new_content(
    python_process: PythonProcess, folder: PrivateFolder, point: str, when: str
) -> None:
    result = python_process(_KILLER, folder.path, point, when)
    statuses, is_complete = zip(*json.loads(result.stdout or "[[1, false]]"), strict=True)
    assert all(is_complete), result.stderr
    assert statuses[0] == -signal.SIGKILL, result.stderr
    assert set(statuses[:-1]) <= {-signal.SIGKILL}
    assert statuses[-1] in (0, -signal.SIGKILL), result.stderr
    folder.write("one", b"newest")
    assert [path.name for path in Path(folder.path).iterdir()] == ["one"], "temporary files are removed"


def test_parent_folders_are_private_whatever_the_umask(tmp_path: Path) -> None:
    former = os.umask(0)
    try:
        PrivateFolder(str(tmp_path / ".local" / "state" / "tui-auth")).write("one", b"content")
    finally:
        os.umask(former)
    assert [permissions(tmp_path / ".local"), permissions(tmp_path / ".local" / "state")] == [0o700, 0o700]


def test_error_for_a_device_in_the_path_does_not_suggest_removing_it() -> None:
    with pytest.raises(StorageError, match="/dev/null is a link or a file") as raised:
        PrivateFolder("/dev/null/.local/state/tui-auth").names()
    assert "rm " not in str(raised.value)
    assert "Set HOME or XDG_… to another folder." in str(raised.value)


UMASK_PROGRAM = """
import os, sys
from tui_auth.storage.files import PrivateFolder, open_private
from tui_auth.storage.lock import locked
user = int(sys.argv[3])
if os.geteuid() != user:
    os.setgid(user)
    os.setuid(user)
assert os.geteuid() == user != 0
os.umask(int(sys.argv[1], 8))
folder = PrivateFolder(f"{sys.argv[2]}/a/b")
for content in (b"old", b"new"):
    with locked(folder, "one"):
        folder.write("one", content)
    with open(f"{sys.argv[2]}/trace", "a", opener=open_private) as trace:
        trace.write("line")
paths = ("a", "a/b", "a/b/one", "a/b/one.lock", "trace")
print(folder.read("one"), [oct(os.stat(f"{sys.argv[2]}/{path}").st_mode & 0o777) for path in paths])
"""
"""Creates a folder, a file, its lock and a file elsewhere with a umask, twice, as a user.

It becomes that user only after its imports: root's Python may be in a folder that is closed to others.
"""


@pytest.mark.parametrize("umask", ["0022", "0077", "0277", "0477", "0777"])
def test_umask_takes_no_rights_of_ours_away(python_process: PythonProcess, umask: str) -> None:
    user = os.geteuid() or 12345  # root wouldn't notice
    home = Path(tempfile.mkdtemp(dir="/tmp"))  # pytest's folders are closed to that user
    try:
        if os.geteuid() == 0:
            os.chown(home, user, user)
        environ = {"PYTHONDONTWRITEBYTECODE": "1"}
        result = python_process(UMASK_PROGRAM, umask, home, str(user), environ=environ)
        assert result.stdout == "b'new' ['0o700', '0o700', '0o600', '0o600', '0o600']\n", result.stderr
    finally:
        shutil.rmtree(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change a folder's owner")
@pytest.mark.parametrize("path", ["state", "a/b/state"])
def test_root_creates_nothing_in_the_home_of_a_user(tmp_path: Path, path: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 12345, 12345)
    with pytest.raises(StorageError, match=f"^{home} belongs to another user.*Run tui-auth as that user"):
        PrivateFolder(f"{home}/{path}").write("one", b"content")
    with pytest.raises(StorageError, match="belongs to another user"):
        open_private(f"{home}/trace", os.O_WRONLY | os.O_CREAT)
    assert not list(home.iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change a file's owner")
def test_file_of_another_user_is_not_written_to(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "trace"
    target.write_text("theirs")
    os.chown(target, 12345, 12345)
    link.symlink_to(target)
    for path in (target, link):
        with pytest.raises(StorageError, match=f"^{path} belongs to another user"):
            open_private(str(path), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    assert target.read_text() == "theirs"
