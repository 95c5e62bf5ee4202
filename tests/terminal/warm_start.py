"""Start ``python -m MODULE`` in a pseudo-terminal without importing its libraries again.

Half of the processor time of a sign-in goes into importing Textual and boto3. A parent process, one for each
process of the tests, imports them once. For each program it forks a session leader, which forks the program.
The program then imports the modules of tui-auth itself, in its own environment, working directory and
terminal, and ends as any interpreter does.

The libraries read their variables when they are imported, so a program gets a warm start only if its
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


def is_possible(argv: Sequence[object], variables: Iterable[str]) -> bool:
    """Tell whether a program may have a warm start: ``python -m``, and no variables but those of tui-auth."""
    return (
        sys.platform == "linux"
        and not COLD_START
        and list(argv[:2]) == [sys.executable, "-m"]
        and all(name.startswith("TUI_AUTH_") for name in variables)
    )


class WarmLeader:
    """A session leader that the warm parent started."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def wait(self) -> None:
        """Wait until the leader has ended."""
        with self._connection:
            self._connection.recv(1)


class WarmParent:
    """The parent process, as the tests see it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._owner = os.getpid()
        self._requests, childs_end = socket.socketpair()
        self._turn = threading.Lock()
        with childs_end:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.terminal.warm_start", str(childs_end.fileno())],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment | {"HOME": os.devnull},
                pass_fds=[childs_end.fileno()],
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
        """Have the parent fork a session leader, as ``session_leader.py`` run with these arguments."""
        kept, leaders_end = socket.socketpair()
        request = {
            "argv": list(argv[2:]),
            "terminal": terminal,
            "cwd": str(cwd),
            "environment": environment,
            "umask": _umask(),
        }
        data = json.dumps(request).encode()
        with leaders_end, self._turn:
            descriptors = [*streams, report, control, leaders_end.fileno()]
            socket.send_fds(self._requests, [len(data).to_bytes(_LENGTH)], descriptors)
            self._requests.sendall(data)
        return WarmLeader(kept)

    def stop(self) -> None:
        """End the parent, from the process that started it. Programs that still run go on."""
        if os.getpid() == self._owner:
            self._requests.shutdown(socket.SHUT_RDWR)  # also if a fork holds this end open
            self._requests.close()
            self._process.wait()


def _umask() -> int:
    """Return the mask that a child inherits. os.umask() could tell only by setting another."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"^Umask:\s*(\d+)$", status, re.MULTILINE)[1], 8)  # type: ignore[index]


_parents: dict[int, WarmParent] = {}
_making = threading.Lock()


def warm_parent(environment: dict[str, str]) -> WarmParent:
    """Return the parent of this process's programs. The first call starts it with this environment."""
    with _making:
        pid = os.getpid()
        if pid not in _parents:
            _parents[pid] = WarmParent(environment)
        return _parents[pid]


# -- in the parent process -----------------------------------------------------------------------------------


def _serve(requests: socket.socket) -> dict[str, Any] | None:
    """Fork a leader for each request. Return the request in the program, None in the parent at the end."""
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
    *streams, report, control, alive = descriptors
    os.setsid()
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    if not lead(request["terminal"], report, control):
        os._exit(0)
    for descriptor in (report, control, alive):
        os.close(descriptor)
    return request


def _become(request: dict[str, Any]) -> None:
    """Give this process the state of an interpreter that has just started."""
    # The leader has reset every signal. These three are what the interpreter sets.
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
        with contextlib.suppress(ImportError):  # then each program imports it
            importlib.import_module(_library)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # leaders leave no zombies
    _request = _serve(socket.socket(fileno=int(sys.argv[1])))
    if _request is not None:
        _become(_request)
        runpy.run_module(_request["argv"][0], run_name="__main__", alter_sys=True)
