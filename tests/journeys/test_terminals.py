"""The real program on various terminals: without colors, in tmux, with pipes, suspended."""

from __future__ import annotations

import base64
import itertools
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.journeys.conftest import SignIn, StartSignIn
from tests.steps.screen_reading import number_key_for, scan
from tests.terminal.pty_program import PtyProgram
from tests.tools import need_tool
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoPool

NO_COLORS = [{"NO_COLOR": "1"}, {"TERM": "vt100", "COLORTERM": ""}]
COLORS = (*range(30, 39), *range(40, 49), *range(90, 98), *range(100, 108))
"""The parameters that select a color in SGR (ECMA-48); 39 and 49 select the default."""


def colors_in(received: bytes) -> set[int]:
    """Return the color parameters in the terminal's output."""
    parameters = re.findall(rb"\x1b\[([0-9;:]*)m", received)
    numbers = {
        int(number) for combination in parameters for number in re.split(rb"[;:]", combination) if number
    }
    return numbers & set(COLORS)


@pytest.mark.parametrize("variables", [{"TUI_AUTH_THEME": "ansi"}, *NO_COLORS], ids=str)
def test_qr_code_scans_from_any_terminal(sign_in_as: StartSignIn, variables: dict[str, str]) -> None:
    program = sign_in_as("tess", **variables)
    program.log_in()
    phone = scan(program)
    assert phone.name == "tess"
    uses_colors = bool(colors_in(program.received))
    assert uses_colors is (variables not in NO_COLORS)
    program.press("ctrl+n", "ctrl+n")
    program.enter(phone.at(int(program.server.clock.now())))
    program.wait_for("Signed in as tess")


@pytest.mark.parametrize("variables", NO_COLORS, ids=str)
def test_selected_line_is_visible_without_colors(sign_in_as: StartSignIn, variables: dict[str, str]) -> None:
    program = sign_in_as("mia", **variables)
    program.log_in()
    program.wait_for("How do you want to confirm that it's you?")
    first, second = ("Code by SMS", "Code from an authenticator app")
    program.wait_for(lambda p: f"▌ ◉ {first}" in p.screen_text() and f"○ {second}" in p.screen_text())
    program.press("down")
    program.wait_for(lambda p: f"▌ ◉ {second}" in p.screen_text() and f"○ {first}" in p.screen_text())


@pytest.mark.parametrize("variables", NO_COLORS, ids=str)
def test_no_color_sends_no_color_on_any_screen(sign_in_as: StartSignIn, variables: dict[str, str]) -> None:
    program = sign_in_as("mia", **variables)
    program.log_in("not-this")
    program.wait_for("Incorrect username or password.")
    program.enter(program.user.password)
    program.wait_for("How do you want to confirm that it's you?")
    program.press("f1")
    program.wait_for("esc closes this")
    program.press("esc")
    program.wait_gone("esc closes this")
    program.press("ctrl+p")
    program.wait_for("Choose other colors")
    program.press("esc")
    program.wait_gone("Choose other colors")
    program.send(number_key_for(program, "Code by SMS"))
    program.wait_for("Code sent by SMS to +")
    program.enter(program.newest_code())
    program.wait_for("Signed in as mia")
    program.press("ctrl+q")
    assert program.wait_exit() == 0
    assert colors_in(program.received) == set()
    blinks = re.search(rb"\x1b\[(?:[0-9;]*;)?[56](?:;[0-9;]*)?m|\x1b\[\?12h", program.received)
    assert blinks is None, "neither text nor cursor blinks"


