"""Prompts: asks for lines, handles commands such as /back, and starts a sign-in or a sign-up."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Protocol

from tui_auth.auth.app_client import AuthFlow
from tui_auth.errors import ErrorField, ErrorKind
from tui_auth.flow import messages
from tui_auth.flow.checks import (
    check_sign_in,
    find_attribute_error,
    find_new_password_error,
    normalize_attribute,
    normalize_username,
)
from tui_auth.secret import Secret
from tui_auth.terminal.clipboard import find_code, normalize_digits
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from tui_auth.config.settings import PasswordPolicy
    from tui_auth.flow.interface import ErrorMessage, SignInSettings
    from tui_auth.flow.outputs import Output
    from tui_auth.flow.sign_in_flow import SignInFlow

NEW_CODE, BACK, FORGOT, SIGN_UP, HELP = "/new", "/back", "/forgot", "/sign-up", "/help"
BROWSER = "/browser"
COMMANDS = {
    NEW_CODE: "get a new code",
    FORGOT: "reset your password",
    SIGN_UP: "create an account",
    BROWSER: "sign in with a browser",
    BACK: "go back",
    HELP: "show this list",
}
"""What each command does, to follow "Type … to"."""

_CTRL_Z = "\x1a"
"""^Z as a character. A hidden prompt reads it raw, because stopping there would leave the echo off."""

SUSPEND_ERROR = "Error: ^Z doesn't work while you type a password. Type it again, or press ^C to quit."
KEY_ERROR = f"Error: That key doesn't work here. Type {BACK} to go back, or {HELP}."
OTHER_COMMANDS = f"Type {FORGOT} to reset your password, {SIGN_UP} to create an account, {HELP} for help."
FIRST_PROMPT_TEXT = "This is the first prompt. Press ^D to quit."
RETRY_PROMPT = f"Press Enter to try again, or type {BACK}"
EMPTY_LINE_TEXT = f"Error: Nothing was typed. Type an answer, or {HELP}."


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

    def ask_address(self, prompt: str, has_arrived: Callable[[], bool]) -> Secret | None:
        """Read a pasted address, all its lines joined; None as soon as ``has_arrived`` is true."""

    def wait_for(self, prompt: str, has_arrived: Callable[[], bool]) -> Secret | None:
        """Write a prompt and wait until ``has_arrived``; a line typed before, without echo, is returned."""

    def wait(self, seconds: float) -> None:
        """Wait, and discard what is typed meanwhile."""


class Prompts:
    """Asks until there is a valid answer. Each prompt raises BackError if the user goes back.

    At each prompt, /help and ? list the commands. A command that doesn't apply is never taken as an answer.

    Args:
        lines: The terminal.
        empty_line_text: What to print after an empty line.
    """

    def __init__(self, lines: Lines, empty_line_text: str = EMPTY_LINE_TEXT) -> None:
        self.lines = lines
        self.empty_line_text = empty_line_text

    def line(self, prompt: str, default: str = "", commands: Sequence[str] = ()) -> str:
        """Ask for a line and strip spaces around it. An empty line selects the default."""
        while not (typed := self._read(f"{prompt} [{default}]" if default else prompt, commands) or default):
            self.lines.say(self.empty_line_text)
        return typed

    def optional_line(self, prompt: str) -> str:
        """Ask for a line, which may be empty."""
        return self._read(f"{prompt} (optional, Enter to skip)")

    def confirm(self, prompt: str) -> None:
        """Wait for Enter alone."""
        while self._read(prompt):
            self.lines.say(f"Error: Press only Enter, or type {BACK}.")

    def _read(self, prompt: str, commands: Sequence[str] = ()) -> str:
        while True:
            typed = self.lines.ask(prompt).strip()
            if has_control_character(typed):
                self.lines.say(KEY_ERROR)
            elif not self._is_handled(typed, commands):
                return typed

    def secret(
        self, prompt: str, commands: Sequence[str] = (), *, takes_question_mark: bool = False
    ) -> Secret:
        """Ask for a line that isn't echoed."""
        while True:
            typed = self.lines.ask_secret(prompt)
            text = typed.reveal()
            if not text:
                self.lines.say(self.empty_line_text)
            elif has_control_character(text):
                self.lines.say(SUSPEND_ERROR if _CTRL_Z in text else KEY_ERROR)
            elif (takes_question_mark and text == "?") or not self._is_handled(text, commands):
                return typed

    def address(self, prompt: str, has_arrived: Callable[[], bool], commands: Sequence[str]) -> Secret | None:
        """Ask for the address that a browser ended at; None if it has come another way."""
        while True:
            typed = self.lines.ask_address(prompt, has_arrived)
            text = typed.reveal().strip() if typed else ""
            if typed is None:
                return None
            if not text:
                self.lines.say(self.empty_line_text)
            elif not self._is_handled(text, commands):
                return Secret(text)

    def wait_for(self, prompt: str, has_arrived: Callable[[], bool]) -> None:
        """Wait until something happens that isn't typed. Other lines than commands change nothing."""
        while (typed := self.lines.wait_for(prompt, has_arrived)) is not None:
            if not self._is_handled(typed.reveal().strip(), ()):
                self.lines.say(f"Error: Nothing is typed here. Type {BACK} to go back, or {HELP}.")

    def _is_handled(self, typed: str, commands: Sequence[str]) -> bool:
        """Return whether a line is a command that is no answer to the prompt, and carry it out.

        Args:
            typed: The line.
            commands: The commands that the prompt takes as an answer.
        """
        if typed == BACK:
            raise BackError
        if typed in (HELP, "?"):
            names = [name for name in COMMANDS if name in (*commands, BACK, HELP)]
            self.lines.say("\n".join(f"Type {name} to {COMMANDS[name]}." for name in names))
        elif typed in COMMANDS and typed not in commands:
            self.lines.say(f"Error: {typed} doesn't work here. Type {HELP} to see what does.")
        else:
            return False
        return True

    def code(self, prompt: str = "Code") -> Secret:
        """Ask for a code, ignoring spaces and dashes in it."""
        return parse_code(self.code_or_command((), prompt))

    def code_or_command(self, commands: Sequence[str] = (NEW_CODE,), prompt: str = "Code") -> str:
        """Ask for a code or one of the commands. Reject any other word that starts with a slash."""
        while (typed := self.line(prompt, commands=commands)).startswith("/") and typed not in commands:
            self.lines.say(f"Error: That isn't a code. Type a code, or {HELP}.")
        return typed

    def new_password(self, policy: PasswordPolicy | None, *, is_optional: bool = False) -> Secret | None:
        """Print the pool's password policy, if known, and ask for a new password twice.

        Return None if the user skips an optional password.
        """
        if policy:
            self.lines.say(f"The password needs {', '.join(rule for rule, _ in policy.checklist(''))}.")
        if is_optional:
            self.lines.say(messages.PASSWORD_OPTIONAL)
            self.show((messages.WITHOUT_PASSWORD, messages.WITH_PASSWORD))
            if self.number(2) == 0:
                return None
        while True:
            first = self.secret("New password")
            if problem := find_new_password_error(first, self.secret("Repeat password")):
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
            typed = normalize_digits(self.line("Number"))
            if typed.isdecimal() and 0 < int(typed) <= count:
                return int(typed) - 1
            numbers = "1 or 2" if count == 2 else f"a number from 1 to {count}"
            self.lines.say(f"Error: Type {numbers}.")


