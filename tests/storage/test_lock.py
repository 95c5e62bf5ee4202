"""A lock has one holder, and waiting for it times out."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.pty_program import ROOT
from tui_auth.storage.files import PrivateFolder, StorageError
from tui_auth.storage.lock import BusyError, locked

HOLDER = """
import sys
from tui_auth.storage.lock import locked
from tui_auth.storage.files import PrivateFolder
with locked(PrivateFolder(sys.argv[1]), "one"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> PrivateFolder:
    return PrivateFolder(str(tmp_path / "tui-auth"))


def test_lock_has_one_holder(folder: PrivateFolder) -> None:
    with locked(folder, "one"):
        with pytest.raises(BusyError), locked(folder, "one", patience=0):
            raise AssertionError
        with locked(folder, "two", patience=0):
            pass
    with locked(folder, "one", patience=0):
        pass


@pytest.fixture
def holder_process(folder: PrivateFolder) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that holds the lock "one" until it ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, folder.path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == b"held\n"
            yield process
        finally:
            process.kill()


def test_killed_holder_releases_the_lock(
    folder: PrivateFolder, holder_process: subprocess.Popen[bytes]
) -> None:
    with pytest.raises(BusyError), locked(folder, "one", patience=0):
        raise AssertionError
    holder_process.send_signal(signal.SIGKILL)
    holder_process.wait()
    with locked(folder, "one", patience=0):
        pass


def test_link_instead_of_the_lock_file_is_rejected(folder: PrivateFolder, tmp_path: Path) -> None:
    folder.write("other", b"")
    (Path(folder.path) / "one.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError), locked(folder, "one"):
        raise AssertionError
    assert not (tmp_path / "elsewhere").exists()
