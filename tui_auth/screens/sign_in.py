"""The sign-in screen: name and password, the way in and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui_auth.auth.auth_flow import AuthFlow
from tui_auth.auth.errors import Concern
from tui_auth.screens.form_screen import FormScreen
from tui_auth.screens.screen_context import Decision, ScreenContext
from tui_auth.screens.typed_keys import after_typed_keys, inputs_of
from tui_auth.secret import Secret
from tui_auth.widgets.field import Field, TextInput
from tui_auth.widgets.secret_input import SecretInput


class SignInRequested(Decision):
    """The person wants to sign in; ``password`` is None where the flow takes none."""

    def __init__(self, username: str, password: Secret | None) -> None:
        super().__init__()
        self.username = username
        self.password = password


class ForgotPasswordRequested(Decision):
    """The person does not know the password any more."""

    def __init__(self, username: str) -> None:
        super().__init__()
        self.username = username


class SignUpRequested(Decision):
    """The person has no account yet."""

    def __init__(self, username: str) -> None:
        super().__init__()
        self.username = username


class SignInScreen(FormScreen):
    """Name and password; the name alone where the flow starts without one.

    ``pool_origin`` is a sentence for the help: where the pool was named.
    """

    SUBMIT_LABEL = "Sign in"
    EXPLANATION = (
        "Sign in to this user pool. What comes next is the pool's choice: a code, a new "
        "password, a question; each is one screen."
    )
    ABOUT_A_REFUSAL = (
        "A password that is right and refused all the same: does the app client belong to this pool? No "
        "answer tells. Compare both ids in the Cognito console."
    )

    def __init__(
        self,
        context: ScreenContext,
        *,
        label: str = "Username",
        mfa_methods: Sequence[str] = (),
        auth_flow: AuthFlow = AuthFlow.USER_SRP_AUTH,
        pool_origin: str = "",
    ) -> None:
        super().__init__(context)
        self.label = label
        self.mfa_methods = mfa_methods
        self.auth_flow = auth_flow
        self.pool_origin = pool_origin
        self.with_password = auth_flow.needs_password
        self._prefilled = ("", Secret(""))

    @property
    def explanation(self) -> str:
        # The words of all steps: only for the help.
        from tui_auth.flow.messages import PASSWORD_IN_FLOW, second_factor

        methods = ", ".join(map(second_factor, self.mfa_methods))
        factors = f"Second factors of this pool: {methods}." if methods else ""
        facts = (PASSWORD_IN_FLOW[self.auth_flow], self.pool_origin, factors)
        refusal = self.ABOUT_A_REFUSAL if self.with_password else ""
        return "\n\n".join(filter(None, (self.EXPLANATION, *facts, refusal)))

    @property
    def _what_to_type(self) -> str:
        """What the field for the name wants, within a sentence."""
        return "user name" if self.label == "Username" else self.label[0].lower() + self.label[1:]

    def prefill(self, username: str, password: str) -> None:
        """Have name and password typed when the screen opens; for the demo's sample users."""
        self._prefilled = (username, Secret(password))

    def question(self) -> Iterable[Widget]:
        yield Static("Sign in", classes="headline", markup=False)
        yield Field(self.label, TextInput(self.context.username), id="username")
        if self.with_password:
            yield Field("Password", SecretInput(), id="password")

    def label_of(self, action: str) -> str:
        # In the demo there is one key more, and the line is full.
        is_short = action == "forgot" and self.context.has_list
        return "Forgot it" if is_short else super().label_of(action)

    def keys_now(self) -> tuple[str, ...]:
        show = ("show",) if self.with_password else ()
        back = ("back",) if self.context.has_list else ()
        return ("submit", *show, "forgot", "sign_up", *back, "help", "quit")

    def on_mount(self) -> None:
        super().on_mount()
        name, password = self._prefilled
        if name:
            self.query_one("#username", Field).input.value = name
        self.ask_for_what_is_missing()
        if self.with_password and password:
            self.query_one(SecretInput).value = password.reveal()
        self._prefilled = ("", Secret(""))

    def forget_password(self) -> None:
        """Empty the password's field: the attempt has what it needs of it."""
        if self.with_password:
            self.query_one(SecretInput).clear()

    def ask_for_what_is_missing(self) -> None:
        """Focus the name where it is empty, else the password, which is always typed anew."""
        self.forget_password()
        name = self.query_one("#username", Field)
        wanted = self.query_one("#password", Field) if self.with_password and name.value else name
        self.set_focus(wanted.input)

    def action_forgot(self) -> None:
        """Reset the password of the name that is typed, once its field has worked off the keys it holds."""
        after_typed_keys(self, inputs_of(self), self._forgot)

    def _forgot(self) -> None:
        name = self.query_one("#username", Field)
        if not name.value.strip():
            self.complain(name, f"Type your {self._what_to_type}, then ^f.")
        elif not self.busy:
            self.post_message(ForgotPasswordRequested(name.value.strip()))

    def action_sign_up(self) -> None:
        """Make an account, of the name that is typed."""
        after_typed_keys(self, inputs_of(self), self._sign_up)

    def _sign_up(self) -> None:
        if not self.busy:
            self.forget_password()
            self.post_message(SignUpRequested(self.query_one("#username", Field).value.strip()))

    def action_submit(self) -> None:
        name = self.query_one("#username", Field)
        if self.focused is name.input and self.with_password:
            # What is typed next is the password: it must not land in the field that shows it.
            after_typed_keys(self, [name.input], self._complain_without_name)
        super().action_submit()

    def _complain_without_name(self) -> None:
        name, password = self.query_one("#username", Field), self.query_one("#password", Field)
        if not name.value.strip() and not password.value:
            self.complain(name, f"Type your {self._what_to_type}.")

    def field_about(self, concern: Concern) -> Field | None:
        if concern is Concern.FORM:
            return None
        return self.query_one("#password" if self.with_password else "#username", Field)

    def decide(self) -> Message | None:
        name = self.query_one("#username", Field)
        if not name.value.strip():
            self.complain(name, f"Type your {self._what_to_type}.")
            return None
        if not self.with_password:
            return SignInRequested(name.value.strip(), None)
        password = self.query_one(SecretInput).secret
        if not password:
            self.complain(self.query_one("#password", Field), "Type your password.")
            return None
        return SignInRequested(name.value.strip(), password)