def has_control_character(text: str) -> bool:
    """Return whether a line has a key such as Esc or an arrow in it. A tab counts as a space."""
    return any(unicodedata.category(character) == "Cc" and character != "\t" for character in text)


def parse_code(typed: str) -> Secret:
    """Return the code in a line: extracted from a sentence, or without spaces and dashes."""
    typed = normalize_digits(typed)
    return Secret(find_code(typed, None, takes_letters=True) or "".join(typed.replace("-", " ").split()))


class NewAccountPrompts:
    """Asks for a new password and user attributes, and doesn't ask again for what an error isn't about."""

    def __init__(self, prompts: Prompts, policy: PasswordPolicy | None) -> None:
        self.prompts = prompts
        self.password: Secret | None = None
        self.attributes: dict[str, str] = {}
        """The attributes by Cognito's names. A skipped one is empty."""
        self._policy = policy
        self._has_password = False

    def ask(self, names: Iterable[str], required: Collection[str], *, needs_password: bool = True) -> None:
        """Ask for the values that are missing.

        Args:
            names: The attributes to ask for.
            required: The attributes that can't be skipped.
            needs_password: Whether the password can't be skipped.
        """
        if not self._has_password:
            self.password = self.prompts.new_password(self._policy, is_optional=not needs_password)
            self._has_password = True
        for name in names:
            if not self.attributes.get(name) and (name in required or name not in self.attributes):
                self.attributes[name] = self._ask_attribute(name, is_required=name in required)

    def _ask_attribute(self, name: str, *, is_required: bool) -> str:
        hint = f", {messages.ATTRIBUTE_HINTS[name]}" if name in messages.ATTRIBUTE_HINTS else ""
        label = f"{messages.format_attribute(name)}{hint}"
        ask = self.prompts.line if is_required else self.prompts.optional_line
        while value := normalize_attribute(name, ask(label)):
            problem = find_attribute_error(name, value)
            if not problem:
                break
            self.prompts.lines.say(f"Error: {problem}")
        return value

    def discard(self, error: ErrorMessage) -> bool:
        """Discard only the values that an error is about. Return whether there are any."""
        if error.field is ErrorField.NEW_PASSWORD:
            self._has_password = False
        elif error.attribute:
            self.attributes.pop(error.attribute, None)
        elif error.field is ErrorField.ATTRIBUTES:
            self.attributes.clear()
        else:
            return False
        return True


