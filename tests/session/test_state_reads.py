"""A command reads each state file once, and again only under a lock."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

import pytest

from tests.session.machine import Machine, pool_flags
from tui_auth.session import fast_path
from tui_auth.storage.files import PrivateFolder

UNLOCKED = 0
"""The number that stands for reads without a lock; each lock taken has its own number."""


class StateReads:
    """Counts the reads of the index and session files, separately for each lock held meanwhile."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.index: Counter[int] = Counter()
        self.session: Counter[int] = Counter()
        self._locks: list[tuple[int, int, str]] = []
        self._read, self._open_lock = PrivateFolder.read, PrivateFolder.open_lock
        counter = self

        def read(folder: PrivateFolder, name: str) -> bytes | None:
            counter._count(name)
            return counter._read(folder, name)

        def open_lock(folder: PrivateFolder, name: str) -> int:
            descriptor = counter._open_lock(folder, name)
            counter._locks.append((descriptor, os.fstat(descriptor).st_ino, name))
            return descriptor

        monkeypatch.setattr(PrivateFolder, "read", read)
        monkeypatch.setattr(PrivateFolder, "open_lock", open_lock)

    def _count(self, name: str) -> None:
        stem = name.removesuffix(".json")
        if name == "index.json":
            self.index[self._lock_number(f"{stem}.lock")] += 1
        elif len(stem) == 64:
            self.session[self._lock_number(f"{stem}.lock")] += 1

    def _lock_number(self, lock: str) -> int:
        """Return the number of the open lock with this name, or UNLOCKED."""
        for number in range(len(self._locks), 0, -1):
            descriptor, inode, name = self._locks[number - 1]
            with suppress(OSError):
                if name == lock and os.fstat(descriptor).st_ino == inode:
                    return number
        return UNLOCKED


def count_reads(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str], status: int = 0
) -> StateReads:
    """Run a command and return the counted reads."""
    with monkeypatch.context() as patch:
        reads = StateReads(patch)
        result = machine.run(*arguments)
    assert result.returncode == status, result.stderr
    return reads


@pytest.mark.parametrize("is_route_cached", [False, True])
@pytest.mark.parametrize(
    "command",
    [
        ["token", "--force-refresh"],
        ["token", "--username", "ann"],
        ["header", "--username", "ann"],
        ["kube-credential"],
        ["aws-credentials"],
        ["status"],
        ["status", "--json"],
        ["status", "--online"],
        ["sign-out"],
        ["sign-out", "--everywhere"],
    ],
    ids=" ".join,
)
def test_each_state_file_is_read_once_and_once_under_each_lock(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, command: list[str], is_route_cached: bool
) -> None:
    monkeypatch.setattr(fast_path, "find_answer", lambda *_: None)
    machine.sign_in(machine.add_identity_pool(machine.create_client()), machine.create_user())
    if is_route_cached:
        assert machine.run("status").returncode == 0
    reads = count_reads(machine, monkeypatch, command)
    for file in (reads.index, reads.session):
        assert file[UNLOCKED] == 1
        assert set(file.values()) == {1}
    if command[0] != "sign-out":
        assert len(reads.index) <= 2, "a second read only to cache the route"
        writes = "--force-refresh" in command or command == ["aws-credentials"]
        assert len(reads.session) == 1 + writes, "a second read only before a write"


def test_cached_slow_path_reads_each_state_file_once(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast_path, "find_answer", lambda *_: None)
    choice = machine.create_client()
    machine.sign_in(choice)
    command = ["token", *pool_flags(choice)]
    assert machine.run(*command).returncode == 0
    reads = count_reads(machine, monkeypatch, command)
    assert (reads.index, reads.session) == ({UNLOCKED: 1}, {UNLOCKED: 1})


def test_fast_path_reads_each_state_file_once(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.sign_in()
    reads = count_reads(machine, monkeypatch, ["token"])
    assert (reads.index, reads.session) == ({UNLOCKED: 1}, {UNLOCKED: 1})


def test_index_is_read_once_without_a_session(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = count_reads(machine, monkeypatch, ["status"], status=4)
    assert reads.index == {UNLOCKED: 1}
