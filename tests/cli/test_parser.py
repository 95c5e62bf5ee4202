"""The argument parser: the members of argparse that it reads, in the Python that runs the tests."""

from __future__ import annotations

import pytest

from tui_auth.cli.commands.completion import FILE, CommandLine, Flag, lines_of
from tui_auth.cli.parser import CommandParser


@pytest.fixture
def parser() -> CommandParser:
    """A parser with a group of flags, a hidden flag, an optional argument and a subcommand."""
    parser = CommandParser(prog="tui-auth sample", description="Does one thing.\n\nAnd another.")
    parser.add_argument("--hidden", help="==SUPPRESS==")
    group = parser.add_argument_group("the pool", "Which one.")
    group.add_argument("--region", metavar="REGION", help="such as eu-west-1")
    below = parser.add_subparsers(metavar="add|use", dest="action").add_parser("add", help="add a file")
    below.add_argument("file", metavar="FILE")
    below.add_argument("kind", nargs="?", choices=("a", "b"))
    below.add_argument("--force", action="store_true", help="%(prog)s whatever is there")
    return parser


def test_the_help_has_the_usage_the_description_and_each_group(parser: CommandParser) -> None:
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
    assert "  Which one." in lines
    assert any(line.split() == ["--region", "REGION", "such", "as", "eu-west-1"] for line in lines)


def test_the_usage_of_a_subcommand_lists_its_arguments(
    parser: CommandParser, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser.parse(["add", "--help"])
    assert "usage: tui-auth sample add [flags] FILE [{a,b}]\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--regoin"], "there is no flag --regoin. Did you mean --region?"),
        (["add", "f", "--forse"], "there is no flag --forse. Did you mean --force?"),
        (["--hiddn"], "there is no flag --hiddn"),
        (["--reg=x"], "there is no flag --reg"),
        (["add", "f", "a", "more"], "there is one word too many"),
    ],
)
def test_an_unexpected_argument_is_compared_with_the_flags_of_parser_and_subcommand(
    parser: CommandParser, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as exit_:
        parser.parse(arguments)
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err


def test_completion_lists_every_command_with_its_flags_and_its_first_argument(parser: CommandParser) -> None:
    top, below = reversed(list(lines_of(("sample",), "a sample", parser)))
    assert [flag.names for flag in top.flags] == [("-h", "--help"), ("--hidden",), ("--region",)]
    assert below == CommandLine(
        ("sample", "add"),
        "add a file",
        (below.flags[0], Flag(("--force",), "tui-auth sample add whatever is there", None)),
        FILE,
    )
