"""Signals without Textual: at line prompts, and with a terminal in a bad state."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Callable

import pytest

from tui_auth.terminal.tty import readable

from .pty_program import PtyProgram

Start = Callable[..., PtyProgram]
PROMPT = """
import sys, termios
from tui_auth.terminal.signals import exit_on_signals
before = termios.tcgetattr(0)
quiet = termios.tcgetattr(0)
quiet[3] &= ~termios.ECHO
with exit_on_signals():
    try:
        termios.tcsetattr(0, termios.TCSANOW, quiet)
        input("Password: ")
    finally:
        termios.tcsetattr(0, termios.TCSANOW, before)
"""
BAD_STATE = """
import os, sys, tty
from tui_auth.terminal.tty import remember_terminal
terminal = os.open("/dev/tty", os.O_RDWR)
remember_terminal(terminal, full_screen=True)
tty.setraw(terminal)
os.write(terminal, b"\\x1b[?1049h\\x1b[?25l\\x1b[?1000h\\x1b[?1003h\\x1b[?1006h\\x1b[?1016h")
os.write(terminal, b"\\x1b[?2004h\\x1b[?1004h\\x1b[?2048h\\x1b[?7l\\x1b[>25uin a bad state")
os.read(terminal, 1)
"""


HELD = """
from tui_auth.terminal.tty import hold_terminal
with hold_terminal():
    print("held")
    input()
"""


def test_input_before_the_first_prompt_is_not_echoed(start: Start) -> None:
    program = start("-c", HELD)
    program.wait_for("held")
    program.send("hunter2\n")

    assert program.wait_exit() == 0
    assert b"hunter2" not in program.received
    assert program.attributes() == program.attributes_before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signal_at_a_prompt_ends_the_program_with_its_status(start: Start, number: signal.Signals) -> None:
    program = start("-c", PROMPT)
    program.wait_for("Password:")
    program.signal(number)

    assert program.wait_exit() == 128 + number
    assert program.attributes() == program.attributes_before
    assert "Traceback" not in program.screen_text()


def test_ctrl_c_at_a_prompt_is_a_signal(start: Start) -> None:
    program = start("-c", PROMPT)
    program.wait_for("Password:")
    program.press("ctrl+c")

    assert program.wait_exit() == 130
    assert program.attributes() == program.attributes_before


def test_ignored_hang_up_stays_ignored(start: Start) -> None:
    program = start("-c", f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n{PROMPT}")
    program.wait_for("Password:")
    program.signal(signal.SIGHUP)
    program.send("still here\n")

    assert program.wait_exit() == 0


@pytest.mark.parametrize(
    ("end", "status"),
    [("raise RuntimeError", 1), ("sys.exit(3)", 3), ("pass", 0)],
)
def test_terminal_is_restored_whatever_ends_the_interpreter(start: Start, end: str, status: int) -> None:
    program = start("-c", BAD_STATE + end)
    program.wait_for("in a bad state")
    assert program.full_screen
    program.send("x")

    assert program.wait_exit() == status
    assert program.modes == {7, 25}
    assert program.emulator.kitty_flags == []
    assert program.attributes() == program.attributes_before


def test_restored_terminal_is_left_alone(start: Start) -> None:
    program = start(
        "-c",
        f"{BAD_STATE}from tui_auth.terminal.tty import restore_terminal as restore\n"
        "restore(); print('done'); restore()",
    )
    program.wait_for("in a bad state")
    program.send("x")

    assert program.wait_exit() == 0
    assert program.received.endswith(b"done\r\n")


def test_wait_for_input_takes_descriptors_that_select_does_not() -> None:
    reader, writer = os.pipe()
    high = fcntl.fcntl(reader, fcntl.F_DUPFD_CLOEXEC, 1100)
    try:
        assert readable((high, reader), 0) == []
        os.write(writer, b"x")
        assert readable((high, reader), None) == [high, reader]
        os.read(reader, 1)
        os.close(writer)
        assert readable((high,), 1.0) == [high], "an end that was closed must wake the reader"
    finally:
        os.close(reader)
        os.close(high)
