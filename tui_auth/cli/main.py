"""Entry point: dispatch to a command module and import only that one.

stdout is data, stderr is talk. ``tui_auth.exit_codes`` lists the exit codes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tui_auth.cli.output import discard_stdout, flush_stdout, say, tell, write_out

PROGRAM = "tui-auth"
DEFAULT_COMMAND = "sign-in"
CACHED_COMMANDS = ("token", "header")
"""The commands that scripts run before every request; they have a fast path."""

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
    """Run the command that the arguments specify and return its exit status.

    Args:
        arguments: What follows ``tui-auth`` on the command line; None takes it from ``sys.argv``.
    """
    try:
        status = _dispatch(list(sys.argv[1:] if arguments is None else arguments))
        return flush_stdout() or status
    except KeyboardInterrupt:
        from tui_auth.exit_codes import ExitCode

        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The program that reads stdout, such as head, has read enough.
        discard_stdout()
        return 1
    except Exception as error:
        from tui_auth.exit_codes import ExitCode
        from tui_auth.terminal.crash import crash_report

        tell(f"Something went wrong in tui-auth itself.\n{crash_report(error)}")
        return ExitCode.INTERNAL_ERROR


def _dispatch(arguments: list[str]) -> int:
    if arguments and arguments[0] in ("-h", "--help"):
        return _print_help()
    if arguments and arguments[0] == "--version":
        from tui_auth.cli.versions import version_text

        return write_out(version_text())
    is_named = bool(arguments) and not arguments[0].startswith("-")
    command = arguments.pop(0) if is_named else DEFAULT_COMMAND
    status = _answer_from_cache(command, arguments)
    return _run(command, arguments) if status is None else status


def _answer_from_cache(command: str, arguments: Sequence[str]) -> int | None:
    """Print a cached token; None if the command has no fast path, or needs more than that."""
    if command not in CACHED_COMMANDS or sys.stdout is None:
        return None
    from tui_auth.session.fast_path import find_token, format_token

    token = find_token(arguments)
    if token is None:
        return None
    if token.note:
        tell(token.note)
    return write_out(format_token(command, token.value))


def _run(name: str, arguments: Sequence[str]) -> int:
    from importlib import import_module

    from tui_auth.cli.command_help import COMMANDS

    if name not in COMMANDS:
        return _reject_command(name)
    from tui_auth.cli.exit_status import with_status
    from tui_auth.cli.parser import CommandParser
    from tui_auth.config.settings import unknown_variable_warnings
    from tui_auth.terminal.crash import report_crashes_without_details

    report_crashes_without_details()
    module_name, summary = COMMANDS[name]
    command = import_module(f"tui_auth.cli.commands.{module_name}")
    parser = CommandParser(prog=f"{PROGRAM} {name}", description=summary[0].upper() + summary[1:] + ".")
    command.add_arguments(parser)
    try:
        parsed = parser.parse(arguments)
        for sentence in unknown_variable_warnings():
            say(sentence)
        return with_status(lambda: command.run(parsed))
    except SystemExit as end:  # argparse raises it after --help and after a usage error
        return end.code if isinstance(end.code, int) else 0


def _print_help() -> int:
    from tui_auth.cli.command_help import COMMANDS, PROGRAM_EXAMPLES, format_examples

    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:<{width}}  {summary}" for name, (_, summary) in COMMANDS.items())
    return write_out(_HELP.format(examples=format_examples(PROGRAM_EXAMPLES), commands=lines))


def _reject_command(name: str) -> int:
    from tui_auth.cli.command_help import COMMANDS
    from tui_auth.config.settings import closest_match
    from tui_auth.exit_codes import ExitCode

    similar = closest_match(name, COMMANDS)
    advice = f"Did you mean {similar}?" if similar else f"Commands are {', '.join(COMMANDS)}."
    tell(f"there is no command “{ascii(name[:40])[1:-1]}”. {advice}")
    return ExitCode.USAGE
