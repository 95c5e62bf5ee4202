"""File locks across processes (flock(2)), and waiting for one.

The kernel releases a lock when its holder ends, however it ends, so a killed process leaves nothing to clean
up. The lock file stays: removing it would let two processes hold two locks of one name.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from tui_auth.storage.files import FileSystemError, PrivateFolder, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_SECONDS = 60.0
"""Longer than one refresh can take, with request timeouts and a retry by another operation."""

_POLL_SECONDS = 0.02


class BusyError(StorageError):
    """Another process holds the lock."""


class HeldLock:
    """A lock that this process holds, and a short message in its file that one holder leaves for the next."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @property
    def message_of_last_holder(self) -> str:
        """What the last holder left with ``leave_message``; empty if nothing."""
        return os.pread(self._descriptor, 200, 0).decode("ascii", "replace")

    def leave_message(self, text: str) -> None:
        """Leave the next holder a message of at most 200 ASCII characters; on a full disk leave none."""
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, text.encode("ascii"), 0)


@contextmanager
def locked(folder: PrivateFolder, name: str, *, patience: float = PATIENCE_SECONDS) -> Iterator[HeldLock]:
    """Hold the lock with this name in a private folder.

    Raises:
        BusyError: another process holds it for over ``patience`` seconds.
        StorageError: the file system can't lock files.
    """
    descriptor = folder.open_lock(f"{name}.lock")
    try:
        try:
            is_acquired = _acquire(descriptor, patience)
        except OSError as error:
            raise FileSystemError(f"This file system can't lock files: {error.strerror}.") from None
        if not is_acquired:
            raise BusyError(
                "Another tui-auth has been busy with this session for a while. Try again, "
                "or end the other one."
            )
        with _closed_in_forks(descriptor):
            yield HeldLock(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _closed_in_forks(descriptor: int) -> Iterator[None]:
    """Inside, a process forked by another thread doesn't share the lock, which it would never release."""
    _held.add(descriptor)
    try:
        yield
    finally:
        _held.discard(descriptor)
        # Should the fork have come before the line that adds it.
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _close_held() -> None:
    for descriptor in _held:
        with suppress(OSError):
            os.close(descriptor)
    _held.clear()


_held: set[int] = set()
os.register_at_fork(after_in_child=_close_held)


@contextmanager
def locked_if_possible(
    folder: PrivateFolder, name: str, *, patience: float = PATIENCE_SECONDS, even_if_busy: bool = False
) -> Iterator[HeldLock | None]:
    """Hold the lock, or go on without it if the file system has none, as on a read-only disk.

    Raises StorageError as ``locked`` does for other reasons. With ``even_if_busy`` it goes on without
    the lock for any of them, also after ``patience`` seconds.
    """
    with ExitStack() as stack:
        try:
            lock = stack.enter_context(locked(folder, name, patience=patience))
        except StorageError as error:
            if not even_if_busy and not isinstance(error, FileSystemError):
                raise
            lock = None
        yield lock


@contextmanager
def locked_folder(folder: Path, *, patience: float) -> Iterator[None]:
    """Hold a lock on a folder itself, while files that the user edits are changed in it.

    Raises:
        BusyError: another process holds it for over ``patience`` seconds.
        OSError: the folder can't be opened or locked.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if not _acquire(descriptor, patience):
            raise BusyError("Another tui-auth is changing this folder.")
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, patience: float) -> bool:
    """Wait for an exclusive lock. Return False if another process holds it for over ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True
