"""The argument parser, which reads private members of argparse."""

from __future__ import annotations

from argparse import Namespace

import pytest

from tui_auth.cli.parser import CommandParser
from tui_auth.cli.sign_in_now import wants_line_prompts

SWITCHES = ("ACCESSIBLE", "TUI_AUTH_PLAIN")


@pytest.fixture
def parser() -> CommandParser:
    """Return a parser with a group of flags, a hidden flag, an optional argument and a subcommand."""
    parser = CommandParser(prog="tui-auth sample", description="Does one thing.\n\nAnd another.")
    parser.add_argument("--hidden", help="==SUPPRESS==")
    group = parser.add_argument_group("the pool", "The user pool to use.")
    group.add_argument("--region", metavar="REGION", help="such as eu-west-1")
    subcommand = parser.add_subparsers(metavar="add|use", dest="action").add_parser("add", help="add a file")
    subcommand.add_argument("file", metavar="FILE")
    subcommand.add_argument("kind", nargs="?", choices=("a", "b"))
    subcommand.add_argument("--force", action="store_true", help="%(prog)s replaces the file")
    return parser


def test_help_has_usage_description_and_groups(parser: CommandParser) -> None:
    assert parser.format_usage() == "usage: tui-auth sample [flags] add|use\n"
    lines = parser.format_help().splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == [
        "Does one thing.",
        "And another.",
        "usage: tui-auth sample [flags] add|use",
        "positional arguments:",
        "options:",
        "the pool:",
    ]
    assert "  The user pool to use." in lines
    assert any(line.split() == ["--region", "REGION", "such", "as", "eu-west-1"] for line in lines)


def test_usage_of_a_subcommand_lists_its_arguments(
    parser: CommandParser, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser.parse(["add", "--help"])
    assert "usage: tui-auth sample add [flags] FILE [{a,b}]\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--regoin"], "Unknown flag --regoin. Did you mean --region?"),
        (["add", "f", "--forse"], "Unknown flag --forse. Did you mean --force?"),
        (["--hiddn"], "Unknown flag. See `tui-auth sample --help`."),
        (["--reg=x"], "Unknown flag --reg. Did you mean --region?"),
        (["add", "f", "a", "more"], "Unexpected argument. See `tui-auth sample --help`."),
    ],
)
def test_unexpected_argument_suggests_a_flag_of_parser_or_subcommand(
    parser: CommandParser, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as exit_:
        parser.parse(arguments)
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variables", "wants"),
    [
        *(({name: value}, False) for name in SWITCHES for value in ("", "0", "false", "No", "OFF", " 0 ")),
        *(({name: value}, True) for name in SWITCHES for value in ("1", "true", "yes", "on", "2")),
        ({"TUI_AUTH_PLAIN": "0", "ACCESSIBLE": "1"}, False),
        ({"TUI_AUTH_PLAIN": "1", "ACCESSIBLE": "0"}, True),
        ({"TUI_AUTH_PLAIN": "", "ACCESSIBLE": "1"}, True),
        ({}, False),
    ],
)
def test_variables_for_line_prompts_can_say_no(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], wants: bool
) -> None:
    for name in SWITCHES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert wants_line_prompts(Namespace(plain=False)) is wants
    assert wants_line_prompts(Namespace(plain=True))
