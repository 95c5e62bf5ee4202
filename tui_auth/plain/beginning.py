"""How a conversation begins: with a sign-in, a forgotten password, or a new account."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tui_auth.auth.attempt import Attempt
from tui_auth.auth.devices import Device
from tui_auth.auth.errors import AuthError, ErrorField, ErrorKind
from tui_auth.auth.next_step import NextStep
from tui_auth.plain.passwords import agreed_password
from tui_auth.plain.prompts import BACK, FORGOT, SIGN_UP, Back, Prompts
from tui_auth.screens import wording
from tui_auth.secret import Secret
from tui_auth.settings import SignInSettings
from tui_auth.terminal.safe_text import safe_line

Request = Callable[[Attempt], NextStep]

OTHER_WAYS = f"{FORGOT} resets a forgotten password, {SIGN_UP} makes an account."


class Beginning:
    """Asks who it is, again and again until Done; what was typed and not refused is not asked twice.

    ``username`` is the name as it was given or typed last; ``reset_was_asked`` whether the person began with
    a forgotten password. ``find_device`` gives the device remembered for a name.
    """

    def __init__(
        self, prompts: Prompts, settings: SignInSettings, find_device: Callable[[str], Device | None]
    ) -> None:
        self.prompts = prompts
        self.settings = settings
        self.find_device = find_device
        self.username = settings.username
        self.reset_was_asked = False
        self._was_tried = False
        self._account: NewAccount | None = None
        self._told_other_ways = False

    def request(self) -> Request:
        """What the person wants done first."""
        self.reset_was_asked = False
        if self._account is None:
            return self._sign_in()
        try:
            return self._account.request()
        except Back:
            self._account = None
            raise

    @property
    def is_making_an_account(self) -> bool:
        """Whether the next request goes on with an account whose making was refused, or not answered."""
        return self._account is not None

    def refused(self, error: AuthError) -> None:
        """The request was refused: what it was about is asked again, where that can help."""
        if error.kind in (ErrorKind.NOT_AUTHORIZED, ErrorKind.CONFIGURATION):
            self._account = None
        elif self._account is not None:
            self._account.refused(error)

    def began(self) -> None:
        """The request led to a step."""
        if self._account is not None:
            self.username, self._account = self._account.username, None

    def ask_for_another_name(self) -> None:
        """Forget the name, so that it is asked for."""
        self.username = ""

    def _sign_in(self) -> Request:
        settings, lines = self.settings, self.prompts.lines
        mark = f"{settings.mark}: " if settings.mark else ""
        lines.say(f"{mark}Sign in to {safe_line(settings.pool)}")
        if not self.username:
            self._was_tried = False
        else:
            name = safe_line(self.username, limit=60)
            lines.say(f"{settings.username_label}: {name} ({BACK} asks for another)")
        if not self._told_other_ways and (not self.username or settings.auth_flow.needs_password):
            self._told_other_ways = True
            lines.say(OTHER_WAYS)
        while not self.username:
            typed = lines.ask(settings.username_label).strip()
            if typed == SIGN_UP:
                return self._sign_up()
            if typed == FORGOT:
                self.username = self.prompts.line(settings.username_label)
                return self._forgot()
            self.username = "" if typed == BACK else typed
        password = self._password() if settings.auth_flow.needs_password else None
        if password == Secret(FORGOT):
            return self._forgot()
        if password == Secret(SIGN_UP):
            return self._sign_up()
        if password is None and self._was_tried:
            self._wait_for_enter()  # or this would go round by itself, with a message sent each time
        self._was_tried = True
        return partial(
            Attempt.sign_in,
            username=self.username,
            password=password,
            auth_flow=settings.auth_flow,
            preferred_first_factor=settings.preferred_first_factor,
            client_metadata=settings.client_metadata,
            device=self.find_device(self.username),
        )

    def _forgot(self) -> Request:
        self.reset_was_asked = True
        return partial(
            Attempt.forgot_password,
            username=self.username,
            auth_flow=self.settings.auth_flow,
            client_metadata=self.settings.client_metadata,
        )

    def _sign_up(self) -> Request:
        self.prompts.lines.say(f"Make an account ({BACK} goes back to sign-in)")
        self._account = NewAccount(self.prompts, self.settings)
        return self.request()

    def _password(self) -> Secret:
        """The password; going back asks for the name anew, and only then at a prompt that echoes."""
        try:
            return self.prompts.secret("Password")
        except Back:
            self.username = ""
            raise

    def _wait_for_enter(self) -> None:
        try:
            self.prompts.confirm(f"Enter signs in, {BACK} asks for another name")
        except Back:
            self.username = ""
            raise


class NewAccount:
    """A new account as far as it was typed."""

    def __init__(self, prompts: Prompts, settings: SignInSettings) -> None:
        self.prompts = prompts
        self.settings = settings
        self.username = ""
        self._password: Secret | None = None
        self._needed = list(settings.required_attributes)
        self._attributes: dict[str, str] = {}

    def request(self) -> Request:
        """SignUp, once what is missing was asked for, or Enter was pressed where nothing is."""
        if self._is_complete:
            self.prompts.confirm(f"Enter tries it again, {BACK} goes back to sign-in")
        self.username = self.username or self.prompts.line(self.settings.username_label)
        if self._password is None:
            self._password = agreed_password(self.prompts, self.settings.password_policy)
        for name in self._missing:
            self._attributes[name] = self._attribute(name)
        return partial(
            Attempt.sign_up,
            username=self.username,
            password=self._password,
            user_attributes={name: value for name, value in self._attributes.items() if value},
            auth_flow=self.settings.auth_flow,
            client_metadata=self.settings.client_metadata,
        )

    def refused(self, error: AuthError) -> None:
        """Forget what the refusal is about; keep the rest."""
        if needed := wording.attribute_needed(error):
            self._needed.append(needed)
            self._attributes.pop(needed, None)
        elif error.field is ErrorField.NEW_PASSWORD:
            self._password = None
        elif error.field is ErrorField.ATTRIBUTES or error.code == "AliasExistsException":
            self._attributes.clear()
        elif error.code in ("UsernameExistsException", "InvalidParameterException"):
            self.username = ""

    @property
    def _missing(self) -> list[str]:
        wanted = dict.fromkeys((*self.settings.sign_up_attributes, *self._needed))
        return [name for name in wanted if name not in self._attributes]

    @property
    def _is_complete(self) -> bool:
        return bool(self.username and self._password and not self._missing)

    def _attribute(self, name: str) -> str:
        hint = f", {wording.ATTRIBUTE_HINTS[name]}" if name in wording.ATTRIBUTE_HINTS else ""
        label = f"{wording.label_of(name)}{hint}"
        return self.prompts.line(label) if name in self._needed else self.prompts.optional_line(label)