class StartPrompts:
    """Asks for user name and password, or for a new account. Doesn't ask again for accepted values."""

    def __init__(self, prompts: Prompts, flow: SignInFlow) -> None:
        self.prompts = prompts
        self.flow = flow
        self.username = flow.settings.username
        self._has_tried = False
        self.must_introduce = True
        """Whether the next prompt says where the user signs in. An error alone needs no second heading."""
        self._account: AccountPrompts | None = None
        self._has_shown_commands = False

    def ask(self) -> Output:
        """Ask for the user name and password, or continue a sign-up, and start the request."""
        if self._account is None:
            self.flow.drop()
            if self.flow.settings.auth_flow is AuthFlow.BROWSER:
                return self._sign_in_with_browser()
            return self._sign_in()
        try:
            return self._account.ask()
        except BackError:
            self._account = None
            raise

    def request_failed(self, error: ErrorMessage) -> None:
        """Discard the values that the error is about."""
        if error.kind in (ErrorKind.NOT_AUTHORIZED, ErrorKind.CONFIGURATION) and self._account is not None:
            self._account, self.must_introduce = None, True
        if self._account is not None:
            self._account.request_failed(error)
        elif error.field is ErrorField.USERNAME or error.code == "UserNotFoundException":
            self.username = ""

    def succeeded(self) -> None:
        """Continue with the user name of the account that was created."""
        if self._account is not None:
            self.username, self._account = self._account.username, None

    def _sign_in_with_browser(self) -> Output:
        """Begin at once if the settings want a browser; after the user came back, ask how to go on.

        Raises:
            EOFError: There is no domain, so there is nothing to go on with.
        """
        flow, is_return = self.flow, self._has_tried
        if self.must_introduce:
            self._introduce()
        self.must_introduce, self._has_tried = False, True
        if flow.settings.managed_login is None:
            self.prompts.lines.say(f"Error: {messages.NO_DOMAIN}")
            raise EOFError
        if is_return and not flow.settings.identity_providers:
            self.prompts.confirm("Press Enter to sign in with a browser, or ^D to quit")
        return flow.sign_in_with_browser(self._choose_provider() if is_return else "")

    @property
    def _commands(self) -> tuple[str, ...]:
        """The commands at the prompts for user name and password."""
        return (FORGOT, SIGN_UP, BROWSER) if self.flow.settings.managed_login else (FORGOT, SIGN_UP)

    def _choose_provider(self) -> str:
        """Ask for one of the configured providers; empty for the pool's page."""
        providers = self.flow.settings.identity_providers
        if not providers:
            return ""
        self.prompts.lines.say(messages.BROWSER_QUESTION)
        self.prompts.show([messages.IN_BROWSER, *map(messages.format_provider, providers)])
        return ("", *providers)[self.prompts.number(len(providers) + 1)]

    def _sign_in(self) -> Output:  # noqa: PLR0911 - one for each way to begin
        if self.must_introduce:
            self._introduce()
        self.must_introduce = False
        if not self.username:
            self._has_tried = False
            command = self._ask_username(self._commands)
            if command == SIGN_UP:
                return self._sign_up()
            if command == BROWSER:
                return self.flow.sign_in_with_browser(self._choose_provider())
            if command == FORGOT:
                self.prompts.lines.say(messages.RESET_REQUESTED)
                self._ask_username(())
                return self.flow.reset_password(self.username)
        try:
            password = self._ask_password()
        except BackError:
            self.username = ""  # so that the next prompt asks for it
            raise
        if password == Secret(FORGOT):
            self.prompts.lines.say(messages.RESET_REQUESTED)
            return self.flow.reset_password(self.username)
        if password == Secret(SIGN_UP):
            return self._sign_up()
        if self.flow.settings.managed_login and password == Secret(BROWSER):
            return self.flow.sign_in_with_browser(self._choose_provider())
        self._has_tried = True
        return self.flow.sign_in(self.username, password)

    def _introduce(self) -> None:
        settings, lines = self.flow.settings, self.prompts.lines
        badge = f"{settings.environment_badge}: " if settings.environment_badge else ""
        lines.say(f"{badge}Sign in to {safe_line(settings.pool)}")
        if self.username:
            name = safe_line(self.username, limit=60)
            lines.say(f"{settings.username_label}: {name} (type {BACK} to change it)")
        if not self._has_shown_commands and (not self.username or settings.auth_flow.needs_password):
            self._has_shown_commands = True
            if settings.managed_login:
                lines.say(f"Type {BROWSER} to sign in with a browser.")
            lines.say(OTHER_COMMANDS)

    def _ask_username(self, commands: Sequence[str]) -> str:
        """Ask for the user name. Return it, or one of the commands."""
        while True:
            try:
                typed = self.prompts.line(format_username_prompt(self.flow.settings), commands=commands)
            except BackError:
                if not commands:
                    raise
                self.prompts.lines.say(FIRST_PROMPT_TEXT)
                continue
            if typed in commands:
                return typed
            problem = check_sign_in(normalize_username(typed, self.flow.settings), None, self.flow.settings)
            if problem is None:
                self.username = typed
                return typed
            self.prompts.lines.say(f"Error: {problem.text}")

    def _sign_up(self) -> Output:
        self.prompts.lines.say(f"Create an account. Type {BACK} to go back to sign-in.")
        self.flow.open_sign_up("")
        self._account = AccountPrompts(self.prompts, self.flow)
        return self.ask()

    def _ask_password(self) -> Secret | None:
        """Ask for the password if the auth flow takes one; before a retry without one, ask for Enter."""
        if self.flow.settings.auth_flow.needs_password:
            return self.prompts.secret("Password", commands=self._commands)
        if self._has_tried:  # otherwise, this would loop and send a message each time
            self.prompts.confirm(f"Press Enter to sign in, or type {BACK} to change the user name")
        return None


