"""A command run in the test process sees what a separate process sees, and leaves no changes."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.in_process import run_in_process
from tui_auth.cli import main as program


@pytest.fixture
def replace_program(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Return a function that replaces the program's main function."""
    return lambda main: monkeypatch.setattr(program, "main", main)


ReplaceProgram = Callable[[Callable[[], object]], None]


def read_process_state() -> dict[str, Any]:
    umask = os.umask(0o022)
    os.umask(umask)
    return {
        "environ": dict(os.environ),
        "cwd": Path.cwd(),
        "argv": sys.argv,
        "streams": (sys.stdin, sys.stdout, sys.stderr, sys.__stdout__),
        "descriptors": [
            (os.fstat(descriptor).st_dev, os.fstat(descriptor).st_ino) for descriptor in range(3)
        ],
        "open": len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0,
        "handlers": [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGCONT, signal.SIGUSR1)],
        "mask": signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        "hooks": (sys.excepthook, threading.excepthook, sys.unraisablehook),
        "umask": umask,
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "zone": time.tzname,
        "exec": os.execvpe,
    }


def change_everything() -> int:
    os.environ["CHANGED"] = "1"
    os.chdir("/")
    sys.argv = []
    sys.stdout = sys.stderr
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGUSR1, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    sys.excepthook = lambda *_: None
    threading.excepthook = lambda _: None
    sys.unraisablehook = lambda _: None
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    return 7


@pytest.mark.parametrize("ends_badly", [False, True])
def test_changes_of_a_command_are_undone(
    replace_program: ReplaceProgram, tmp_path: Path, ends_badly: bool
) -> None:
    def main() -> int:
        status = change_everything()
        if ends_badly:
            raise LookupError
        return status

    replace_program(main)
    state_before = read_process_state()
    if ends_badly:
        with pytest.raises(LookupError):
            run_in_process([], environ={"TZ": "Asia/Tokyo"}, cwd=tmp_path)
    else:
        assert run_in_process([], environ={"TZ": "Asia/Tokyo"}, cwd=tmp_path).returncode == 7
    state_after = read_process_state()
    state_after["open"] -= 1  # the descriptor of /dev/null that change_everything leaves open
    assert state_after == state_before


def test_command_sees_its_own_environment_and_no_terminal(
    replace_program: ReplaceProgram, tmp_path: Path
) -> None:
    observed: dict[str, object] = {}

    def main() -> int:
        observed["environ"], observed["cwd"], observed["words"] = dict(os.environ), Path.cwd(), sys.argv[1:]
        observed["stdin"], observed["terminals"] = (
            sys.stdin.read(),
            [os.isatty(descriptor) for descriptor in range(3)],
        )
        observed["zone"] = time.tzname[0]
        sys.stdout.buffer.write(b"text and ")
        sys.stdout.buffer.flush()
        os.write(1, "b\u00fctes".encode())
        sys.stderr.write("talk\n")
        return 256 + 3

    replace_program(main)
    environ = {"TZ": "JST-9", "A": "b"}
    result = run_in_process(["one", tmp_path], environ=environ, cwd=tmp_path, stdin="typed\n")
    assert (result.returncode, result.stdout, result.stderr) == (3, "text and b\u00fctes", "talk\n")
    assert observed == {
        "environ": environ,
        "cwd": tmp_path,
        "words": ["one", str(tmp_path)],
        "stdin": "typed\n",
        "terminals": [False] * 3,
        "zone": "JST",
    }


def test_threads_of_a_command_end_with_it(replace_program: ReplaceProgram, tmp_path: Path) -> None:
    thread_names: list[str] = []

    def main() -> None:
        threading.Thread(
            target=lambda: thread_names.append(threading.current_thread().name), name="late"
        ).start()

    replace_program(main)
    run_in_process([], environ={}, cwd=tmp_path)
    assert thread_names == ["late"]
    assert "late" not in {thread.name for thread in threading.enumerate()}


def test_command_that_replaces_the_process_fails_its_test(
    tmp_path: Path, replace_program: ReplaceProgram
) -> None:
    replace_program(lambda: os.execvp("true", ["true"]))
    with pytest.raises(pytest.fail.Exception, match="request the process fixture"):
        run_in_process([], environ=os.environ.copy(), cwd=tmp_path)


@pytest.mark.parametrize(("code", "status"), [(None, 0), (0, 0), (130, 130), (-1, 255)])
def test_exit_gives_its_status(
    replace_program: ReplaceProgram, tmp_path: Path, code: int | None, status: int
) -> None:
    replace_program(lambda: sys.exit(code))
    assert run_in_process([], environ={}, cwd=tmp_path).returncode == status
