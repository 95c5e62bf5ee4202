"""``tui-auth header``: ``Authorization: Bearer …`` for ``curl -H @-``, so no process list shows a token."""

from __future__ import annotations

from argparse import Namespace

from tui_auth.cli.commands.token import add_arguments as add_arguments
from tui_auth.cli.commands.token import print_token


def run(arguments: Namespace) -> int:
    """Print the header; 4 where a sign-in is needed and cannot be made here."""
    return print_token("header", arguments)
