"""Prompts: asks for lines, handles commands such as /back, and starts a sign-in or a sign-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tui_auth.errors import ErrorField, ErrorKind
from tui_auth.flow import messages
from tui_auth.secret import Secret
from tui_auth.terminal.clipboard import find_code
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_auth.config.settings import PasswordPolicy
    from tui_auth.flow.interface import ErrorMessage, Output
    from tui_auth.flow.sign_in_flow import SignInFlow

NEW_CODE, BACK, FORGOT, SIGN_UP = "/new", "/back", "/forgot", "/sign-up"

_CTRL_Z = "\x1a"
"""^Z as a character. A hidden prompt reads it raw, because stopping there would leave the echo off."""

SUSPEND_ERROR = "Error: ^Z stops nothing while a password is typed. Type it again; ^C leaves."
OTHER_COMMANDS = f"{FORGOT} resets a forgotten password, {SIGN_UP} makes an account."
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
        while not (typed := self._read(f"{prompt} [{default}]" if default else prompt) or default):
            self.lines.say(self.empty_line_text)
        return typed

    def optional_line(self, prompt: str) -> str:
        """Ask for a line, which may be empty."""
        return self._read(f"{prompt} (Enter leaves it out)")

    def confirm(self, prompt: str) -> None:
        """Wait for Enter alone."""
        while self._read(prompt):
            self.lines.say(f"Error: Press Enter alone, or type {BACK}.")

    def _read(self, prompt: str) -> str:
        typed = self.lines.ask(prompt).strip()
        if typed == BACK:
            raise BackError
        return typed

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
            if problem := messages.find_new_password_error(first, self.secret("Once more")):
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


class StartPrompts:
    """Asks for user name and password, or for a new account. Doesn't ask again for accepted values."""

    def __init__(self, prompts: Prompts, flow: SignInFlow) -> None:
        self.prompts = prompts
        self.flow = flow
        self.username = flow.settings.username
        self._has_tried = False
        self._account: AccountPrompts | None = None
        self._has_shown_commands = False

    def ask(self) -> Output:
        """Ask for the user name and password, or continue a sign-up, and start the request."""
        if self._account is None:
            self.flow.drop()
            return self._sign_in()
        try:
            return self._account.ask()
        except BackError:
            self._account = None
            raise

    def request_failed(self, error: ErrorMessage) -> None:
        """Discard the values that the error is about."""
        if error.kind in (ErrorKind.NOT_AUTHORIZED, ErrorKind.CONFIGURATION):
            self._account = None
        elif self._account is not None:
            self._account.request_failed(error)

    def succeeded(self) -> None:
        """Continue with the user name of the account that was created."""
        if self._account is not None:
            self.username, self._account = self._account.username, None

    def _sign_in(self) -> Output:
        settings, lines = self.flow.settings, self.prompts.lines
        badge = f"{settings.environment_badge}: " if settings.environment_badge else ""
        lines.say(f"{badge}Sign in to {safe_line(settings.pool)}")
        if not self.username:
            self._has_tried = False
        else:
            name = safe_line(self.username, limit=60)
            lines.say(f"{settings.username_label}: {name} ({BACK} asks for another)")
        if not self._has_shown_commands and (not self.username or settings.auth_flow.needs_password):
            self._has_shown_commands = True
            lines.say(OTHER_COMMANDS)
        while not self.username:
            typed = lines.ask(settings.username_label).strip()
            if typed == SIGN_UP:
                return self._sign_up()
            if typed == FORGOT:
                self.username = self.prompts.line(settings.username_label)
                return self.flow.reset_password(self.username)
            self.username = "" if typed == BACK else typed
        try:
            password = self._ask_password()
        except BackError:
            self.username = ""  # so that the next prompt asks for it
            raise
        if password == Secret(FORGOT):
            return self.flow.reset_password(self.username)
        if password == Secret(SIGN_UP):
            return self._sign_up()
        self._has_tried = True
        return self.flow.sign_in(self.username, password)

    def _sign_up(self) -> Output:
        self.prompts.lines.say(f"Make an account ({BACK} goes back to sign-in)")
        self.flow.open_sign_up("")
        self._account = AccountPrompts(self.prompts, self.flow)
        return self.ask()

    def _ask_password(self) -> Secret | None:
        """Ask for the password if the auth flow takes one; before a retry without one, ask for Enter."""
        if self.flow.settings.auth_flow.needs_password:
            return self.prompts.secret("Password")
        if self._has_tried:  # otherwise, this would loop and send a message each time
            self.prompts.confirm(f"Enter signs in, {BACK} asks for another name")
        return None


class AccountPrompts:
    """Asks for the user name, password and attributes of a new account."""

    def __init__(self, prompts: Prompts, flow: SignInFlow) -> None:
        self.prompts = prompts
        self.flow = flow
        self.username = ""
        self._password: Secret | None = None
        self._required = list(flow.settings.required_attributes)
        self._attributes: dict[str, str] = {}

    def ask(self) -> Output:
        """Ask for missing values, or for Enter if there are none, and create the account."""
        settings = self.flow.settings
        if self.username and self._password and not self._missing_attributes:
            self.prompts.confirm(f"Enter tries it again, {BACK} goes back to sign-in")
        self.username = self.username or self.prompts.line(settings.username_label)
        if self._password is None:
            self._password = self.prompts.new_password(settings.password_policy)
        for name in self._missing_attributes:
            self._attributes[name] = self._ask_attribute(name)
        attributes = {name: value for name, value in self._attributes.items() if value}
        return self.flow.sign_up(self.username, self._password, attributes)

    def request_failed(self, error: ErrorMessage) -> None:
        """Discard only the values that the error is about."""
        if error.missing_attribute:
            self._required.append(error.missing_attribute)
            self._attributes.pop(error.missing_attribute, None)
        elif error.field is ErrorField.NEW_PASSWORD:
            self._password = None
        elif error.field is ErrorField.ATTRIBUTES or error.code == "AliasExistsException":
            self._attributes.clear()
        elif error.code in ("UsernameExistsException", "InvalidParameterException"):
            self.username = ""

    @property
    def _missing_attributes(self) -> list[str]:
        names = dict.fromkeys((*self.flow.settings.sign_up_attributes, *self._required))
        return [name for name in names if name not in self._attributes]

    def _ask_attribute(self, name: str) -> str:
        hint = f", {messages.ATTRIBUTE_HINTS[name]}" if name in messages.ATTRIBUTE_HINTS else ""
        label = f"{messages.format_attribute(name)}{hint}"
        return self.prompts.line(label) if name in self._required else self.prompts.optional_line(label)
