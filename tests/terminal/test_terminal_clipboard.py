"""Routes to the clipboard, tested with fake tools and a real tmux."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tui_auth.secret import Secret
from tui_auth.terminal import clipboard
from tui_auth.terminal.clipboard import ClipboardRoute, osc_52, send_to_clipboard

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .pty_program import PtyProgram

CANARY = "JBSWY3DPEHPK3PXP"


class FakeTools:
    """A folder of fake programs that record their arguments, environment and stdin."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def add(self, name: str, *, ending: str = "exit 0") -> None:
        tool = self.folder / name
        tool.write_text(
            f'#!/bin/sh\nnotes="{self.folder}/{name}"\necho "$@" >"$notes.arguments"\n'
            f'/usr/bin/env >"$notes.environment"\n/bin/cat >"$notes.stdin"\n{ending}\n'
        )
        tool.chmod(0o755)

    def read_record(self, name: str, record: str) -> str:
        return (self.folder / f"{name}.{record}").read_text()

    def environ(self, **more: str) -> dict[str, str]:
        return {"PATH": str(self.folder), **more}


@pytest.fixture
def tools(tmp_path: Path) -> FakeTools:
    return FakeTools(tmp_path / "tools")


def fail_on_write(sequence: str) -> None:
    pytest.fail("the terminal was written to")


@pytest.mark.parametrize(
    ("tool", "variables", "arguments", "route"),
    [
        ("tmux", {"TMUX": "/tmp/x,1,0", "DISPLAY": ":0"}, "load-buffer -w -", ClipboardRoute.TMUX),
        ("tmux", {"TMUX": "/tmp/x,1,0", "SSH_TTY": "/dev/pts/0"}, "load-buffer -w -", ClipboardRoute.TMUX),
        ("wl-copy", {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, "", ClipboardRoute.LOCAL),
        ("xclip", {"DISPLAY": ":0"}, "-selection clipboard", ClipboardRoute.LOCAL),
        ("xsel", {"DISPLAY": ":0"}, "--clipboard --input", ClipboardRoute.LOCAL),
        ("clip.exe", {"WSL_DISTRO_NAME": "Debian"}, "", ClipboardRoute.LOCAL),
    ],
)
def test_clipboard_tool_gets_the_text_only_on_stdin(
    tools: FakeTools, tool: str, variables: dict[str, str], arguments: str, route: ClipboardRoute
) -> None:
    tools.add(tool)

    result = send_to_clipboard(Secret(CANARY), fail_on_write, tools.environ(**variables))

    assert result is route
    assert tools.read_record(tool, "stdin") == CANARY
    assert tools.read_record(tool, "arguments").strip() == arguments
    assert CANARY not in tools.read_record(tool, "environment")


def test_pbcopy_runs_with_a_utf_8_locale(tools: FakeTools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    tools.add("pbcopy")

    assert send_to_clipboard("grün", fail_on_write, tools.environ()) is ClipboardRoute.LOCAL
    assert tools.read_record("pbcopy", "stdin") == "grün"
    assert "LC_CTYPE=UTF-8\n" in tools.read_record("pbcopy", "environment")


@pytest.mark.parametrize(
    ("names", "variables"),
    [
        ([], {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}),
        (["wl-copy", "xclip", "clip.exe"], {}),
        (["xclip"], {"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}),
    ],
)
def test_osc_52_is_used_without_a_tool(tools: FakeTools, names: list[str], variables: dict[str, str]) -> None:
    for name in names:
        tools.add(name)
    writes: list[str] = []

    result = send_to_clipboard(CANARY, writes.append, tools.environ(**variables))

    assert result.value == "sent to your terminal's clipboard"
    assert writes == [f"\x1b]52;c;{base64.b64encode(CANARY.encode()).decode()}\x07"]


@pytest.mark.parametrize("ending", ["exit 1", "exec /bin/sleep 3600"])
@pytest.mark.parametrize(
    ("tool", "variables"), [("tmux", {"TMUX": "/tmp/x,1,0"}), ("wl-copy", {"WAYLAND_DISPLAY": "wayland-0"})]
)
def test_osc_52_is_used_after_a_tool_fails_or_hangs(
    tools: FakeTools, tool: str, variables: dict[str, str], ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard, "LONGEST_WAIT_SECONDS", 0.3)
    tools.add(tool, ending=ending)
    writes: list[str] = []

    result = send_to_clipboard(CANARY, writes.append, tools.environ(**variables))

    assert result is ClipboardRoute.TERMINAL
    assert len(writes) == 1


def test_tool_cannot_write_to_the_screen(start: Callable[..., PtyProgram], tools: FakeTools) -> None:
    tools.add("wl-copy", ending="echo SCRIBBLE; echo SCRIBBLE >&2; echo SCRIBBLE >/dev/tty; exit 0")
    send = (
        "from tui_auth.terminal.clipboard import send_to_clipboard as send;"
        f"print(send('x', print, {tools.environ(WAYLAND_DISPLAY='wayland-0')}).value)"
    )
    program = start("-c", send)

    assert program.wait_exit() == 0
    assert program.received == b"sent to the clipboard\r\n"


def test_gnu_screen_gets_short_wrapped_pieces(tools: FakeTools) -> None:
    token = "t" * 3000
    tools.add("xclip")
    writes: list[str] = []

    result = send_to_clipboard(token, writes.append, tools.environ(STY="1.pts-0", DISPLAY=":0"))

    assert result is ClipboardRoute.TERMINAL
    pieces = writes[0].removeprefix("\x1bP").removesuffix("\x1b\\").split("\x1b\\\x1bP")
    assert "".join(pieces) == osc_52(token)
    assert max(map(len, pieces)) <= 256


def test_no_sentence_claims_that_the_text_arrived() -> None:
    assert all(route.value.startswith("sent to ") and "copied" not in route.value for route in ClipboardRoute)


def test_tmux_with_default_settings_sets_buffer_and_clipboard(
    start: Callable[..., PtyProgram], tmux_socket: Path
) -> None:
    send = (
        "import sys; from tui_auth.terminal.clipboard import send_to_clipboard as send;"
        f"print(send('{CANARY}', sys.stdout.write).value); input()"
    )
    tmux = ["tmux", "-S", str(tmux_socket), "-f", os.devnull]
    terminal = start(command=[*tmux, "new-session", sys.executable, "-c", send])
    terminal.wait_for("sent to tmux's buffer and your terminal's clipboard")

    buffer = subprocess.run([*tmux, "show-buffer"], capture_output=True, text=True, check=True)
    assert buffer.stdout == CANARY
    terminal.wait_for(
        lambda program: base64.b64encode(CANARY.encode()).decode() in program.emulator.clipboard
    )
