"""Write the man pages from the parsers: ``python docs/man_pages.py``.

One page for tui-auth and one for each command, in ``docs/man``. The wheel installs them in its share/man.
``tests/packaging/test_man_pages.py`` fails if a page isn't what this script writes.
"""

from __future__ import annotations

import re
import sys
from argparse import SUPPRESS, ArgumentParser, _SubParsersAction
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tui_auth.cli.help import COMMAND_EXAMPLES, COMMANDS, PROGRAM, PROGRAM_EXAMPLES, Examples
from tui_auth.cli.parser import CommandParser
from tui_auth.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FOLDER: Final = Path(__file__).parent / "man"

EXIT_STATUS: Final = {
    ExitCode.OK: "Success.",
    ExitCode.INTERNAL_ERROR: "Internal error.",
    ExitCode.USAGE: "Wrong usage.",
    ExitCode.CONFIGURATION: "The configuration can't be used.",
    ExitCode.NOT_SIGNED_IN: "Not signed in, or no terminal to sign in on.",
    ExitCode.REJECTED: "Rejected by Cognito.",
    ExitCode.CANCELED: "The user canceled.",
    ExitCode.NETWORK: "Network error.",
    ExitCode.THROTTLED: "Throttled or locked.",
    ExitCode.STORAGE: "The session can't be read or stored.",
    ExitCode.UNSUPPORTED_STEP: "The user pool requires a step that can't be done here.",
}

ENVIRONMENT: Final = {
    "TUI_AUTH_USER_POOL_ID, TUI_AUTH_CLIENT_ID, TUI_AUTH_REGION, TUI_AUTH_ENDPOINT_URL, TUI_AUTH_PROFILE": (
        "The user pool, as the flags of the same names. Other flags that select the pool, the user and the "
        "auth flow have a variable too. No variable takes a password, a code or a secret."
    ),
    "TUI_AUTH_THEME": "dark, light or ansi.",
    "TUI_AUTH_PLAIN, ACCESSIBLE": "Line prompts instead of the full screen, unless 0, false, no or off.",
    "NO_COLOR": "No colors.",
    "HTTPS_PROXY, AWS_CA_BUNDLE": "The proxy and the CA certificates, as in the AWS CLI.",
    "XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_CACHE_HOME, XDG_RUNTIME_DIR": "Where the folders below are.",
}

FILES: Final = {
    "~/.config/tui-auth/config.toml": "Profiles.",
    "~/.config/tui-auth/secrets/": "Client secrets that profile import stored.",
    "~/.local/state/tui-auth/": "Sessions and remembered devices.",
}


def write_pages(folder: Path) -> list[Path]:
    """Write all pages into a folder and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in build_pages().items():
        path = folder / f"{name}.1"
        path.write_text(text)
        written.append(path)
    return written


def build_pages() -> dict[str, str]:
    """Return the text of each page by its name, such as tui-auth-token."""
    pages = {PROGRAM: "\n".join(_program_page()) + "\n"}
    for command in COMMANDS:
        pages[f"{PROGRAM}-{command}"] = "\n".join(_command_page(command)) + "\n"
    return pages


def _program_page() -> Iterator[str]:
    yield from _heading(PROGRAM, "sign in to an Amazon Cognito user pool from a terminal")
    yield from (".SH SYNOPSIS", f".B {_escape(PROGRAM)}", r"[\fICOMMAND\fR] [\fIFLAGS\fR]", ".SH COMMANDS")
    for command, (_, summary) in COMMANDS.items():
        yield from (".TP", rf".BR {_escape(f'{PROGRAM}-{command}')} (1)", _text(summary))
    yield from _examples(PROGRAM_EXAMPLES)
    yield from _definitions("EXIT STATUS", {str(int(code)): text for code, text in EXIT_STATUS.items()})
    yield from (".TP", ".B 129, 130, 143", "Ended by SIGHUP, SIGINT or SIGTERM.")
    yield from _definitions("ENVIRONMENT", ENVIRONMENT)
    yield from _definitions("FILES", FILES)


def _command_page(command: str) -> Iterator[str]:
    module, summary = COMMANDS[command]
    description = f"{summary[0].upper()}{summary[1:]}."
    parser = CommandParser(prog=f"{PROGRAM} {command}", description=description)
    import_module(f"tui_auth.cli.commands.{module}").add_arguments(parser)
    yield from _heading(f"{PROGRAM}-{command}", summary)
    yield from (".SH SYNOPSIS", f".B {_escape(parser.format_usage().removeprefix('usage: ').strip())}")
    if parser.description:
        yield from (".SH DESCRIPTION", _text(parser.description))
    yield from _groups(parser)
    yield from _examples(COMMAND_EXAMPLES.get(command, ()))
    yield from (".SH EXIT STATUS", f"See {PROGRAM}(1).".replace("-", r"\-"))
    yield from (".SH SEE ALSO", rf".BR {_escape(PROGRAM)} (1)")


def _heading(name: str, summary: str) -> Iterator[str]:
    yield rf'.TH "{name.upper()}" "1" "" "{PROGRAM}" "User Commands"'
    yield from (".SH NAME", rf"{_escape(name)} \- {_escape(summary)}")


def _groups(parser: ArgumentParser, prefix: str = "") -> Iterator[str]:
    """Yield the arguments of a parser by group, then those of its subcommands."""
    for group in parser._action_groups:
        actions = [action for action in group._group_actions if action.help != SUPPRESS]
        if not actions:
            continue
        title = f"{prefix} {group.title}" if prefix else str(group.title)
        yield f".SH {_escape(title.upper())}"
        formatter = parser._get_formatter()
        for action in actions:
            if isinstance(action, _SubParsersAction):
                for choice in action._choices_actions:
                    yield from (
                        ".TP",
                        f".B {_escape(str(choice.metavar or choice.dest))}",
                        _text(choice.help or ""),
                    )
                continue
            yield from (".TP", f".B {_escape(formatter._format_action_invocation(action))}")
            yield _text(formatter._expand_help(action) if action.help else "")
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for name, below in action.choices.items():
                yield from _groups(below, name)


def _examples(examples: Examples) -> Iterator[str]:
    if examples:
        yield ".SH EXAMPLES"
    for line, explanation in examples:
        yield from (".TP", f".B {_escape(line.replace(chr(92) + chr(10) + '    ', ''))}", _text(explanation))


def _definitions(title: str, texts: dict[str, str]) -> Iterator[str]:
    yield f".SH {title}"
    for term, text in texts.items():
        yield from (".TP", f".B {_escape(term)}", _text(text))


def _text(text: str) -> str:
    """Return a paragraph; one that would start with a request of roff is protected."""
    escaped = _escape(re.sub(r"\s+", " ", text).strip())
    return rf"\&{escaped}"


def _escape(text: str) -> str:
    """Escape what roff reads as markup, and characters beyond ASCII."""
    text = text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")
    return "".join(char if char.isascii() else rf"\[u{ord(char):04X}]" for char in text)


def main(arguments: Iterable[str]) -> int:
    """Write the pages into the folder given, or into ``docs/man``."""
    for path in write_pages(Path(next(iter(arguments), str(FOLDER)))):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
