"""What the terminal is and does: size, colours, tmux, and the road to the clipboard."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping

from tui_auth.commands.doctor.findings import Finding, good, note, wrong
from tui_auth.commands.full_screen import theme
from tui_auth.config.errors import ConfigurationError
from tui_auth.exit_codes import ExitCode
from tui_auth.terminal.clipboard import local_tool
from tui_auth.terminal.environment import (
    TerminalKind,
    find_terminal,
    in_tmux,
    is_monochrome,
    no_colour,
)
from tui_auth.terminal.safe_text import safe_line

SMALLEST = (80, 23)


def check_terminal(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """The terminal as this process has it. Nothing is written to it."""
    yield from _terminal(environ)
    yield _clipboard(environ)


def _terminal(environ: Mapping[str, str]) -> Iterator[Finding]:
    terminal = find_terminal(environ)
    if terminal.kind is TerminalKind.NONE:
        yield note(
            "terminal", terminal.reason, "Signing in needs one, but for a password alone (--password-stdin)."
        )
        return
    if terminal.kind is TerminalKind.LINES:
        yield note("terminal", terminal.reason, "Signing in works with line prompts.")
    else:
        yield good("terminal", safe_line(environ.get("TERM", ""), limit=40))
    found = size()
    if found is None:
        yield note("size", "the terminal does not tell its size")
    else:
        columns, rows = found
        text = f"{columns}×{rows}"
        fits = columns >= SMALLEST[0] and rows >= SMALLEST[1]
        advice = "At 80×23 and more everything fits, QR pictures too."
        yield good("size", text) if fits else note("size", text, advice)
    yield good("colours", colours(environ))
    yield from _theme(environ)
    yield from _tmux(environ)


def size() -> tuple[int, int] | None:
    """Columns and rows of the terminal; None where it does not tell."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        told = os.get_terminal_size(descriptor)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return (told.columns, told.lines) if told.columns and told.lines else None


def colours(environ: Mapping[str, str]) -> str:
    """How many colours the terminal shows, as far as its variables tell."""
    if no_colour(environ):
        return "none, as NO_COLOR asks"
    if is_monochrome(environ):
        return "none: the terminal has none"
    if environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        return "16 million (COLORTERM)"
    return "256" if "256" in environ.get("TERM", "") else "16"


def _theme(environ: Mapping[str, str]) -> Iterator[Finding]:
    if chosen := environ.get("TUI_AUTH_THEME"):
        try:
            theme(chosen)
        except ConfigurationError as error:
            yield wrong("theme", str(error), "Set it to one of these, or unset it.", ExitCode.CONFIGURATION)
        else:
            yield good("theme", f"{chosen} from TUI_AUTH_THEME")


def _tmux(environ: Mapping[str, str]) -> Iterator[Finding]:
    if not in_tmux(environ):
        return
    told = _output(["tmux", "-V"])
    if told is None:
        yield note("tmux", "TMUX is set, but tmux cannot be run", "Copying goes by the terminal then.")
        return
    if _output(["tmux", "show-options", "-gwv", "alternate-screen"]) == "off":
        yield note(
            "tmux history",
            "alternate-screen is off: what a screen shows stays in the history if its width changes",
            "`tmux set -wg alternate-screen on`, or `tmux clear-history` afterwards.",
        )
    setting = _output(["tmux", "show-options", "-gv", "set-clipboard"])
    if setting == "off":
        yield note(
            "tmux",
            f"{told}; set-clipboard is off",
            "What is copied stays in tmux's buffer: paste with prefix ], or `tmux set -g set-clipboard on`.",
        )
    else:
        yield good("tmux", f"{told}; set-clipboard is {setting or 'unknown'}")


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


def _clipboard(environ: Mapping[str, str]) -> Finding:
    if in_tmux(environ):
        return good("clipboard", "by tmux load-buffer -w")
    if tool := local_tool(environ):
        return good("clipboard", f"by {tool}")
    return note("clipboard", "by the terminal itself (OSC 52), if it lets programs do that")
