"""Check the terminal: its kind, size, colors, theme, tmux, and the way to the clipboard."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from tui_auth.cli.doctor.report import Finding
from tui_auth.cli.full_screen import theme
from tui_auth.cli.versions import describe_colors, measure_terminal
from tui_auth.config.errors import ConfigurationError
from tui_auth.exit_codes import ExitCode
from tui_auth.terminal.clipboard import find_local_tool
from tui_auth.terminal.environment import (
    TerminalKind,
    find_terminal,
    is_in_tmux,
)
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SMALLEST = (80, 23)


def check_terminal(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Check the terminal of this process without writing to it."""
    yield from _check_kind(environ)
    yield _check_clipboard(environ)


def _check_kind(environ: Mapping[str, str]) -> Iterator[Finding]:
    terminal = find_terminal(environ)
    if terminal.kind is TerminalKind.NONE:
        yield Finding.note(
            "terminal", terminal.reason, "Signing in needs one, but for a password alone (--password-stdin)."
        )
        return
    if terminal.kind is TerminalKind.LINES:
        yield Finding.note("terminal", terminal.reason, "Signing in works with line prompts.")
    else:
        yield Finding.ok("terminal", safe_line(environ.get("TERM", ""), limit=40))
    size = measure_terminal()
    if size is None:
        yield Finding.note("size", "the terminal does not tell its size")
    else:
        columns, rows = size
        text = f"{columns}×{rows}"
        fits = columns >= SMALLEST[0] and rows >= SMALLEST[1]
        advice = "At 80×23 and more everything fits, QR pictures too."
        yield Finding.ok("size", text) if fits else Finding.note("size", text, advice)
    yield Finding.ok("colours", describe_colors(environ))
    yield from _check_theme(environ)
    yield from _check_tmux(environ)


def _check_theme(environ: Mapping[str, str]) -> Iterator[Finding]:
    if chosen := environ.get("TUI_AUTH_THEME"):
        try:
            theme(chosen)
        except ConfigurationError as error:
            yield Finding.problem(
                "theme", str(error), "Set it to one of these, or unset it.", ExitCode.CONFIGURATION
            )
        else:
            yield Finding.ok("theme", f"{chosen} from TUI_AUTH_THEME")


def _check_tmux(environ: Mapping[str, str]) -> Iterator[Finding]:
    if not is_in_tmux(environ):
        return
    version = _output(["tmux", "-V"])
    if version is None:
        yield Finding.note(
            "tmux", "TMUX is set, but tmux cannot be run", "Copying goes by the terminal then."
        )
        return
    if _output(["tmux", "show-options", "-gwv", "alternate-screen"]) == "off":
        yield Finding.note(
            "tmux history",
            "alternate-screen is off: what a screen shows stays in the history if its width changes",
            "`tmux set -wg alternate-screen on`, or `tmux clear-history` afterwards.",
        )
    setting = _output(["tmux", "show-options", "-gv", "set-clipboard"])
    if setting == "off":
        yield Finding.note(
            "tmux",
            f"{version}; set-clipboard is off",
            "What is copied stays in tmux's buffer: paste with prefix ], or `tmux set -g set-clipboard on`.",
        )
    else:
        yield Finding.ok("tmux", f"{version}; set-clipboard is {setting or 'unknown'}")


def _output(command: list[str]) -> str | None:
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        ran = subprocess.run(  # noqa: S603
            [program, *command[1:]], capture_output=True, text=True, timeout=3, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return safe_line(ran.stdout, limit=60) if ran.returncode == 0 else None


def _check_clipboard(environ: Mapping[str, str]) -> Finding:
    if is_in_tmux(environ):
        return Finding.ok("clipboard", "by tmux load-buffer -w")
    if tool := find_local_tool(environ):
        return Finding.ok("clipboard", f"by {tool}")
    return Finding.note("clipboard", "by the terminal itself (OSC 52), if it lets programs do that")
