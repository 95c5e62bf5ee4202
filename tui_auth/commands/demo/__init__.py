"""``tui-auth demo``: every sign-in step on a pool inside this program, with an inbox and a phone."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """The demo takes no flags."""


def run(arguments: Namespace) -> int:
    """Show the demo until the person leaves; 0 then."""
    from tui_auth.commands import full_screen

    if not full_screen.prepare("The demo"):
        return full_screen.NOT_SIGNED_IN
    from tui_auth.commands.demo.demo_app import DemoApp
    from tui_auth.pool import PoolServer
    from tui_auth.pool.demo_users import provision

    with PoolServer() as server:
        app = DemoApp(server, provision(server), theme=full_screen.theme(os.environ.get("TUI_AUTH_THEME")))
        return app.run_in_terminal()
