"""Help that starts with examples, ``--version``, and the messages of usage errors."""

from __future__ import annotations

import re
import shlex
from importlib import import_module

import pytest

from tests.programs import Program, TerminalProgram
from tui_auth.cli.help import COMMAND_EXAMPLES, COMMANDS, PROGRAM_EXAMPLES
from tui_auth.cli.main import main
from tui_auth.cli.parser import CommandParser

EXAMPLES = [line for examples in (PROGRAM_EXAMPLES, *COMMAND_EXAMPLES.values()) for line, _ in examples]


def build_parser(command: str) -> CommandParser:
    """Build the parser of a command."""
    parser = CommandParser(prog=f"tui-auth {command}")
    import_module(f"tui_auth.cli.commands.{COMMANDS[command][0]}").add_arguments(parser)
    return parser


@pytest.mark.parametrize("line", EXAMPLES)
def test_every_example_can_be_parsed(line: str) -> None:
    match = re.search(r"tui-auth([^|)>]*)", line.replace("\\\n", " "))
    assert match
    arguments = shlex.split(match[1])
    command = arguments.pop(0) if arguments and not arguments[0].startswith("-") else "sign-in"
    build_parser(command).parse(arguments)


COMMANDS_AND_SUBCOMMANDS = ("", *COMMANDS, *(name for name in COMMAND_EXAMPLES if " " in name))


@pytest.mark.parametrize("command", COMMANDS_AND_SUBCOMMANDS)
def test_every_help_starts_with_examples_and_fits_80_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.setattr("tui_auth.terminal.crash.report_crashes_without_details", lambda: None)
    monkeypatch.setenv("COLUMNS", "80")
    assert main([*command.split(), "--help"]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    examples = COMMAND_EXAMPLES[command] if command else PROGRAM_EXAMPLES
    assert first.startswith(f"  {examples[0][0]}".splitlines()[0])
    assert any(line.startswith("usage: ") for line in rest) or not command
    assert [line for line in (first, *rest) if len(line) > 80] == []


@pytest.mark.parametrize("command", ["", "profile add"])
def test_help_is_on_stdout_and_stderr_is_empty(program: Program, command: str) -> None:
    result = program.run(*command.split(), "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("  tui-auth")


def test_version_prints_versions_and_platform(program: Program) -> None:
    result = program.run("--version")
    assert (result.returncode, result.stderr) == (0, "")
    for pattern in (
        r"tui-auth \d",
        r"Python 3\.\d+",
        r"textual \d",
        r"boto3 \d",
        r"botocore \d",
        "Linux|macOS",
    ):
        assert re.search(pattern, result.stdout), pattern
    assert "terminal: none" in result.stdout


def test_version_describes_the_terminal(terminal_program: TerminalProgram) -> None:
    environment = {"TERM_PROGRAM": "iTerm.app", "SSH_TTY": "/dev/pts/1"}
    with terminal_program.on_a_terminal("--version", rows=30, cols=100, variables=environment) as running:
        assert running.wait_exit() == 0
        screen = running.screen_text()
    assert (
        "terminal: xterm-256color, colors: 16 million (COLORTERM), 100×30, TERM_PROGRAM=iTerm.app" in screen
    )
    assert "in SSH" in screen


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tokn",), "Unknown command. Did you mean `tui-auth token`?"),
        (("xyz",), "Unknown command. The commands are sign-in, token"),
        (("token", "--profil", "a"), "Unknown flag --profil. Did you mean --profile?"),
        (("profile", "add", "a", "--client-id", "c"), "are required: --user-pool-id"),
        (
            ("profile", "add", "a", "--clientid", "c"),
            "Unknown flag --clientid. Did you mean --client-id?",
        ),
        (("profile", "add", "a", "--client-id=c", "--client-secret=hunter2"), "Use --client-secret-file."),
        (
            ("--profile", "a", "doctor"),
            "The command comes first, then its flags: `tui-auth doctor …`.",
        ),
        (("profile",), "required: list|add|use|show|remove|import"),
        (("profile", "show", "--orign"), "Unknown flag --orign. Did you mean --origin?"),
        (("doctor", "now"), "Unexpected argument. See `tui-auth doctor --help`."),
        (("sign-in", "--password-stdin", "hunter2"), "Unexpected argument after --password-stdin."),
        (("--auth-flow", "SRP"), "Did you mean USER_SRP_AUTH?"),
        (
            ("--password", "hunter2"),
            "No flag takes a secret, because other users could see it. Use --password-stdin",
        ),
        (("--password=hunter2",), "Use --password-stdin or --password-file."),
        (("--client-secret", "hunter2"), "Use --client-secret-file."),
    ],
)
def test_usage_error_is_one_sentence_and_exits_with_2(
    program: Program, arguments: tuple[str, ...], message: str
) -> None:
    result = program.run(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "hunter2" not in result.stderr


def test_flags_cannot_be_abbreviated(program: Program) -> None:
    result = program.run("doctor", "--js")
    assert (result.returncode, result.stdout) == (2, "")
