"""Run the command-line program inside the test process, isolated like a separate process.

Starting Python and importing the program takes longer than almost any command. Not for tests of signals,
kills, ``exec``, locks between processes or terminals: those need a real process.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, Final, NoReturn

import pytest

THREAD_SECONDS: Final = 60
"""Seconds that the program's threads may take to end after it."""

_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4  # <linux/prctl.h>
MUTANT_VARIABLE: Final = "MUTANT_UNDER_TEST"
"""The variable in which mutmut names the active mutant; kept in the program's environment."""

_PROCESS_ENDING_CALLS: Final = ("execv", "execve", "execvpe", "_exit")
_STANDARD_STREAMS: Final = ("stdin", "stdout", "stderr")
_HOOKS: Final = ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook"))


def run_in_process(
    arguments: Sequence[str | Path], *, environ: Mapping[str, str], cwd: Path, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run ``tui-auth`` with these arguments and return its exit status and output.

    The program sees exactly this environment and current folder, and ``stdin`` as its standard input. None of
    its three streams is a terminal, and file descriptors 0, 1 and 2 point to the same files as ``sys.stdin``,
    ``sys.stdout`` and ``sys.stderr``. All process-wide changes are undone afterwards.

    Args:
        arguments: The command line after ``tui-auth``.
        environ: The whole environment; nothing is added to it.
        cwd: The current folder.
        stdin: The text on standard input; empty by default.
    """
    assert threading.current_thread() is threading.main_thread(), "the program runs in the main thread"
    from tui_auth import __main__ as program

    command_line = [program.__file__, *map(str, arguments)]
    with ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8")) for _ in range(3)]
        files[0].write(stdin)
        files[0].seek(0)
        with (
            _isolated_process_state(command_line, environ, cwd),
            _isolated_streams(files),
            _isolated_threads(),
        ):
            try:
                status: object = program.main()
            except SystemExit as end:
                status = end.code
        for file in files:
            file.seek(0)
        return subprocess.CompletedProcess(
            command_line, _exit_status(status), files[1].read(), files[2].read()
        )


def _exit_status(status: object) -> int:
    """Return the exit status Python gives for the code of a SystemExit that has no message."""
    assert status is None or isinstance(status, int), status
    return (status or 0) & 0xFF


@contextmanager
def _isolated_streams(files: Sequence[IO[str]]) -> Iterator[None]:
    """Replace standard input, output and error with these files, opened as Python opens them."""
    former = {name: getattr(sys, name) for stream in _STANDARD_STREAMS for name in (stream, f"__{stream}__")}
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    saved = [os.dup(descriptor) for descriptor in range(3)]
    opened: list[IO[str]] = []
    try:
        for descriptor, (name, file) in enumerate(zip(_STANDARD_STREAMS, files, strict=True)):
            os.dup2(file.fileno(), descriptor)
            errors = "backslashreplace" if name == "stderr" else "surrogateescape"
            mode = "r" if name == "stdin" else "w"
            opened.append(open(descriptor, mode, encoding="utf-8", errors=errors, closefd=False))  # noqa: SIM115
            setattr(sys, name, opened[-1])
            setattr(sys, f"__{name}__", opened[-1])
        yield
    finally:
        for stream in opened:
            stream.close()
        for descriptor, copy in enumerate(saved):
            os.dup2(copy, descriptor)
            os.close(copy)
        for name, value in former.items():
            setattr(sys, name, value)


@contextmanager
def _isolated_threads() -> Iterator[None]:
    """Wait at the end for the threads that Python waits for before it exits."""
    before = set(threading.enumerate())
    try:
        yield
    finally:
        for thread in set(threading.enumerate()) - before:
            if not thread.daemon:
                thread.join(THREAD_SECONDS)
                assert not thread.is_alive(), f"{thread.name} did not end"


@contextmanager
def _isolated_process_state(command_line: list[str], environ: Mapping[str, str], cwd: Path) -> Iterator[None]:
    """Give this process these arguments, environment and current folder; restore all afterwards."""
    with ExitStack() as stack:
        for restore in (
            *_environment_and_folder(),
            *_signals(),
            *_hardening(),
            *(_attribute(module, name) for module, name in (*_HOOKS, (sys, "argv"))),
            *(_attribute(os, name) for name in _PROCESS_ENDING_CALLS),
        ):
            stack.callback(restore)
        mutant = {name: value for name, value in os.environ.items() if name == MUTANT_VARIABLE}
        _set_environment({**environ, **mutant})
        os.chdir(cwd)
        sys.argv = command_line
        sys.excepthook, sys.unraisablehook = sys.__excepthook__, sys.__unraisablehook__
        for name in _PROCESS_ENDING_CALLS:
            setattr(os, name, _fail_on_process_end)
        yield


def _fail_on_process_end(*_: object) -> NoReturn:
    # Not an Exception, which the program would report as an internal error.
    pytest.fail("This command replaces or ends its process: request the process fixture instead.")


def _attribute(module: Any, name: str) -> Callable[[], None]:
    value = getattr(module, name)
    return lambda: setattr(module, name, value)


def _environment_and_folder() -> Iterator[Callable[[], object]]:
    environ, cwd = dict(os.environ), os.open(".", os.O_RDONLY)
    umask = os.umask(0o022)
    os.umask(umask)
    yield lambda: os.umask(umask)
    yield lambda: _set_environment(environ)
    yield lambda: os.close(cwd)
    yield lambda: os.fchdir(cwd)


def _set_environment(environ: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()


def _signals() -> Iterator[Callable[[], object]]:
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    wakeup = signal.set_wakeup_fd(-1)

    def restore() -> None:
        for number, handler in handlers.items():
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    yield restore


def _hardening() -> Iterator[Callable[[], object]]:
    """Yield the functions that restore the core file limit and, on Linux, the dumpable flag."""
    limits = resource.getrlimit(resource.RLIMIT_CORE)
    yield lambda: resource.setrlimit(resource.RLIMIT_CORE, limits)
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None).prctl
        dumpable = prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0)
        yield lambda: prctl(_PR_SET_DUMPABLE, dumpable, 0, 0, 0)
