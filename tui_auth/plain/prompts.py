"""Prompts: asks for one line at a time and handles commands such as /back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tui_auth.flow.messages import find_new_password_error
from tui_auth.secret import Secret
from tui_auth.terminal.clipboard import find_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_auth.config.settings import PasswordPolicy

NEW_CODE, BACK, FORGOT, SIGN_UP = "/new", "/back", "/forgot", "/sign-up"

_CTRL_Z = "\x1a"
"""^Z as a character. A hidden prompt reads it raw, because stopping there would leave the echo off."""

SUSPEND_ERROR = "Error: ^Z stops nothing while a password is typed. Type it again; ^C leaves."
EMPTY_LINE_TEXT = f"Type something, or {BACK} to go back to sign-in."


class BackError(Exception):
    """The user typed /back."""


class Lines(Protocol):
    """A terminal that prints and reads lines."""

    def say(self, text: str = "") -> None:
        """Print one or more lines."""

    def ask(self, prompt: str) -> str:
        """Read a line. Raises EOFError at ^D."""

    def ask_secret(self, prompt: str) -> Secret:
        """Read a line without echo. Raises EOFError at ^D."""

    def wait(self, seconds: float) -> None:
        """Wait, and discard what is typed meanwhile."""


class Prompts:
    """Asks until there is a valid answer. Each prompt raises BackError if the user goes back.

    Args:
        lines: The terminal.
        empty_line_text: What to print after an empty line.
    """

    def __init__(self, lines: Lines, empty_line_text: str = EMPTY_LINE_TEXT) -> None:
        self.lines = lines
        self.empty_line_text = empty_line_text

    def line(self, prompt: str, default: str = "") -> str:
        """Ask for a line and strip spaces around it. An empty line selects the default."""
        while not (
            typed := self.lines.ask(f"{prompt} [{default}]" if default else prompt).strip() or default
        ):
            self.lines.say(self.empty_line_text)
        if typed == BACK:
            raise BackError
        return typed

    def optional_line(self, prompt: str) -> str:
        """Ask for a line, which may be empty."""
        typed = self.lines.ask(f"{prompt} (Enter leaves it out)").strip()
        if typed == BACK:
            raise BackError
        return typed

    def confirm(self, prompt: str) -> None:
        """Wait for Enter alone."""
        while typed := self.lines.ask(prompt).strip():
            if typed == BACK:
                raise BackError
            self.lines.say(f"Error: Press Enter alone, or type {BACK}.")

    def secret(self, prompt: str) -> Secret:
        """Ask for a line that isn't echoed."""
        while not (typed := self.lines.ask_secret(prompt)) or _CTRL_Z in typed.reveal():
            self.lines.say(SUSPEND_ERROR if typed else self.empty_line_text)
        if typed == Secret(BACK):
            raise BackError
        return typed

    def code(self, prompt: str = "Code") -> Secret:
        """Ask for a code, ignoring spaces and dashes in it."""
        return parse_code(self.code_or_command((), prompt))

    def code_or_command(self, commands: Sequence[str] = (NEW_CODE,), prompt: str = "Code") -> str:
        """Ask for a code or one of the commands. Reject any other word that starts with a slash."""
        while (typed := self.line(prompt)).startswith("/") and typed not in commands:
            self.lines.say(f"Error: That is no code. The words here are {' and '.join((BACK, *commands))}.")
        return typed

    def new_password(self, policy: PasswordPolicy | None) -> Secret:
        """Print the pool's password policy, if known, and ask for a new password twice."""
        if policy:
            self.lines.say(f"It needs {', '.join(rule for rule, _ in policy.checklist(''))}.")
        while True:
            first = self.secret("New password")
            if problem := find_new_password_error(first, self.secret("Once more")):
                self.lines.say(f"Error: {problem}")
            else:
                return first

    def show(self, answers: Sequence[str]) -> None:
        """Print numbered answers, starting from 1."""
        for number, answer in enumerate(answers, 1):
            self.lines.say(f"{number} {answer}")

    def number(self, count: int) -> int:
        """Ask for the number of an answer and return its index."""
        while True:
            typed = self.line("Number")
            if typed.isdecimal() and 0 < int(typed) <= count:
                return int(typed) - 1
            numbers = "1 or 2" if count == 2 else f"a number from 1 to {count}"
            self.lines.say(f"Error: Type {numbers}.")


def parse_code(typed: str) -> Secret:
    """Return the code in a line: extracted from a sentence, or without spaces and dashes."""
    return Secret(find_code(typed, None, takes_letters=True) or "".join(typed.replace("-", " ").split()))
