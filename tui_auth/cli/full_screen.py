"""Prepare the process for a full-screen app: check the terminal and clean the environment."""

from __future__ import annotations

import gc

from tui_auth.cli.output import tell
from tui_auth.config.files import ConfigurationError
from tui_auth.terminal.environment import (
    TerminalKind,
    fill_missing_streams,
    find_terminal,
    harden_process,
    must_avoid_color,
    scrub_textual_environment,
)


def prepare(purpose: str) -> bool:
    """Prepare the process for Textual. Call this before importing Textual.

    Args:
        purpose: What needs the terminal, such as "Signing in"; starts the error message.

    Returns:
        False, after a message on stderr, if the terminal can't show a full screen.
    """
    fill_missing_streams()
    terminal = find_terminal()
    if terminal.kind is not TerminalKind.FULL_SCREEN:
        requirement = "a terminal" if terminal.kind is TerminalKind.NONE else "a full-screen terminal"
        tell(f"{purpose} needs {requirement}. {terminal.reason}")
        return False
    # The garbage collector takes a tenth of the startup time and finds nothing while modules load.
    # FullScreenApp enables it again.
    gc.disable()
    scrub_textual_environment()
    harden_process()
    return True


def theme(setting: str | None) -> str:
    """Return the theme for "dark", "light" or "ansi"; without colors, the terminal's own.

    Raises:
        ConfigurationError: The setting has another value.
    """
    names = {"": "tui-auth-dark", "dark": "tui-auth-dark", "light": "tui-auth-light", "ansi": "ansi-dark"}
    if (setting or "") not in names:
        raise ConfigurationError("TUI_AUTH_THEME is dark, light or ansi.")
    return "ansi-dark" if must_avoid_color() else names[setting or ""]