class AccountPrompts:
    """Asks for the user name, password and attributes of a new account."""

    def __init__(self, prompts: Prompts, flow: SignInFlow) -> None:
        self.prompts = prompts
        self.flow = flow
        self.username = ""
        self._values = NewAccountPrompts(prompts, flow.settings.password_policy)
        self._can_repeat = False

    def ask(self) -> Output:
        """Ask for missing values, or for Enter if there are none, and create the account."""
        settings, required = self.flow.settings, self.flow.required_attributes
        if self._can_repeat:
            self.prompts.confirm(RETRY_PROMPT)
        self.username = self.username or self.prompts.line(format_username_prompt(settings))
        names = dict.fromkeys((*settings.sign_up_attributes, *required))
        self._values.ask(names, required, needs_password=settings.needs_sign_up_password)
        attributes = {name: value for name, value in self._values.attributes.items() if value}
        return self.flow.sign_up(self.username, self._values.password, attributes)

    def request_failed(self, error: ErrorMessage) -> None:
        """Discard only the values that the error is about."""
        is_about_name = error.field is ErrorField.USERNAME or error.code in (
            "UsernameExistsException",
            "InvalidParameterException",
        )
        self._can_repeat = not self._values.discard(error) and not is_about_name
        if is_about_name and error.field in (ErrorField.USERNAME, ErrorField.ANSWER):
            self.username = ""


def format_username_prompt(settings: SignInSettings) -> str:
    """Return the prompt for a user name, with a hint if it is a phone number."""
    hint = messages.format_username_hint(settings.username_attributes)
    return f"{settings.username_label}, {hint}" if hint else settings.username_label
