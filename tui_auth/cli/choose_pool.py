"""Ask for a user pool on the terminal if nothing specifies one, and save it as a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_auth.cli.exit_status import CommandFailedError
from tui_auth.cli.output import tell
from tui_auth.config.resolver import ResolvedPool, explicit_settings, resolve_saved_profile
from tui_auth.exit_codes import ExitCode
from tui_auth.flow.settings import environment_badge_for

if TYPE_CHECKING:
    from argparse import Namespace


def ask_for_pool(arguments: Namespace, *, theme: str, notice: str = "") -> tuple[int, ResolvedPool | None]:
    """Ask in full screen. Call ``full_screen.prepare`` first.

    Args:
        arguments: The command's arguments; the profile's name is added to them.
        theme: The theme of the screen.
        notice: What the screen shows at first, such as which file specifies no pool.

    Returns:
        The exit status, and the pool; None if the user quit.

    Raises:
        ConfigurationError: The profile can't be read.
    """
    from tui_auth.first_run_app import FirstRunApp

    settings = explicit_settings(arguments)
    badge = environment_badge_for(settings.get("endpoint_url", ""))
    app = FirstRunApp(settings, theme=theme, notice=notice, environment_badge=badge)
    status = app.run_in_terminal()
    name = app.return_value
    if name is None:
        return status, None
    tell(f"Kept as the profile {name}.", by="")
    arguments.profile = name
    return 0, resolve_saved_profile(name, arguments)


def ask_for_pool_in_lines(arguments: Namespace) -> ResolvedPool:
    """Ask in line prompts.

    Raises:
        CommandFailedError: The user quit.
        ConfigurationError: The profile can't be read.
    """
    from tui_auth.flow.first_run_flow import FirstRunFlow
    from tui_auth.plain.first_run import PlainFirstRun
    from tui_auth.terminal.environment import harden_process
    from tui_auth.terminal.signals import exit_on_signals
    from tui_auth.terminal.tty_prompt import TtyPrompt

    harden_process()
    settings = explicit_settings(arguments)
    badge = environment_badge_for(str(settings.get("endpoint_url", "")))
    with TtyPrompt() as lines, exit_on_signals():
        try:
            prompts = PlainFirstRun(lines, FirstRunFlow(settings), environment_badge=badge)
            arguments.profile = name = prompts.run()
        except EOFError:
            raise CommandFailedError(ExitCode.CANCELLED) from None
    return resolve_saved_profile(name, arguments)
