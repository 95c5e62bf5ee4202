"""A real program in a real pseudo-terminal, with a screen to read and keys to press.

    with PtyProgram(["-m", "tui_auth"], home=tmp_path) as program:
        program.wait_for("User name")
        program.send("ann")
        program.press("enter")
        assert program.wait_exit() == 0

The program is the foreground job of a session whose controlling terminal is the pseudo-terminal, as if a
shell had started it, and each of its three streams may lead elsewhere, as in
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
from .emulator import Cell, Emulator
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
"""Thread states in ``/proc``: asleep, stopped, ended or idle, but not R (can run) or D (waits for a disk)."""

_KEPT: Final = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "COVERAGE_PROCESS_START")

Stream = int | Path | bytes | None
"""A stream: None for the terminal, a path for a file, bytes for a pipe with that content, a descriptor."""


def isolated_environment(home: Path, **more: str) -> dict[str, str]:
    """Return an environment without anything of the user's: all folders are below ``home``.

    No AWS_*, no TEXTUAL*, no PYTHON*, no NO_COLOR, no display, no tmux. ``more`` is added last.
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
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment |= {name: str(folder) for name, folder in folders.items()}
    environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "TZ": "UTC"}
    return environment | more


def process_activity(pid: int) -> frozenset[tuple[str, str]] | None:
    """Return how often each thread of a process and its children has run; None if one runs or is about to."""
    seen: set[tuple[str, str]] = set()
    with contextlib.suppress(OSError):  # threads and children end while they are read
        for task in Path(f"/proc/{pid}/task").iterdir():
            status = (task / "status").read_text()
            fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
            if fields["State"].split()[0] not in _ASLEEP:
                return None
            switches = fields["voluntary_ctxt_switches"] + fields["nonvoluntary_ctxt_switches"]
            seen.add((task.name, switches))
            for child in (task / "children").read_text().split():
                below = process_activity(int(child))
                if below is None:
                    return None
                seen |= below
    return frozenset(seen)


