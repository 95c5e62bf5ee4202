"""``tui-auth header``: print ``Authorization: Bearer …`` for ``curl -H @-``; no process list shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_auth.cli.commands.token import add_arguments as add_arguments
from tui_auth.cli.commands.token import print_token

if TYPE_CHECKING:
    from argparse import Namespace


def run(arguments: Namespace) -> int:
    """Print the header. Return 4 if a sign-in is necessary and can't be made here."""
    return print_token("header", arguments)
