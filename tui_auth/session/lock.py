"""One at a time, across processes: a lock on a file of its own beside what it guards (flock(2)).

The kernel lets go of it when its holder ends, however that comes about, so a killed process leaves nothing
to clear away. The file stays: to remove it would let two processes hold two locks of one name.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from tui_auth.session.errors import StorageError
from tui_auth.session.private_files import PrivateFolder

PATIENCE_SECONDS = 60.0
"""Longer than one refresh can take, request timeouts and a retry by another way included."""

_LOOK_AGAIN_SECONDS = 0.02


class Busy(StorageError):
    """Another process holds the lock."""


class Held:
    """A lock that is held, and a few bytes in its file that one holder leaves for the next."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @property
    def note(self) -> str:
        """What the last holder to write left."""
        return os.pread(self._descriptor, 200, 0).decode("ascii", "replace")

    def leave_note(self, text: str) -> None:
        """Leave a note of ASCII, at most 200 characters; none where the disk is full."""
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, text.encode("ascii"), 0)


@contextmanager
def locked(folder: PrivateFolder, name: str, *, patience: float = PATIENCE_SECONDS) -> Iterator[Held]:
    """Hold the lock called ``name``. Raises Busy where that takes over ``patience`` seconds."""
    descriptor = folder.open_lock(f"{name}.lock")
    try:
        deadline = time.monotonic() + patience
        while not _taken(descriptor):
            if time.monotonic() > deadline:
                raise Busy(
                    "Another tui-auth has been busy with this session for a while. Try again, "
                    "or end the other one."
                )
            time.sleep(_LOOK_AGAIN_SECONDS)
        yield Held(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked_where_possible(folder: PrivateFolder, name: str) -> Iterator[None]:
    """The same, or without a lock where there is no place for one, as on a disk that can only be read."""
    with ExitStack() as held:
        try:
            held.enter_context(locked(folder, name))
        except Busy:
            raise
        except StorageError:
            pass
        yield


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise StorageError(f"This file system cannot lock files: {error.strerror}.") from None
    return True
