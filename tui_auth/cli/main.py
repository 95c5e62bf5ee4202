"""Entry point: dispatch to a command module and import only that one.

stdout is data, stderr is talk. ``tui_auth.exit_codes`` lists the exit codes.
"""

from __future__ import annotations

import os
import sys

from tui_auth.cli.output import discard_stdout, flush_stdout, say, tell, with_status, write_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = "tui-auth"
DEFAULT_COMMAND = "sign-in"
CACHED_COMMANDS = ("token", "header", "exec", "kube-credential", "aws-credentials")
"""The commands that programs run on every call; they have a fast path."""


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
        # The program that reads stdout, such as head, has read enough. End as other programs do.
        import signal

        discard_stdout()
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGPIPE)
        return 128 + signal.SIGPIPE  # if the caller blocks the signal
    except Exception as error:
        from tui_auth.exit_codes import ExitCode
        from tui_auth.terminal.crash import crash_report

        tell(f"An internal error occurred.\n{crash_report(error)}")
        return ExitCode.INTERNAL_ERROR


def _dispatch(arguments: list[str]) -> int:
    if arguments and arguments[0] in ("-h", "--help"):
        from tui_auth.cli.help import program_help

        return write_out(program_help())
    if arguments and arguments[0] == "--version":
        from tui_auth.cli.program_facts import version_text

        return write_out(version_text())
    # -v and -V are no flags, but what users try.
    is_named = bool(arguments) and (not arguments[0].startswith("-") or arguments[0] in ("-v", "-V"))
    command = arguments.pop(0) if is_named else DEFAULT_COMMAND
    if command in CACHED_COMMANDS and sys.stdout is not None:
        import resource

        from tui_auth.session.fast_path import find_answer

        # harden_process does more, but what it imports takes longer than all the rest here.
        core_limit = resource.getrlimit(resource.RLIMIT_CORE)
        _, hard_limit = core_limit
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard_limit))
        answer = find_answer(command, arguments)
        if answer and answer.note:
            tell(answer.note)
        if answer and not answer.command:
            return write_out(answer.text)
        if answer:
            resource.setrlimit(resource.RLIMIT_CORE, core_limit)
            _replace_process(answer.command, answer.variables)
        return _run(command, arguments, core_limit)
    return _run(command, arguments)


def _replace_process(command: list[str], variables: dict[str, str]) -> None:
    """Run a command in place of this process. Return if that fails: the slow path says why."""
    import signal

    # Python ignores these signals, and a process that is replaced passes that on.
    former = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGPIPE, signal.SIGXFSZ)}
    try:
        os.execvpe(command[0], command, {**os.environ, **variables})  # noqa: S606 - the user's own command
    except (OSError, ValueError):
        for number, handler in former.items():
            signal.signal(number, handler)


def _run(name: str, arguments: Sequence[str], core_limit: tuple[int, int] | None = None) -> int:
    from importlib import import_module

    from tui_auth.cli.help import COMMANDS

    if name not in COMMANDS:
        return _reject_command(name, arguments)
    from tui_auth.cli.parser import CommandParser
    from tui_auth.config.settings import unknown_variable_warnings
    from tui_auth.terminal.crash import report_crashes_without_details
    from tui_auth.terminal.environment import harden_process

    if core_limit is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, core_limit)  # exec gives its command what is set here
    harden_process()
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


def _reject_command(name: str, arguments: Sequence[str]) -> int:
    """Suggest the command that was probably meant. The word is not repeated: it may be a secret."""
    from tui_auth.cli.help import COMMANDS, SYNONYMS
    from tui_auth.config.settings import closest_match
    from tui_auth.exit_codes import ExitCode

    meant = SYNONYMS.get(name.casefold()) or closest_match(name, COMMANDS)
    if meant == "--help" and arguments and arguments[0] in COMMANDS:
        meant = f"{arguments[0]} --help"
    advice = f"Did you mean `{PROGRAM} {meant}`?" if meant else f"The commands are {', '.join(COMMANDS)}."
    tell(f"Unknown command. {advice}")
    return ExitCode.USAGE
