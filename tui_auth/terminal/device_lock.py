"""The lock of the controlling terminal: one tui-auth uses it at a time.

It is the process's, because the terminal is. A signal or a crash must find it without what took it.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

STOPPED_PATIENCE_SECONDS = 5.0
"""How long to wait for a process that is stopped, as by SIGSTOP: unlike another, it won't end by itself."""

_POLL_SECONDS: Final = 0.1

_lock: int | None = None


class TerminalBusyError(Exception):
    """A stopped process has the terminal. ``pid`` is its ID."""

    def __init__(self, pid: int) -> None:
        super().__init__(
            f"Another tui-auth on this terminal, process {pid}, is stopped. "
            f"Continue it with `kill -CONT {pid}`, or end it with `kill {pid}; kill -CONT {pid}`."
        )
        self.pid = pid


def lock_terminal() -> bool:
    """Wait until no other tui-auth uses the terminal, and keep others off it until ``unlock_terminal``.

    Writes, reads and changes nothing on the terminal. The kernel releases the lock of a process that ends.
    Without a device that this user can open and lock, as after ``su``, nothing is locked.

    Returns:
        Whether this call took the lock; False if the process has it already.

    Raises:
        TerminalBusyError: The process that has it is stopped, and nobody continues it for some seconds.
    """
    global _lock
    if _lock is not None:
        return False
    _lock = _open_device()
    try:
        _wait_for_lock(_lock)
    except BaseException:
        unlock_terminal()
        raise
    return True


def _wait_for_lock(descriptor: int) -> None:
    deadline = None
    while not _try_lock(descriptor):
        time.sleep(_POLL_SECONDS)
        holder = _find_stopped_holder(descriptor)
        if holder is None:
            deadline = None
        elif deadline is None:
            deadline = time.monotonic() + STOPPED_PATIENCE_SECONDS
        elif time.monotonic() > deadline:
            raise TerminalBusyError(holder)


def unlock_terminal() -> None:
    """Let others use the terminal."""
    global _lock
    if _lock is not None:
        os.close(_lock)
        _lock = None


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # this system can't lock a device
    return True


def _find_stopped_holder(descriptor: int) -> int | None:
    """Return the ID of the process that has the lock if it is stopped; None if not, or if nobody can tell."""
    inode = os.fstat(descriptor).st_ino
    with suppress(OSError, ValueError):  # Linux only: proc_locks(5), and field 3 of proc_pid_stat(5)
        for line in Path("/proc/locks").read_text().splitlines():
            fields = line.split()
            if fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == str(inode) and _is_stopped(fields[4]):
                return int(fields[4])
    return None


def _is_stopped(pid: str) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    return False


def _open_device() -> int:
    """Open the terminal's device, which all processes on it share. /dev/tty is one file for all terminals."""
    number = None
    with suppress(OSError):  # Linux only: field 7 of proc_pid_stat(5)
        number = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[4])
    candidates = [f"/dev/fd/{stream}" for stream in (0, 1, 2) if os.isatty(stream)]
    if number is not None:
        candidates.insert(0, f"/dev/pts/{os.minor(number)}")
    for path in candidates:
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
            if number in (None, os.fstat(descriptor).st_rdev):
                return descriptor
            os.close(descriptor)
    return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
