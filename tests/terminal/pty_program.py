"""Run a program in a pseudo-terminal, press keys and read its screen.

    with PtyProgram(["-m", "tui_auth"], home=tmp_path) as program:
        program.wait_for("User name")
        program.send("ann")
        program.press("enter")
        assert program.wait_exit() == 0

The program is the foreground job of a session whose controlling terminal is the pseudo-terminal, as if a
shell had started it. Each of its three streams can be redirected, as in
``TOKEN=$(tui-auth token </dev/null 2>log)``.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Self

from . import warm_start
from .emulator import Cell, Emulator, unwrap
from .keyboard import key_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

ROOT: Final = Path(__file__).parents[2]
_LEADER: Final = Path(__file__).with_name("session_leader.py")
WAIT_SECONDS: Final = 60.0
"""The default limit of a wait: long enough for a loaded machine."""

_UNCHANGED_SECONDS: Final = 0.03
"""Longer than the sixtieth of a second for which Textual collects changes before it draws them."""

_ASLEEP: Final = frozenset("STtZIX")
"""Thread states in ``/proc``: asleep, stopped, ended or idle, but not R (running) or D (disk wait)."""

_INHERITED_VARIABLES: Final = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "COVERAGE_PROCESS_START")

Stream = int | Path | bytes | None
"""A stream: None for the terminal, a path for a file, bytes for a pipe with that content, a descriptor."""


def isolated_environment(home: Path, **more: str) -> dict[str, str]:
    """Return an environment independent of the user's, with all folders below ``home``.

    It has no AWS_*, TEXTUAL*, PYTHON*, NO_COLOR, display or tmux variables. ``more`` is added last.
    """
    folders = {
        "HOME": home,
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_DATA_HOME": home / ".local" / "share",
        "XDG_STATE_HOME": home / ".local" / "state",
        "XDG_RUNTIME_DIR": home / "run",
        "TMPDIR": home / "tmp",
    }
    for folder in folders.values():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = {name: os.environ[name] for name in _INHERITED_VARIABLES if name in os.environ}
    environment |= {name: str(folder) for name, folder in folders.items()}
    environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "TZ": "UTC"}
    return environment | more


def process_activity(pid: int) -> frozenset[tuple[str, str]] | None:
    """Return how often each thread of a process and its children has run, or None if one is running."""
    activity: set[tuple[str, str]] = set()
    with contextlib.suppress(OSError):  # threads and children can end while they are read
        for task in Path(f"/proc/{pid}/task").iterdir():
            status = (task / "status").read_text()
            fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
            if fields["State"].split()[0] not in _ASLEEP:
                return None
            switches = fields["voluntary_ctxt_switches"] + fields["nonvoluntary_ctxt_switches"]
            activity.add((task.name, switches))
            for child in (task / "children").read_text().split():
                child_activity = process_activity(int(child))
                if child_activity is None:
                    return None
                activity |= child_activity
    return frozenset(activity)


class PtyProgram:
    """A program that runs in a pseudo-terminal of ``rows`` by ``cols``.

    ``arguments`` follow ``sys.executable`` (``["-m", "tui_auth"]`` by default); a different program is given
    as ``command``. ``environment`` changes ``isolated_environment(home)``; None removes a variable.
    Leaving the context kills the processes that still run.
    """

    starts_warm = True
    """Whether the program may start with its libraries already imported, if ``warm_start`` allows it."""

    def __init__(
        self,
        arguments: Sequence[str | os.PathLike[str]] = ("-m", "tui_auth"),
        *,
        home: Path,
        command: Sequence[str | os.PathLike[str]] | None = None,
        rows: int = 23,
        cols: int = 80,
        environment: Mapping[str, str | None] | None = None,
        stdin: Stream = None,
        stdout: Stream = None,
        stderr: Stream = None,
        cwd: Path | None = None,
    ) -> None:
        sys.audit("tests.start_pty_program")  # Python raises no audit event for a warm start
        variables = isolated_environment(home)
        for name, value in (environment or {}).items():
            variables.pop(name, None)
            if value is not None:
                variables[name] = value
        self._emulator = Emulator(rows, cols)
        self._received = bytearray()
        self._fed_bytes = 0
        self._changed = threading.Condition(threading.RLock())
        self._terminal, self._program_side = pty.openpty()
        self._wake_reader, self._wake = os.pipe()
        self._set_size(rows, cols)
        self._descriptors = [self._terminal, self._program_side, self._wake_reader, self._wake]
        report, leaders_report = os.pipe()
        leaders_control, self._control = os.pipe()
        argv = list(command) if command is not None else [sys.executable, *arguments]
        with contextlib.ExitStack() as exit_stack:
            exit_stack.callback(os.close, leaders_report)
            exit_stack.callback(os.close, leaders_control)
            streams = (
                self._stream(stdin, "rb", exit_stack),
                self._stream(stdout, "wb", exit_stack),
                self._stream(stderr, "wb", exit_stack),
            )
            warm = self.starts_warm and warm_start.is_warm_start_possible(argv, environment or ())
            self._leader: subprocess.Popen[bytes] | warm_start.WarmLeader = (
                self._start_warm if warm else self._start_cold
            )(argv, streams, leaders_report, leaders_control, cwd or ROOT, variables)
        self._report = os.fdopen(report)
        self.pid = int(self._report.readline().removeprefix("pid "))
        self.attributes_before = self.attributes()
        self._status: int | None = None
        self._stopped = False
        self._before_keys: tuple[frozenset[tuple[str, str]] | None, int] | None = None
        self._reader = threading.Thread(target=self._read, name="pty-reader", daemon=True)
        self._reader.start()
        self._watcher = threading.Thread(target=self._watch, name="pty-watcher", daemon=True)
        self._watcher.start()

    def _start_cold(
        self,
        argv: Sequence[str | os.PathLike[str]],
        streams: Sequence[int | IO[Any]],
        report: int,
        control: int,
        cwd: Path,
        variables: dict[str, str],
    ) -> subprocess.Popen[bytes]:
        leader: list[str | os.PathLike[str]] = [sys.executable, "-I", "-S", _LEADER]
        return subprocess.Popen(
            [*leader, os.ttyname(self._program_side), str(report), str(control), *argv],
            stdin=streams[0],
            stdout=streams[1],
            stderr=streams[2],
            cwd=cwd,
            env=variables,
            start_new_session=True,
            pass_fds=(report, control),
        )

    def _start_warm(
        self,
        argv: Sequence[str | os.PathLike[str]],
        streams: Sequence[int | IO[Any]],
        report: int,
        control: int,
        cwd: Path,
        variables: dict[str, str],
    ) -> warm_start.WarmLeader:
        return warm_start.warm_parent(variables).start(
            [os.fspath(argument) for argument in argv],
            terminal=os.ttyname(self._program_side),
            streams=[stream if isinstance(stream, int) else stream.fileno() for stream in streams],
            report=report,
            control=control,
            cwd=cwd,
            environment=variables,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _stream(self, stream: Stream, mode: str, exit_stack: contextlib.ExitStack) -> int | IO[Any]:
        if stream is None:
            return self._program_side
        if isinstance(stream, bytes):
            reading, writing = os.pipe()
            exit_stack.callback(os.close, reading)
            fcntl.fcntl(writing, fcntl.F_SETFL, os.O_NONBLOCK)
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(stream)
            return reading
        if isinstance(stream, Path):
            return exit_stack.enter_context(stream.open(mode))
        return stream

    # Output

    @property
    def received(self) -> bytes:
        """All bytes that the terminal has received so far."""
        with self._changed:
            return bytes(self._received)

    @property
    def emulator(self) -> Emulator:
        """The terminal emulator after all received bytes: its modes, its title, its clipboard."""
        with self._changed:
            new = bytes(self._received[self._fed_bytes :])
            self._fed_bytes += len(new)
            self._emulator.feed(new)
            return self._emulator

    @property
    def modes(self) -> set[int]:
        """The enabled private modes, such as 1049 (alternate screen), 25 (cursor), 2004 (paste)."""
        with self._changed:
            return set(self.emulator.modes)

    @property
    def full_screen(self) -> bool:
        """Whether the alternate screen is visible."""
        return 1049 in self.modes

    def screen_text(self) -> str:
        """Return the rows of the screen, joined by newlines, without trailing spaces."""
        with self._changed:
            return self.emulator.text()

    def shows(self, text: str) -> bool:
        """Return whether the screen shows a text, whatever its wrapping and the edges around it."""
        screen = self.screen_text()
        return text in screen or text in unwrap(screen)

    def cells(self) -> list[list[Cell]]:
        """Return all cells of the screen with their colors, row by row."""
        with self._changed:
            return self.emulator.cells()

    def attributes(self) -> list[Any]:
        """Return the terminal's attributes (``termios.tcgetattr``), also after the program has ended."""
        return termios.tcgetattr(self._terminal)

    # Input

    def send(self, text: str | bytes) -> None:
        """Send characters unchanged."""
        data = text.encode() if isinstance(text, str) else text
        self._before_keys = process_activity(self.pid), len(self._received)
        while data:
            data = data[os.write(self._terminal, data) :]

    def press(self, *keys: str) -> None:
        r"""Press keys in turn, such as ``"a"``, ``"enter"``, ``"esc"``, ``"ctrl+r"`` or ``"shift+tab"``.

        If the program enabled kitty's protocol, Esc is sent in its form, because a bare ESC directly followed
        by another key means Alt and that key. ``send("\x1b")`` sends a bare ESC.
        """
        for key in keys:
            self.send(key_bytes(key, kitty=bool(self.emulator.kitty_flags)))

    def paste(self, text: str) -> None:
        """Paste a text, bracketed if the program has enabled bracketed paste."""
        self.send(f"\x1b[200~{text}\x1b[201~" if 2004 in self.modes else text)

    def resize(self, rows: int, cols: int) -> None:
        """Resize the terminal; the kernel sends the program SIGWINCH."""
        with self._changed:
            self.emulator.resize(rows, cols)
            self._set_size(rows, cols)

    def signal(self, number: int) -> None:
        """Send the program a signal; do nothing if it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def foreground(self) -> None:
        """Resume a stopped program in the foreground, like the shell's ``fg``."""
        self._stopped = False
        os.write(self._control, b"fg\n")

    def hang_up(self) -> None:
        """Close the terminal, like closing its window or losing the connection."""
        self._stop_reading()
        self._close_descriptors()

    # Waiting

    def wait_for(
        self,
        expected: str | Callable[[PtyProgram], object],
        timeout: float = WAIT_SECONDS,
        *,
        settled: bool = True,
    ) -> None:
        """Wait until the settled screen shows a text, or until a callable returns something true.

        A full-screen program has settled when every thread of it sleeps, none has run for longer than
        Textual collects changes, and the terminal received nothing meanwhile. Before that, a frame may show
        text of two screens, and keys may reach either of them. A thread that could run but gets no processor
        time isn't asleep, so this doesn't depend on how loaded the machine is. Line prompts and programs that
        have ended are always settled. Use ``settled=False`` for a condition that is true only briefly.

        Raises:
            AssertionError: The condition was still false after ``timeout`` seconds or at the program's end.
                The message contains the screen.
        """
        condition: Callable[[PtyProgram], object] = (
            expected if callable(expected) else lambda program: program.shows(expected.rstrip())
        )
        if settled:
            condition = self._when_settled(condition)
        self._wait(condition, timeout, f"{expected!r} did not come")

    def wait_gone(self, text: str, timeout: float = WAIT_SECONDS) -> None:
        """Wait until the screen has settled without this text."""
        condition = self._when_settled(lambda program: not program.shows(text))
        self._wait(condition, timeout, f"{text!r} stayed")

    @staticmethod
    def _when_settled(condition: Callable[[PtyProgram], object]) -> Callable[[PtyProgram], object]:
        return lambda program: condition(program) and program._has_settled() and condition(program)

    def _has_settled(self) -> bool:
        if self._status is not None or not self.full_screen:
            return True
        activity = process_activity(self.pid)
        if activity is None or self._before_keys == (
            activity,
            len(self._received),
        ):  # the keys are still unread
            return False
        with self._changed:
            if self._is_output_drawn():
                self._changed.wait(_UNCHANGED_SECONDS)
            return self._is_output_drawn() and process_activity(self.pid) == activity

    def _is_output_drawn(self) -> bool:
        hung_up = not self._descriptors
        unread = not hung_up and select.select([self._terminal], [], [], 0)[0]
        return not unread and len(self._received) == self._fed_bytes

    def wait_stopped(self, timeout: float = WAIT_SECONDS) -> None:
        """Wait until the program has been stopped, as by Ctrl+Z."""
        self._wait(lambda program: program._stopped, timeout, "the program was not stopped")

    def wait_exit(self, timeout: float = WAIT_SECONDS) -> int:
        """Wait until the program ends and return its status; the status is negative if a signal killed it."""
        self._wait(lambda program: program._status is not None, timeout, "the program did not end")
        self._stop_reading()
        assert self._status is not None
        return self._status

    def _wait(self, condition: Callable[[PtyProgram], object], timeout: float, complaint: str) -> None:
        deadline = time.monotonic() + timeout
        while True:
            ended = self._status
            if ended is not None:
                self._stop_reading()
            fed_bytes = self._fed_bytes
            if condition(self):
                return
            if ended is not None:
                raise AssertionError(f"{complaint}; the program ended with {ended}.\n{self._framed_screen()}")
            if (remaining := deadline - time.monotonic()) <= 0:
                raise AssertionError(f"{complaint} in {timeout} s.\n{self._framed_screen()}")
            with self._changed:
                if len(self._received) == fed_bytes:
                    # Check again soon, since the condition may depend on something else, such as a file.
                    self._changed.wait(min(remaining, 0.05))

    def _framed_screen(self) -> str:
        rule = "─" * self.emulator.screen.columns
        return f"{rule}\n{self.screen_text()}\n{rule}"

    # Internals

    def close(self) -> None:
        """Kill the program if it still runs, and close the terminal."""
        if self._status is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        os.close(self._control)
        self._leader.wait()
        self._watcher.join()
        self._stop_reading()
        self._close_descriptors()

    def _close_descriptors(self) -> None:
        while self._descriptors:
            os.close(self._descriptors.pop())

    def _set_size(self, rows: int, cols: int) -> None:
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def _read(self) -> None:
        while True:
            readable, _, _ = select.select([self._terminal, self._wake_reader], [], [])
            if self._terminal not in readable:
                return
            with self._changed:
                self._received += os.read(self._terminal, 65536)
                self._changed.notify_all()

    def _stop_reading(self) -> None:
        """Let the reader thread read the available output, and end it."""
        if self._reader.is_alive():
            os.write(self._wake, b".")
            self._reader.join()

    def _watch(self) -> None:
        for line in self._report:
            event, _, number = line.partition(" ")
            with self._changed:
                if event == "stopped":
                    self._stopped = True
                else:
                    self._status = int(number) if event == "exit" else -int(number)
                self._changed.notify_all()
        self._report.close()
