"""The sign-in screen: the first screen, and the one that Esc returns to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from tui_auth.auth.app_client import AuthFlow
from tui_auth.errors import ErrorField
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.screen_context import Decision
from tui_auth.secret import Secret
from tui_auth.widgets.field import Choice, Field, Option
from tui_auth.widgets.text_input import SecretInput, TextInput, call_after_typed_keys, focusable_inputs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.message import Message
    from textual.widget import Widget

    from tui_auth.screens.screen_context import ScreenContext


class SignInRequested(Decision):
    """The user wants to sign in; ``password`` is None if the auth flow starts without one."""

    def __init__(self, username: str, password: Secret | None) -> None:
        super().__init__()
        self.username = username
        self.password = password


class ForgotPasswordRequested(Decision):
    """The user has forgotten the password."""

    def __init__(self, username: str) -> None:
        super().__init__()
        self.username = username


class SignUpRequested(Decision):
    """The user has no account yet."""

    def __init__(self, username: str) -> None:
        super().__init__()
        self.username = username


class BrowserRequested(Decision):
    """The user wants to sign in with a browser; ``provider`` is empty for what the settings say."""

    def __init__(self, provider: str = "") -> None:
        super().__init__()
        self.provider = provider


class SignInScreen(FormScreen):
    """Asks for user name and password.

    It asks for the user name alone if the auth flow starts without a password. With the flow BROWSER it opens
    the browser's screen at once, and asks for neither when the user comes back.
    ``pool_origin`` is a sentence for the help: what specified the pool.
    """

    AUTO_FOCUS = ""
    """Textual would focus the name when the screen above is closed; ``focus_missing`` decides instead."""

    SUBMIT_LABEL = "Sign in"
    EXPLANATION = (
        "Sign in to this user pool. The pool decides what it asks for next, such as a code, a new password "
        "or a question. Each has its own screen."
    )
    REJECTION_HELP = (
        "If your password is right but is rejected, the app client may belong to another user pool. Compare "
        "both IDs with the Cognito console."
    )

    def __init__(
        self,
        context: ScreenContext,
        *,
        label: str = "Username",
        mfa_methods: Sequence[str] = (),
        auth_flow: AuthFlow = AuthFlow.USER_SRP_AUTH,
        pool_origin: str = "",
        domain: str = "",
        identity_providers: Sequence[str] = (),
    ) -> None:
        super().__init__(context)
        self.domain = domain
        self.goes_to_browser = auth_flow is AuthFlow.BROWSER
        pool_page = ("",) if self.goes_to_browser else ()
        self.providers: tuple[str, ...] = (*pool_page, *identity_providers) if domain else ()
        self._has_begun = False
        self.label = label
        self.mfa_methods = mfa_methods
        self.auth_flow = auth_flow
        self.pool_origin = pool_origin
        self.has_password_field = auth_flow.needs_password
        self._prefilled = ("", Secret(""))

    @property
    def label_group(self) -> str:
        return "SignIn"

    @property
    def explanation(self) -> str:
        # Not at the top: the first frame doesn't need the wording of all steps.
        from tui_auth.flow.messages import PASSWORD_HANDLING, format_mfa_method

        methods = ", ".join(map(format_mfa_method, self.mfa_methods))
        factors = f"Second factors of this pool: {methods}." if methods else ""
        facts = (PASSWORD_HANDLING[self.auth_flow], self.pool_origin, factors)
        refusal = self.REJECTION_HELP if self.has_password_field else ""
        return "\n\n".join(filter(None, (self.EXPLANATION, *facts, refusal)))

    @property
    def _name_label(self) -> str:
        """The label of the name field, as it is written within a sentence."""
        return "user name" if self.label == "Username" else self.label[0].lower() + self.label[1:]

    def prefill(self, username: str, password: str) -> None:
        """Fill in name and password when the screen opens; for the demo's sample users."""
        self._prefilled = (username, Secret(password))

    @property
    def heading(self) -> tuple[str, str]:
        if self.goes_to_browser:
            # Our own program ends before this screen if there is no domain.
            return "Sign in", "" if self.domain else "A browser sign-in needs the user pool's domain."
        return "Sign in", f"Type your {self._name_label}{' and password' if self.has_password_field else ''}."

    def compose_form(self) -> Iterable[Widget]:
        if not self.goes_to_browser:
            yield Field(self.label, TextInput(self.context.username), id="username")
        if self.has_password_field:
            yield Field(self.label_for("password", "Password"), SecretInput(), id="password")
        if self.providers:
            from tui_auth.flow.messages import format_provider

            options = [Option(format_provider(name)) for name in self.providers]
            yield Choice(options, id="providers", is_beside_fields=not self.goes_to_browser)

    def active_keys(self) -> tuple[str, ...]:
        show = ("show",) if self.has_password_field else ()
        back = ("back",) if self.context.options.can_leave else ()
        if self.goes_to_browser:
            return ("submit", *back, "help", "quit") if self.domain else (*back, "help", "quit")
        browser = ("browser",) if self.domain else ()
        return ("submit", *show, "forgot", "sign_up", *browser, *back, "help", "quit")

    @property
    def is_list(self) -> bool:
        """Whether there are only providers to choose from; they may also be beside the fields."""
        return not self.query(Field) and super().is_list

    def on_mount(self) -> None:
        super().on_mount()
        if self.goes_to_browser and self.domain and not self._has_begun:
            self._has_begun = True
            self.call_after_refresh(self.post_message, BrowserRequested())
        name, password = self._prefilled
        if name and not self.goes_to_browser:
            self.query_one("#username", Field).input.value = name
        self.focus_missing()
        if self.has_password_field and password:
            self.query_one(SecretInput).value = password.reveal()
        self._prefilled = ("", Secret(""))

    def forget_password(self) -> None:
        """Clear the password field: the attempt has its own copy."""
        if self.has_password_field:
            self.query_one(SecretInput).clear()

    def focus_missing(self, *, is_retry: bool = False) -> None:
        """Focus the name if it is empty, else the password, which must always be typed again.

        Args:
            is_retry: Whether an error has ended the attempt. If nothing is missing, no field has the focus
                then: an answer that is typed ahead must not change the name. Enter signs in again.
        """
        self.forget_password()
        if self.goes_to_browser:
            self.set_focus(next(iter(self.query(Choice)), None))
            return
        name = self.query_one("#username", Field)
        missing = self.query_one("#password", Field) if self.has_password_field and name.value else name
        nothing_is_missing = bool(name.value) and not self.has_password_field
        self.set_focus(None if is_retry and nothing_is_missing else missing.input)

    def action_forgot(self) -> None:
        """Reset the password of the user whose name is typed, after its field has handled its keys."""
        call_after_typed_keys(self, focusable_inputs(self), self._forgot)

    def _forgot(self) -> None:
        name = self.query_one("#username", Field)
        if not name.value.strip():
            self.show_field_error(name, f"Type your {self._name_label}, then ^f.")
        elif not self.busy:
            self.post_message(ForgotPasswordRequested(name.value.strip()))

    def action_sign_up(self) -> None:
        """Open the sign-up form with the name that is typed."""
        call_after_typed_keys(self, focusable_inputs(self), self._sign_up)

    def _sign_up(self) -> None:
        if not self.busy:
            self.forget_password()
            self.post_message(SignUpRequested(self.query_one("#username", Field).value.strip()))

    def action_browser(self) -> None:
        """Sign in with a browser."""
        if not self.busy:
            self.forget_password()
            self.post_message(BrowserRequested())

    @on(Choice.Picked)
    def _sign_in_with_picked(self, event: Choice.Picked) -> None:
        event.stop()
        self.sign_in_with_provider()

    def sign_in_with_provider(self) -> None:
        """Sign in with the selected provider, or on the pool's page."""
        if self.providers and not self.busy:
            self.forget_password()
            self.post_message(BrowserRequested(self.providers[self.query_one(Choice).highlighted]))

    def missing_text(self, field: Field) -> str:
        return f"Type your {self._name_label}." if field.id == "username" else ""

    def field_for(self, error_field: ErrorField) -> Field | None:
        if self.goes_to_browser:
            return None
        is_about_password = self.has_password_field and error_field is not ErrorField.USERNAME
        return self.query_one("#password" if is_about_password else "#username", Field)

    def build_answer(self) -> Message | None:
        if self.goes_to_browser or isinstance(self._had_focus, Choice):
            self.sign_in_with_provider()
            return None
        name = self.query_one("#username", Field)
        if not name.value.strip():
            self.show_field_error(name, f"Type your {self._name_label}.")
            return None
        if not self.has_password_field:
            return SignInRequested(name.value.strip(), None)
        password = self.query_one(SecretInput).secret
        if not password:
            self.show_field_error(self.query_one("#password", Field), "Type your password.")
            return None
        return SignInRequested(name.value.strip(), password)
