"""PlainSignIn: the sign-in flow in line prompts, from the user name to Done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_auth.errors import ErrorField, ErrorKind
from tui_auth.flow import messages
from tui_auth.flow.error_message import INTERNAL_ERROR, ErrorMessage
from tui_auth.flow.outputs import (
    OfferRestart,
    ShowCodeSent,
    ShowError,
    ShowNotice,
    ShowSignIn,
    ShowStep,
    WaitBeforeRetry,
)
from tui_auth.flow.sign_in_flow import Output, RunRequest, SignInFlow, remember_device
from tui_auth.plain.prompts import BACK, FORGOT, SIGN_UP, BackError, Lines, Prompts
from tui_auth.plain.steps import StepPrompts
from tui_auth.secret import Secret
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_auth.auth.auth import Auth
    from tui_auth.auth.devices import Device
    from tui_auth.auth.next_step import Done
    from tui_auth.flow.settings import SignInSettings

OTHER_COMMANDS = f"{FORGOT} resets a forgotten password, {SIGN_UP} makes an account."


class PlainSignIn:
    """Signs a user in with line prompts.

    Args:
        auth: The user pool and app client to sign in to.
        settings: How to sign in.
        lines: The terminal.
        find_device: Returns the remembered device of a user.
    """

    def __init__(
        self,
        auth: Auth,
        settings: SignInSettings,
        lines: Lines,
        *,
        find_device: Callable[[str], Device | None] = lambda username: None,
    ) -> None:
        self.lines = lines
        self.flow = SignInFlow(auth, settings, find_device=find_device, enter_key="")
        self._prompts = Prompts(lines)
        self._start = StartPrompts(self._prompts, self.flow)
        self._steps = StepPrompts(self._prompts, self.flow)

    @property
    def username(self) -> str:
        """The user name as it was last typed."""
        return self._start.username

    def run(self) -> Done:
        """Sign in and return the result.

        Raises:
            EOFError: The user pressed ^D.
        """
        while self.flow.done is None:
            try:
                self._steps.clear()
                self._carry_out(self._start.ask())
                while self.flow.step is not None and self.flow.done is None:
                    self._answer_step()
            except BackError:
                if self._steps.needs_another_name:
                    self._start.username = ""
                self._carry_out(self.flow.leave())
        return self.flow.done

    def _answer_step(self) -> None:
        try:
            output = self._steps.ask()
        except (EOFError, BackError):
            raise
        except Exception:
            output = ShowError(ErrorMessage(INTERNAL_ERROR))
        self._carry_out(output)

    def _carry_out(self, output: Output) -> None:
        """Carry out an output of the flow and any outputs that follow from it."""
        flow = self.flow
        while output is not None:
            current, output = output, None
            match current:
                case RunRequest(request):
                    output = flow.receive(request, request.send())
                case ShowStep(_, context):
                    self._start.succeeded()
                    self._steps.show(context)
                case ShowCodeSent(details):
                    self._steps.show_code_sent(details)
                case ShowSignIn(error, notice):
                    self._show_error(error)
                    if notice:
                        self.lines.say(notice)
                case ShowError(error):
                    self._show_error(error)
                case ShowNotice(text):
                    self.lines.say(text)
                case WaitBeforeRetry(seconds, error):
                    self._show_error(error)
                    self.lines.say(f"Try again in {seconds:.0f} seconds.")
                    self.lines.wait(seconds)
                case OfferRestart(error, side_effect):
                    self._show_error(error)
                    self.lines.say(f"Enter starts this step again. {side_effect}".strip())
                    self._prompts.confirm(f"Enter, or {BACK}")
                    output = flow.restart()

    def _show_error(self, error: ErrorMessage | None) -> None:
        if error is None:
            return
        text = (
            messages.format_missing_attribute(error.missing_attribute)
            if error.missing_attribute
            else error.text
        )
        self.lines.say(f"Error: {text}")
        self._steps.request_failed(error)
        if self.flow.step is None:
            self._start.request_failed(error)


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
        password = self._password() if settings.auth_flow.needs_password else None
        if password == Secret(FORGOT):
            return self.flow.reset_password(self.username)
        if password == Secret(SIGN_UP):
            return self._sign_up()
        if password is None and self._has_tried:
            self._confirm_sign_in()  # without it, this would loop and send a message each time
        self._has_tried = True
        return self.flow.sign_in(self.username, password)

    def _sign_up(self) -> Output:
        self.prompts.lines.say(f"Make an account ({BACK} goes back to sign-in)")
        self.flow.open_sign_up("")
        self._account = AccountPrompts(self.prompts, self.flow)
        return self.ask()

    def _password(self) -> Secret:
        """Ask for the password. /back discards the user name, so that the next prompt asks for it."""
        try:
            return self.prompts.secret("Password")
        except BackError:
            self.username = ""
            raise

    def _confirm_sign_in(self) -> None:
        try:
            self.prompts.confirm(f"Enter signs in, {BACK} asks for another name")
        except BackError:
            self.username = ""
            raise


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


def ask_about_device(auth: Auth, done: Done, lines: Lines) -> None:
    """Ask whether the pool should remember this device, and set that. No answer changes nothing."""
    prompts = Prompts(lines, empty_line_text="Type 1 or 2.")
    lines.say(messages.DEVICE_QUESTION)
    prompts.show((messages.REMEMBER, messages.FORGET))
    try:
        remember = prompts.number(2) == 0
    except (EOFError, BackError):
        return
    if remember:
        notice = remember_device(auth, done)
        lines.say(f"Error: {notice.text}" if notice.is_error else notice.text)