class PtyProgram:
    """A program that runs in a pseudo-terminal of ``rows`` by ``cols``.

    ``arguments`` follow ``sys.executable`` (``["-m", "tui_auth"]`` by default); a different program is given
    as ``command``. ``environment`` is added to, or with ``None`` taken from, ``isolated_environment(home)``.
    Leaving the context kills what is still running.
    """

    starts_warm = True
    """Whether the libraries are already imported when the program starts, where ``warm_start`` allows it."""

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
        sys.audit("tests.start_pty_program")  # a warm start is no event of Python's own
        variables = isolated_environment(home)
        for name, value in (environment or {}).items():
            variables.pop(name, None)
            if value is not None:
                variables[name] = value
        self._emulator = Emulator(rows, cols)
        self._received = bytearray()
        self._shown = 0
        self._news = threading.Condition(threading.RLock())
        self._terminal, self._program_side = pty.openpty()
        self._wake_reader, self._wake = os.pipe()
        self._set_size(rows, cols)
        self._descriptors = [self._terminal, self._program_side, self._wake_reader, self._wake]
        report, leaders_report = os.pipe()
        leaders_control, self._control = os.pipe()
        argv = list(command) if command is not None else [sys.executable, *arguments]
        with contextlib.ExitStack() as opened:
            opened.callback(os.close, leaders_report)
            opened.callback(os.close, leaders_control)
            streams = (
                self._stream(stdin, "rb", opened),
                self._stream(stdout, "wb", opened),
                self._stream(stderr, "wb", opened),
            )
            warm = self.starts_warm and warm_start.is_possible(argv, environment or ())
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

    def _stream(self, stream: Stream, mode: str, opened: contextlib.ExitStack) -> int | IO[Any]:
        if stream is None:
            return self._program_side
        if isinstance(stream, bytes):
            reading, writing = os.pipe()
            opened.callback(os.close, reading)
            fcntl.fcntl(writing, fcntl.F_SETFL, os.O_NONBLOCK)
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(stream)
            return reading
        if isinstance(stream, Path):
            return opened.enter_context(stream.open(mode))
        return stream

    # -- what it shows ---------------------------------------------------------------------------------

    @property
    def received(self) -> bytes:
        """All bytes that the terminal has received so far."""
        with self._news:
            return bytes(self._received)

    @property
    def emulator(self) -> Emulator:
        """The terminal emulator after all received bytes: its modes, its title, its clipboard."""
        with self._news:
            new = bytes(self._received[self._shown :])
            self._shown += len(new)
            self._emulator.feed(new)
            return self._emulator

    @property
    def modes(self) -> set[int]:
        """The private modes now on, such as 1049 (alternate screen), 25 (cursor), 2004 (paste)."""
        with self._news:
            return set(self.emulator.modes)

    @property
    def full_screen(self) -> bool:
        """Whether the alternate screen is visible."""
        return 1049 in self.modes

    def screen_text(self) -> str:
        """Return the rows of the screen, joined by newlines, without trailing spaces."""
        with self._news:
            return self.emulator.text()

    def cells(self) -> list[list[Cell]]:
        """Return all cells of the screen with their colors, row by row."""
        with self._news:
            return self.emulator.cells()

    def attributes(self) -> list[Any]:
        """Return the terminal's attributes (``termios.tcgetattr``), also after the program's end."""
        return termios.tcgetattr(self._terminal)

    # -- what one does to it ---------------------------------------------------------------------------

    def send(self, text: str | bytes) -> None:
        """Send characters as they are, like a terminal."""
        data = text.encode() if isinstance(text, str) else text
        self._before_keys = process_activity(self.pid), len(self._received)
        while data:
            data = data[os.write(self._terminal, data) :]

    def press(self, *keys: str) -> None:
        r"""Press keys in turn, such as ``"a"``, ``"enter"``, ``"esc"``, ``"ctrl+r"`` or ``"shift+tab"``.

        Esc is sent in kitty's form where the program asked for that protocol, since a bare ESC directly
        followed by another key is Alt and that key; ``send("\x1b")`` sends it bare.
        """
        for key in keys:
            self.send(key_bytes(key, kitty=bool(self.emulator.kitty_flags)))

    def paste(self, text: str) -> None:
        """Paste a text, bracketed if the program has enabled bracketed paste."""
        self.send(f"\x1b[200~{text}\x1b[201~" if 2004 in self.modes else text)

    def resize(self, rows: int, cols: int) -> None:
        """Resize the terminal; the kernel sends the program SIGWINCH."""
        with self._news:
            self.emulator.resize(rows, cols)
            self._set_size(rows, cols)

    def signal(self, number: signal.Signals) -> None:
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

    # -- waiting ---------------------------------------------------------------------------------------

    def wait_for(
        self,
        wanted: str | Callable[[PtyProgram], object],
        timeout: float = WAIT_SECONDS,
        *,
        settled: bool = True,
    ) -> None:
        """Wait until the settled screen shows a text, or until a callable returns something true.

        A full-screen program has settled when every thread of it sleeps, none has run for longer than
        Textual collects changes, and the terminal received nothing meanwhile. Before that, a frame may show
        text of two screens, and keys may reach either of them. A thread that could run but gets no processor
        time isn't asleep, so this doesn't depend on how loaded the machine is. Line prompts and programs that
        have ended are always settled. ``settled=False`` is for what is true for a moment only.

        Raises AssertionError with the screen in it after ``timeout`` seconds, and at once when the program
        has ended and what was waited for can no longer come.
        """
        condition: Callable[[PtyProgram], object] = (
            wanted if callable(wanted) else lambda program: wanted.rstrip() in program.screen_text()
        )
        if settled:
            condition = self._when_settled(condition)
        self._wait(condition, timeout, f"{wanted!r} did not come")

    def wait_gone(self, text: str, timeout: float = WAIT_SECONDS) -> None:
        """Wait until the screen has settled without this text."""
        condition = self._when_settled(lambda program: text not in program.screen_text())
        self._wait(condition, timeout, f"{text!r} stayed")

    @staticmethod
    def _when_settled(condition: Callable[[PtyProgram], object]) -> Callable[[PtyProgram], object]:
        return lambda program: condition(program) and program._has_settled() and condition(program)

    def _has_settled(self) -> bool:
        if self._status is not None or not self.full_screen:
            return True
        activity = process_activity(self.pid)
        if activity is None or self._before_keys == (activity, len(self._received)):  # still to be read
            return False
        with self._news:
            if self._has_all_shown():
                self._news.wait(_UNCHANGED_SECONDS)
            return self._has_all_shown() and process_activity(self.pid) == activity

    def _has_all_shown(self) -> bool:
        hung_up = not self._descriptors
        unread = not hung_up and select.select([self._terminal], [], [], 0)[0]
        return not unread and len(self._received) == self._shown

    def wait_stopped(self, timeout: float = WAIT_SECONDS) -> None:
        """Wait until the program has been stopped, as by Ctrl+Z."""
        self._wait(lambda program: program._stopped, timeout, "the program was not stopped")

    def wait_exit(self, timeout: float = WAIT_SECONDS) -> int:
        """Wait for the program's end and return its status: -15 if SIGTERM killed it, 143 if it exited so."""
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
            seen = self._shown
            if condition(self):
                return
            if ended is not None:
                raise AssertionError(f"{complaint}; the program ended with {ended}.\n{self._picture()}")
            if (left := deadline - time.monotonic()) <= 0:
                raise AssertionError(f"{complaint} in {timeout} s.\n{self._picture()}")
            with self._news:
                if len(self._received) == seen:
                    # Not for ever: a condition may look at other things than the terminal, such as a file.
                    self._news.wait(min(left, 0.05))

    def _picture(self) -> str:
        rule = "─" * self.emulator.screen.columns
        return f"{rule}\n{self.screen_text()}\n{rule}"

    # -- the machinery ---------------------------------------------------------------------------------

    def close(self) -> None:
        """Kill what is left of the program, and close the terminal."""
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
            with self._news:
                self._received += os.read(self._terminal, 65536)
                self._news.notify_all()

    def _stop_reading(self) -> None:
        """Let the reader read what has arrived, and end."""
        if self._reader.is_alive():
            os.write(self._wake, b".")
            self._reader.join()

    def _watch(self) -> None:
        for line in self._report:
            what, _, number = line.partition(" ")
            with self._news:
                if what == "stopped":
                    self._stopped = True
                else:
                    self._status = int(number) if what == "exit" else -int(number)
                self._news.notify_all()
        self._report.close()
