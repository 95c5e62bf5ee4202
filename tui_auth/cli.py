"""The door: which command, and nothing loaded that this command does not need.

stdout is data; stderr is talk. Exit codes: 0 ok, 1 unexpected, 2 usage, 3 configuration, 4 not signed in,
5 refused, 6 cancelled, 7 network, 8 throttled or locked, 9 storage, 10 a step that cannot be done here;
129, 130, 143 by signal.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tui_auth.commands import COMMANDS
from tui_auth.commands.output import let_go_of_stdout, tell, write_out, written_out

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
        return written_out() or status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read what is printed, such as head, has read enough.
        let_go_of_stdout()
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
    """The short way for what scripts run on every request; None where it takes more."""
    if name not in ("token", "header"):
        return None
    from tui_auth.commands.token_arguments import answer_from_cache

    return answer_from_cache(name, arguments)


def _run(name: str, arguments: Sequence[str]) -> int:
    from importlib import import_module

    from tui_auth.commands.command_parser import CommandParser
    from tui_auth.commands.exit_status import say
    from tui_auth.config.settings import unknown_variable_warnings
    from tui_auth.terminal.crash import report_crashes_without_details

    report_crashes_without_details()
    module_name, says = COMMANDS[name]
    command = import_module(f"tui_auth.commands.{module_name}")
    parser = CommandParser(prog=f"{PROGRAM} {name}", description=says[0].upper() + says[1:] + ".")
    command.add_arguments(parser)
    try:
        parsed = parser.read(arguments)
        for sentence in unknown_variable_warnings():
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
    from tui_auth.config.settings import closest_match

    near = closest_match(name, COMMANDS)
    cure = f"Did you mean {near}?" if near else f"Commands are {', '.join(COMMANDS)}."
    tell(f"there is no command “{ascii(name[:40])[1:-1]}”. {cure}")
    return 2
