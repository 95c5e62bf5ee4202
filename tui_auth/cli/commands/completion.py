"""``tui-auth completion``: print what makes bash, zsh or fish complete tui-auth."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from tui_auth.cli.output import write_out

SHELLS = ("bash", "zsh", "fish")
_DESCRIPTION = (
    "For bash, zsh or fish: prints the script to stdout; it is made of this version's commands and flags."
)


def add_arguments(parser: ArgumentParser) -> None:
    """The flags of this command."""
    parser.description = _DESCRIPTION
    parser.add_argument(
        "shell", choices=SHELLS, metavar="|".join(SHELLS), help="which shell the script is for"
    )


def run(arguments: Namespace) -> int:
    """Print the script; 0, or 1 where stdout takes none."""
    from tui_auth.cli.completion import scripts
    from tui_auth.cli.completion.command_lines import command_lines

    write = {"bash": scripts.bash, "zsh": scripts.zsh, "fish": scripts.fish}[arguments.shell]
    return write_out(write(command_lines()))
