"""Start ``python -m MODULE`` in a pseudo-terminal without importing its libraries again.

Importing Textual and boto3 takes half of a sign-in's CPU time. So each test process has a parent process that
imports them once. For each program the parent forks a session leader, which forks the program.
The program then imports the modules of tui-auth itself, in its own environment, working directory and
terminal, and ends as any interpreter does.

The libraries read variables when they are imported, so a program gets a warm start only if its
environment differs from ``isolated_environment`` in variables of tui-auth alone. Everything about the start
itself (imports, arguments and environment in /proc, sitecustomize, timing) is tested with cold starts:
``starts_warm = False`` in a subclass of PtyProgram. With ``COLD_START=1`` every start is cold, as it is on
systems other than Linux.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.nightly import COLD_START

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LIBRARIES: Final = (
    *("boto3", "jwt", "pyotp", "segno", "textual.app", "textual.drivers.linux_driver"),
    *("textual._xterm_parser", "textual.layouts.factory", "textual.scrollbar", "textual.widgets.option_list"),
    *("argparse", "ctypes", "curses", "encodings.idna", "resource"),
)
_STREAMS: Final = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))
_LENGTH: Final = 8


def is_warm_start_possible(argv: Sequence[object], variables: Iterable[str]) -> bool:
    """Return whether a program can start warm: ``python -m``, and only variables of tui-auth."""
    return (
        sys.platform == "linux"
        and not COLD_START
        and list(argv[:2]) == [sys.executable, "-m"]
        and all(name.startswith("TUI_AUTH_") for name in variables)
    )


class WarmLeader:
    """A session leader forked by the parent process."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def wait(self) -> None:
        """Wait until the leader has ended."""
        with self._connection:
            self._connection.recv(1)


class WarmParent:
    """Controls the parent process from a test process."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._owner = os.getpid()
        self._requests, child_end = socket.socketpair()
        self._turn = threading.Lock()
        with child_end:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.terminal.warm_start", str(child_end.fileno())],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment | {"HOME": os.devnull},
                pass_fds=[child_end.fileno()],
                start_new_session=True,
            )
        atexit.register(self.stop)

    def start(
        self,
        argv: Sequence[str],
        *,
        terminal: str,
        streams: Sequence[int],
        report: int,
        control: int,
        cwd: Path,
        environment: dict[str, str],
    ) -> WarmLeader:
        """Fork a session leader that acts like ``session_leader.py`` with these arguments."""
        connection, leader_end = socket.socketpair()
        request = {
            "argv": list(argv[2:]),
            "terminal": terminal,
            "cwd": str(cwd),
            "environment": environment,
            "umask": _umask(),
        }
        data = json.dumps(request).encode()
        with leader_end, self._turn:
            descriptors = [*streams, report, control, leader_end.fileno()]
            socket.send_fds(self._requests, [len(data).to_bytes(_LENGTH)], descriptors)
            self._requests.sendall(data)
        return WarmLeader(connection)

    def stop(self) -> None:
        """End the parent process if this process started it. Running programs continue."""
        if os.getpid() == self._owner:
            self._requests.shutdown(socket.SHUT_RDWR)  # works even if a fork has this end open
            self._requests.close()
            self._process.wait()


def _umask() -> int:
    """Return the umask, which os.umask() can't read without changing it."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"^Umask:\s*(\d+)$", status, re.MULTILINE)[1], 8)  # type: ignore[index]


_parents: dict[int, WarmParent] = {}
_creation_lock = threading.Lock()


def warm_parent(environment: dict[str, str]) -> WarmParent:
    """Return this process's parent for warm starts; the first call starts it with this environment."""
    with _creation_lock:
        pid = os.getpid()
        if pid not in _parents:
            _parents[pid] = WarmParent(environment)
        return _parents[pid]


# In the parent process


def _serve(requests: socket.socket) -> dict[str, Any] | None:
    """Fork a leader for each request. Return the request in the program, and None in the parent."""
    from tests.terminal.session_leader import lead

    while True:
        head, descriptors, _, _ = socket.recv_fds(requests, _LENGTH, 6)
        if not head:
            return None
        data = b""
        while len(data) < int.from_bytes(head):
            data += requests.recv(int.from_bytes(head) - len(data))
        if os.fork() == 0:
            break
        for descriptor in descriptors:
            os.close(descriptor)
    requests.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request: dict[str, Any] = json.loads(data)
    *streams, report, control, leader_connection = descriptors
    os.setsid()
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    if not lead(request["terminal"], report, control):
        os._exit(0)
    for descriptor in (report, control, leader_connection):
        os.close(descriptor)
    return request


def _reset_process(request: dict[str, Any]) -> None:
    """Give this process the state of an interpreter that has just started."""
    # The leader has reset all signals. The interpreter sets these three at its start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.umask(request["umask"])
    os.chdir(request["cwd"])
    sys.path[0] = request["cwd"]
    sys.argv[:] = ["-m", *request["argv"][1:]]
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]
    for number, (name, mode) in enumerate(_STREAMS):
        old = getattr(sys, name)
        new = io.TextIOWrapper(
            os.fdopen(number, f"{mode}b", closefd=False),
            encoding=old.encoding,
            errors=old.errors,
            line_buffering=name == "stderr" or os.isatty(number),
        )
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)


if __name__ == "__main__":
    for _library in LIBRARIES:
        with contextlib.suppress(ImportError):  # each program then imports it itself
            importlib.import_module(_library)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # leaders leave no zombies
    _request = _serve(socket.socket(fileno=int(sys.argv[1])))
    if _request is not None:
        _reset_process(_request)
        runpy.run_module(_request["argv"][0], run_name="__main__", alter_sys=True)
