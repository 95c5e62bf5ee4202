"""Entry point: dispatch to a command module and import only that one.

stdout is data; stderr is talk. ``tui_auth.exit_codes`` has the exit codes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tui_auth.commands import COMMANDS
from tui_auth.commands.output import discard_stdout, flush_stdout, tell, write_out

PROGRAM = "tui-auth"
DEFAULT = "sign-in"

_HELP = """\
{examples}
Sign in to an Amazon Cognito user pool from a terminal, through every step the
pool asks for.

commands:
{commands}

tui-auth COMMAND --help tells more about one.
tui-auth --version names what a bug report needs.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name, and give its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _status(given)
        return flush_stdout() or status
    except KeyboardInterrupt:
        from tui_auth.exit_codes import ExitCode

        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read what is printed, such as head, has read enough.
        discard_stdout()
        return 1
    except Exception as error:
        from tui_auth.terminal.crash import crash_report

        report = crash_report(error)
        tell(f"a fault of its own. Please report these lines:\n{report}")
        return 1


def _status(given: list[str]) -> int:
    if given and given[0] in ("-h", "--help"):
        return _help()
    if given and given[0] == "--version":
        from tui_auth.commands.doctor.versions import version_text

        return _printed(version_text())
    name = given.pop(0) if given and not given[0].startswith("-") else DEFAULT
    if name not in COMMANDS:
        return _no_such_command(name)
    status = _from_cache(name, given)
    return _run(name, given) if status is None else status


def _from_cache(name: str, arguments: Sequence[str]) -> int | None:
    """Print a cached token for ``token`` and ``header``, or print nothing and return None."""
    if name not in ("token", "header") or sys.stdout is None:
        return None
    from tui_auth.session.fast_path import find_token, format_token

    token = find_token(arguments)
    if token is None:
        return None
    if token.note:
        tell(token.note)
    return write_out(format_token(name, token.value))


def _run(name: str, arguments: Sequence[str]) -> int:
    from importlib import import_module

    from tui_auth.commands.command_parser import CommandParser
    from tui_auth.commands.output import say
    from tui_auth.config.variables import unknown_variables
    from tui_auth.terminal.crash import report_crashes_without_details

    report_crashes_without_details()
    module_name, says = COMMANDS[name]
    command = import_module(f"tui_auth.commands.{module_name}")
    parser = CommandParser(prog=f"{PROGRAM} {name}", description=says[0].upper() + says[1:] + ".")
    command.add_arguments(parser)
    try:
        parsed = parser.read(arguments)
        for sentence in unknown_variables():
            say(sentence)
        status: int = command.run(parsed)
    except SystemExit as end:  # argparse's, after the help or a wrong word
        return end.code if isinstance(end.code, int) else 0
    return status


def _help() -> int:
    from tui_auth.commands.examples import WITHOUT_A_COMMAND, listed

    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:<{width}}  {says}" for name, (_, says) in COMMANDS.items())
    return _printed(_HELP.format(examples=listed(WITHOUT_A_COMMAND), commands=lines))


def _printed(text: str) -> int:
    return write_out(text)


def _no_such_command(name: str) -> int:
    from tui_auth.config.nearest import nearest
    from tui_auth.exit_codes import ExitCode

    near = nearest(name, COMMANDS)
    cure = f"Did you mean {near}?" if near else f"Commands are {', '.join(COMMANDS)}."
    tell(f"there is no command “{ascii(name[:40])[1:-1]}”. {cure}")
    return ExitCode.USAGE
