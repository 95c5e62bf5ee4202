"""Prompts: ask for one line at a time, and take the commands that lead out of a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tui_auth.flow.messages import wrong_with_password
from tui_auth.secret import Secret
from tui_auth.terminal.pasted_code import find_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_auth.config.settings import PasswordPolicy

NEW_CODE, BACK, FORGOT, SIGN_UP = "/new", "/back", "/forgot", "/sign-up"

_STOP = "\x1a"
"""^Z as a character, where the terminal doesn't act on it: a stop at a hidden prompt leaves the echo off."""

STOPS_NOTHING = "Error: ^Z stops nothing while a password is typed. Type it again; ^C leaves."
TO_SIGN_IN = f"Type something, or {BACK} to go back to sign-in."


class BackError(Exception):
    """The user goes back to where the prompts began."""


class Lines(Protocol):
    """A terminal that shows and reads lines."""

    def say(self, text: str = "") -> None:
        """Show lines."""

    def ask(self, prompt: str) -> str:
        """Return the line typed. Raises EOFError if there is none."""

    def ask_secret(self, prompt: str) -> Secret:
        """Return the line typed, without an echo."""

    def wait(self, seconds: float) -> None:
        """Let time pass; what is typed meanwhile is neither shown nor used."""


class Prompts:
    """Asks until there is an answer; ``nothing_typed`` is shown after an empty line.

    Each prompt raises BackError if the user goes back.
    """

    def __init__(self, lines: Lines, nothing_typed: str = TO_SIGN_IN) -> None:
        self.lines = lines
        self.nothing_typed = nothing_typed

    def line(self, prompt: str, known: str = "") -> str:
        """Ask for a line, without the spaces around it; Enter alone takes the known one."""
        while not (typed := self.lines.ask(f"{prompt} [{known}]" if known else prompt).strip() or known):
            self.lines.say(self.nothing_typed)
        if typed == BACK:
            raise BackError
        return typed

    def optional_line(self, prompt: str) -> str:
        """Ask for a line that may be empty."""
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
        while not (typed := self.lines.ask_secret(prompt)) or _STOP in typed.reveal():
            self.lines.say(STOPS_NOTHING if typed else self.nothing_typed)
        if typed == Secret(BACK):
            raise BackError
        return typed

    def code(self, prompt: str = "Code") -> Secret:
        """Ask for a code, in whatever groups it is typed."""
        return as_code(self.code_or_word((), prompt))

    def code_or_word(self, words: Sequence[str] = (NEW_CODE,), prompt: str = "Code") -> str:
        """Ask for a code or one of the words. Another word with a slash isn't sent."""
        while (typed := self.line(prompt)).startswith("/") and typed not in words:
            self.lines.say(f"Error: That is no code. The words here are {' and '.join((BACK, *words))}.")
        return typed

    def new_password(self, policy: PasswordPolicy | None) -> Secret:
        """Ask for a new password, twice; say first what the pool requires, if known."""
        if policy:
            self.lines.say(f"It needs {', '.join(rule for rule, _ in policy.checklist(''))}.")
        while True:
            first = self.secret("New password")
            if complaint := wrong_with_password(first, self.secret("Once more")):
                self.lines.say(f"Error: {complaint}")
            else:
                return first

    def show(self, answers: Sequence[str]) -> None:
        """Show answers to choose from, with their numbers from 1."""
        for number, answer in enumerate(answers, 1):
            self.lines.say(f"{number} {answer}")

    def number(self, count: int) -> int:
        """Ask which of so many answers, and return its number from 0."""
        while True:
            typed = self.line("Number")
            if typed.isdecimal() and 0 < int(typed) <= count:
                return int(typed) - 1
            numbers = "1 or 2" if count == 2 else f"a number from 1 to {count}"
            self.lines.say(f"Error: Type {numbers}.")


def as_code(typed: str) -> Secret:
    """Return the code in what was typed: without spaces and dashes, or out of its sentence."""
    return Secret(find_code(typed, None, takes_letters=True) or "".join(typed.replace("-", " ").split()))
