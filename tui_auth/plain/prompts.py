"""Asking in lines: what a conversation is held with, and the words that lead out of a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tui_auth.secret import Secret
from tui_auth.terminal.pasted_code import find_code

NEW_CODE, BACK, FORGOT, SIGN_UP = "/new", "/back", "/forgot", "/sign-up"

_STOP = "\x1a"
"""What ^Z is where the terminal does not act on it: a stop at a hidden prompt would leave the echo off."""

STOPS_NOTHING = "Error: ^Z stops nothing while a password is typed. Type it again; ^C leaves."
TO_SIGN_IN = f"Type something, or {BACK} to go back to sign-in."


class Back(Exception):
    """The person wants to go back to where the conversation began."""


class Lines(Protocol):
    """What a conversation in lines needs."""

    def say(self, text: str = "") -> None:
        """Show lines."""

    def ask(self, prompt: str) -> str:
        """The line typed; EOFError where there is none."""

    def ask_secret(self, prompt: str) -> Secret:
        """The line typed, without an echo."""

    def wait(self, seconds: float) -> None:
        """Let time pass; what is typed meanwhile is neither shown nor kept."""


class Prompts:
    """Asks until there is an answer; ``nothing_typed`` is said to an empty line.

    Each question raises Back where the person goes back.
    """

    def __init__(self, lines: Lines, nothing_typed: str = TO_SIGN_IN) -> None:
        self.lines = lines
        self.nothing_typed = nothing_typed

    def line(self, prompt: str, known: str = "") -> str:
        """A line without the blanks around it; Enter alone gives what is known."""
        while not (typed := self.lines.ask(f"{prompt} [{known}]" if known else prompt).strip() or known):
            self.lines.say(self.nothing_typed)
        if typed == BACK:
            raise Back
        return typed

    def optional_line(self, prompt: str) -> str:
        """A line that may be empty."""
        typed = self.lines.ask(f"{prompt} (Enter leaves it out)").strip()
        if typed == BACK:
            raise Back
        return typed

    def confirm(self, prompt: str) -> None:
        """Wait for Enter alone."""
        while typed := self.lines.ask(prompt).strip():
            if typed == BACK:
                raise Back
            self.lines.say(f"Error: Press Enter alone, or type {BACK}.")

    def secret(self, prompt: str) -> Secret:
        """A line that is not echoed."""
        while not (typed := self.lines.ask_secret(prompt)) or _STOP in typed.reveal():
            self.lines.say(STOPS_NOTHING if typed else self.nothing_typed)
        if typed == Secret(BACK):
            raise Back
        return typed

    def code(self, prompt: str = "Code") -> Secret:
        """A code, in whatever groups it was typed."""
        return as_code(self.code_or_word((), prompt))

    def code_or_word(self, words: Sequence[str] = (NEW_CODE,), prompt: str = "Code") -> str:
        """What was typed for a code, or one of the words; another word with a slash costs no try."""
        while (typed := self.line(prompt)).startswith("/") and typed not in words:
            self.lines.say(f"Error: That is no code. The words here are {' and '.join((BACK, *words))}.")
        return typed

    def show(self, answers: Sequence[str]) -> None:
        """Show answers to choose from, with their numbers from 1."""
        for number, answer in enumerate(answers, 1):
            self.lines.say(f"{number} {answer}")

    def number(self, count: int) -> int:
        """Which of so many answers, counted from 0."""
        while True:
            typed = self.line("Number")
            if typed.isdecimal() and 0 < int(typed) <= count:
                return int(typed) - 1
            numbers = "1 or 2" if count == 2 else f"a number from 1 to {count}"
            self.lines.say(f"Error: Type {numbers}.")


def as_code(typed: str) -> Secret:
    """The code in what was typed: without blanks and dashes, or out of the sentence it came in."""
    return Secret(find_code(typed, None, takes_letters=True) or "".join(typed.replace("-", " ").split()))