def test_locale_without_unicode_gets_ascii_only(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("sam", LANG="C")
    program.log_in()
    program.wait_for("Code sent by SMS to +")
    program.send("12")
    program.wait_for("| 1 | | 2 | #   #")
    program.wait_for("Continue  enter")
    program.press("ctrl+q")
    program.wait_exit()
    assert program.received.isascii()


def test_ctrl_z_and_fg_suspend_and_resume(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("sam")
    program.log_in()
    program.wait_for("Code sent by SMS to +")
    program.send("12")
    program.wait_for("│ 1 │ │ 2 │")
    modes = program.modes
    program.press("ctrl+z")
    program.wait_stopped()
    program.wait_for(lambda p: p.modes == {7, 25} and not p.emulator.kitty_flags)
    assert program.attributes() == program.attributes_before
    assert "Code sent" not in program.screen_text()
    program.foreground()
    program.wait_for("│ 1 │ │ 2 │")
    program.wait_for(lambda p: p.modes == modes)
    program.press("backspace", "backspace")
    program.enter(program.newest_code())
    program.wait_for("Signed in as sam")
    program.signal(signal.SIGTERM)
    assert program.wait_exit() == -signal.SIGTERM
    assert program.modes == {7, 25}
    assert program.attributes() == program.attributes_before


@pytest.fixture
def pipe() -> Iterator[Callable[[], int]]:
    """Return a function that creates an idle pipe and returns its write end."""
    with ExitStack() as opened:

        def make() -> int:
            reading, writing = os.pipe()
            opened.callback(os.close, reading)
            opened.callback(os.close, writing)
            return writing

        yield make


STREAMS = ("stdin", "stdout", "stderr")
STREAM_COMBINATIONS = [
    combination for count in range(4) for combination in itertools.combinations(STREAMS, count)
]


@pytest.mark.parametrize("piped", STREAM_COMBINATIONS, ids=str)
def test_piped_streams_use_the_terminal_or_report_none(
    server: CognitoEmulator, demo: DemoPool, tmp_path: Path, pipe: Callable[[], int], piped: tuple[str, ...]
) -> None:
    arguments = ["-m", "tui_auth", "sign-in", "--user-pool-id", demo.user_pool_id]
    arguments += ["--client-id", demo.client_id, "--endpoint-url", server.endpoint_url]
    streams = {name: b"" if name == "stdin" else pipe() for name in piped}
    with PtyProgram(arguments, home=tmp_path, **streams) as program:  # type: ignore[arg-type]
        if len(piped) == len(STREAMS):
            assert program.wait_exit() == 4
            assert program.received == b""
            return
        program.wait_for("Username")
        program.press("ctrl+q")
        assert program.wait_exit() == 6
        assert program.modes == {7, 25}
        assert program.attributes() == program.attributes_before


def test_copied_key_reaches_the_tmux_buffer_by_default(
    server: CognitoEmulator, demo: DemoPool, tmp_path: Path, tmux_socket: Path
) -> None:
    user = next(user for user in demo.users if user.username == "tess")
    tmux = ["tmux", "-S", str(tmux_socket), "-f", os.devnull]
    command = [sys.executable, "-m", "tui_auth", "sign-in", "--user-pool-id", user.user_pool_id]
    command += ["--client-id", user.client_id, "--endpoint-url", server.endpoint_url]
    with SignIn(command=[*tmux, "new-session", *command], home=tmp_path, rows=24) as program:
        program.server, program.user = server, user
        program.log_in()
        phone = scan(program)
        program.press("ctrl+y")
        program.wait_for_text("The key was sent to tmux's buffer and your terminal's clipboard.")
        buffer = subprocess.run([*tmux, "show-buffer"], capture_output=True, text=True, check=True)
        assert buffer.stdout == phone.secret
        assert phone.secret[:4] in program.screen_text()


def test_copied_key_passes_through_gnu_screen(
    server: CognitoEmulator, demo: DemoPool, tmp_path: Path
) -> None:
    need_tool("screen")
    user = next(user for user in demo.users if user.username == "tess")
    command = [sys.executable, "-m", "tui_auth", "sign-in", "--user-pool-id", user.user_pool_id]
    command += ["--client-id", user.client_id, "--endpoint-url", server.endpoint_url]
    sockets = tmp_path / "s"
    sockets.mkdir(mode=0o700)
    variables = {"SCREENDIR": str(sockets)}
    screen = ["screen", "-U", "-c", os.devnull, "-S", "test", *command]
    with SignIn(command=screen, home=tmp_path, rows=24, environment=variables) as program:
        program.server, program.user = server, user
        program.log_in()
        phone = scan(program)
        program.press("ctrl+y")
        program.wait_for_text("The key was sent to your terminal's clipboard.")
        program.wait_for(lambda p: p.emulator.clipboard)
        assert base64.b64decode(program.emulator.clipboard[-1]).decode() == phone.secret
        program.press("ctrl+q")
        program.wait_exit()


def test_copied_key_reaches_the_windows_clipboard_under_wsl(sign_in_as: StartSignIn, tmp_path: Path) -> None:
    tool, clipboard_file = tmp_path / "bin" / "clip.exe", tmp_path / "got"
    tool.parent.mkdir()
    tool.write_text(f"#!/bin/sh\nexec cat >'{clipboard_file}'\n")
    tool.chmod(0o755)
    path = f"{tool.parent}{os.pathsep}{os.environ['PATH']}"
    program = sign_in_as("tess", WSL_DISTRO_NAME="Debian", PATH=path)
    program.log_in()
    phone = scan(program)
    program.press("ctrl+y")
    program.wait_for_text("The key was sent to the clipboard.")
    assert clipboard_file.read_text() == phone.secret
    assert not program.emulator.clipboard


def test_qr_code_is_whole_or_replaced_by_the_key(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("tess", "--app-name", "Acme")
    program.log_in()
    phone = scan(program)
    program.press("ctrl+l")
    program.wait_for_text("1 Type this key into the app")
    assert "▄" not in program.screen_text()
    program.press("ctrl+l")
    assert scan(program).secret == phone.secret
    program.press("ctrl+n")
    program.wait_for(lambda p: p.cells()[1][0].background == "000000")
    program.press("ctrl+n")
    assert scan(program).secret == phone.secret
    program.resize(15, 40)
    program.wait_for_text("The QR code needs 65 columns by 19 rows; this terminal has 40 by 15.")
    program.wait_for_text("1 Type this key into the app")
    assert "▄" not in program.screen_text()
    assert phone.secret[-4:] in program.screen_text()
    program.resize(19, 65)
    assert scan(program).secret == phone.secret, "the stated size is enough"
    assert "▌" in program.screen_text(), "the field is visible"
    program.resize(19, 64)
    program.wait_for_text("has 64 by 19.")
    program.resize(23, 40)
    program.wait_for_text("has 40 by 23.")
    program.wait_for_text("2 Type the code the app shows. Code")
    program.resize(32, 40)
    assert scan(program).secret == phone.secret, "the picture is above the field if there is room"
    program.enter(phone.at(int(program.server.clock.now())))
    program.wait_for("Signed in as tess")
