"""What comes before a full-screen App: a terminal, and nothing in the environment that could leak or load."""

from __future__ import annotations

import gc

from tui_auth.cli.output import tell
from tui_auth.config.errors import ConfigurationError
from tui_auth.terminal.environment import (
    TerminalKind,
    fill_missing_streams,
    find_terminal,
    harden_process,
    must_avoid_color,
    scrub_textual_environment,
)


def prepare(purpose: str) -> bool:
    """Make ready for Textual's import; False, and a line on stderr, where no full screen can be shown.

    ``purpose`` begins the sentence that says what needs a terminal. To be called before Textual is imported.
    """
    fill_missing_streams()
    terminal = find_terminal()
    if terminal.kind is not TerminalKind.FULL_SCREEN:
        what = "a terminal" if terminal.kind is TerminalKind.NONE else "a full-screen terminal"
        tell(f"{purpose} needs {what}. {terminal.reason}")
        return False
    # The collector has nothing to collect while modules load, and costs a tenth of the start. FullScreenApp
    # switches it on again.
    gc.disable()
    scrub_textual_environment()
    harden_process()
    return True


def theme(chosen: str | None) -> str:
    """The theme's name for "dark", "light" or "ansi"; the terminal's own where there is no colour."""
    names = {"": "tui-auth-dark", "dark": "tui-auth-dark", "light": "tui-auth-light", "ansi": "ansi-dark"}
    if (chosen or "") not in names:
        raise ConfigurationError("TUI_AUTH_THEME is dark, light or ansi.")
    return "ansi-dark" if must_avoid_color() else names[chosen or ""]
