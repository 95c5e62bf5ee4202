"""``tui-auth completion``: print the completion script of bash, zsh or fish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_auth.cli.output import write_out

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SHELLS = ("bash", "zsh", "fish")
_DESCRIPTION = (
    "For bash, zsh or fish: prints the script to stdout; it is made of this version's commands and flags."
)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the argument of this command."""
    parser.description = _DESCRIPTION
    parser.add_argument(
        "shell", choices=SHELLS, metavar="|".join(SHELLS), help="which shell the script is for"
    )


def run(arguments: Namespace) -> int:
    """Print the script; 0, or 1 if stdout can't take it."""
    from tui_auth.cli import completion

    write = {"bash": completion.bash, "zsh": completion.zsh, "fish": completion.fish}[arguments.shell]
    return write_out(write(completion.command_lines()))
