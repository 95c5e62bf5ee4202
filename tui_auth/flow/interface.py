"""The values that a front end exchanges with the sign-in flow: settings in, requests and outputs back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from tui_auth.auth.app_client import AuthFlow
from tui_auth.endpoint import is_cognito_host, is_loopback
from tui_auth.errors import TRY_AGAIN, AuthError, ErrorField, ErrorKind
from tui_auth.terminal.safe_text import quote_service, safe_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tui_auth.auth.attempt import Attempt
    from tui_auth.auth.managed_login import ManagedLogin
    from tui_auth.auth.next_step import DeliveryDetails, Done, NextStep
    from tui_auth.config.settings import PasswordPolicy
    from tui_auth.error_kinds import PasskeyProblem
    from tui_auth.passkeys.keys import Keys
    from tui_auth.secret import Secret
    from tui_auth.storage.stores import StorageKind

    Reply = NextStep | DeliveryDetails
    Call = Callable[[Attempt], Reply]
    """One call of an attempt."""

ASSUMED_SESSION_SECONDS = 180.0
"""Cognito's default AuthSessionValidity. No API tells an unauthenticated client the real value."""


@dataclass(frozen=True)
class PasskeySettings:
    """For which site a passkey may be used, and where security keys are.

    Attributes:
        relying_party: The only site to use a passkey for; None to ask the user.
        remember: Stores the site that the user confirmed; None if there is no profile to store it in.
        keys: Where security keys come from; None for those that are plugged in.
    """

    relying_party: str | None = None
    remember: Callable[[str], object] | None = None
    keys: Keys | None = None


@dataclass(frozen=True)
class SignInSettings:
    """How to sign in, for both front ends.

    Attributes:
        pool: The pool's name on the screen.
        pool_origin: The pool's ID and the setting it comes from; empty if unknown.
        username: The user name to fill in.
        username_label: The label of the user name, such as E-mail.
        auth_flow: The auth flow to start with.
        preferred_first_factor: PREFERRED_CHALLENGE of USER_AUTH; None for the pool's choice.
        client_metadata: Passed to the pool's Lambda triggers.
        app_name: The issuer that an authenticator app shows.
        environment_badge: The badge before the pool, such as DEMO; empty for Cognito.
        session_seconds: How long a step is assumed to wait for its answer.
        theme: The name of the theme.
        leaves_when_done: Whether the program exits at Done without showing it.
        username_attributes: The attributes that users sign in with; empty if unknown.
        required_attributes: The attributes that a new account requires; empty if unknown.
        mfa_methods: The pool's MFA methods by their raw names; empty if unknown.
        password_policy: The pool's password policy; None if unknown.
        managed_login: The domain to sign in at in a browser; None if there is none.
        identity_providers: The providers to offer, by Cognito's names.
        passkeys: How passkeys are used.
    """

    pool: str
    pool_origin: str = ""
    username: str = ""
    username_label: str = "Username"
    auth_flow: AuthFlow = AuthFlow.USER_SRP_AUTH
    preferred_first_factor: str | None = None
    client_metadata: Mapping[str, str] = field(default_factory=dict)
    app_name: str = ""
    environment_badge: str = ""
    session_seconds: float = ASSUMED_SESSION_SECONDS
    theme: str = "tui-auth-dark"
    leaves_when_done: bool = False
    username_attributes: tuple[str, ...] = ()
    required_attributes: tuple[str, ...] = ()
    mfa_methods: tuple[str, ...] = ()
    password_policy: PasswordPolicy | None = None
    managed_login: ManagedLogin | None = None
    identity_providers: tuple[str, ...] = ()
    passkeys: PasskeySettings = PasskeySettings()

    @property
    def needs_sign_up_password(self) -> bool:
        """Whether a new account needs a password. With USER_AUTH, a user can sign in with codes alone."""
        return self.auth_flow is not AuthFlow.USER_AUTH

    @property
    def sign_up_attributes(self) -> tuple[str, ...]:
        """The attributes to ask for at sign-up: the required ones and the destinations of codes."""
        for_sms = ("phone_number",) if "SMS" in self.mfa_methods else ()
        names = dict.fromkeys(("email", *self.required_attributes, *for_sms))
        # With a single username attribute, Cognito sets it from the user name.
        from_username = self.username_attributes if len(self.username_attributes) == 1 else ()
        return tuple(name for name in names if name not in from_username)

    @property
    def required_sign_up_attributes(self) -> tuple[str, ...]:
        """The attributes without which the pool is known to reject a sign-up."""
        return tuple(name for name in self.sign_up_attributes if name in self.required_attributes)


def environment_badge_for(endpoint: str) -> str:
    """Return the badge that the screens and the first prompt show if requests don't go to Cognito.

    Args:
        endpoint: A URL, or empty for Cognito's own endpoint.

    Returns:
        ``TEST ENDPOINT`` for this machine, the host name of another server, or empty for Cognito.
    """
    if not endpoint:
        return ""
    if is_loopback(endpoint):
        return "TEST ENDPOINT"
    host = urlsplit(endpoint).hostname or ""
    return "" if is_cognito_host(host) else safe_line(f"AT {host}", limit=40)


INTERNAL_ERROR = "tui-auth had an internal error. Your answer isn't the cause."
_TWO_LINES = 150
"""Characters in two lines of a form, less what wrapping leaves empty."""
_SHORTEST_QUOTE = 60


@dataclass(frozen=True)
class ErrorMessage:
    """What happened, what to do, and which of the user's inputs is affected.

    Attributes:
        text: The sentence or two to show.
        field: The input that the error is about.
        enter_repeats: Whether Enter sends the same request again, from any field.
        attribute: The user attribute that the error is about; usually empty.
        kind: The kind of the error; None if it didn't come from Cognito or the network.
        code: The name of Cognito's exception; None if there is none.
    """

    text: str
    field: ErrorField = ErrorField.ANSWER
    enter_repeats: bool = False
    attribute: str = ""
    kind: ErrorKind | None = None
    code: str | None = None

    @classmethod
    def from_error(cls, error: AuthError, *, retry_key: str = "Enter") -> ErrorMessage:
        """Describe an error. Quotes Cognito's message only if ours doesn't say what happened.

        Args:
            error: The error of a request.
            retry_key: The key that sends the same request again; empty if no key does.
        """
        can_retry = error.recovery_suggestion == TRY_AGAIN and bool(retry_key)
        parts = [
            error.message,
            f"Press {retry_key} to try again." if can_retry else error.recovery_suggestion,
        ]
        if error.quote:  # after the cure, which must be in view
            room = _TWO_LINES - sum(map(len, parts)) - len(quote_service(""))
            parts.append(quote_service(error.quote, limit=max(room, _SHORTEST_QUOTE)))
        repeats = error.may_have_arrived and retry_key == "Enter"
        text = " ".join(part for part in parts if part)
        return cls(text, error.field, repeats, kind=error.kind, code=error.code)


class Request(Protocol):
    """A request to Cognito."""

    def send(self) -> Reply | Exception:
        """Call Cognito once and return the reply or the error."""


class Ceremony(Protocol):
    """The use of a security key, ``KeyCeremony`` in ``flow/passkey.py``."""

    def start(self) -> None:
        """Start on a thread of its own."""

    def enter_pin(self, pin: Secret | None) -> None:
        """Answer the question for the PIN; None gives up."""

    def cancel(self) -> None:
        """Give up."""


@dataclass(frozen=True)
class RunRequest:
    """Send the request in the background and pass the reply to ``SignInFlow.receive``."""

    request: Request


@dataclass(frozen=True)
class RunJob:
    """Run the job in the background and carry out the output that it returns."""

    job: Callable[[], Output]


@dataclass(frozen=True)
class StepContext:
    """What a front end shows along with a step.

    Attributes:
        breadcrumbs: The completed steps. Repeats in a row are one entry with a count.
        was_restarted: Whether the step was restarted.
        is_replacement_totp_key: Whether this user was already shown another TOTP key.
        challenge_count: How many times in a row Cognito has sent this custom challenge.
        can_restart: Whether the step can be restarted without a new sign-in.
        is_password_known: Whether the password was accepted. If not, the user may not exist.
        reset_was_requested: Whether the user, and not the pool, requested the password reset.
        preferred_first_factor: The preferred first factor, at the first step only; otherwise empty.
        passkey_problem: Why the passkey that the step offers can't be used; None if it can.
        make_ceremony: Returns the use of a security key, at the step that needs one; otherwise None.
    """

    breadcrumbs: tuple[str, ...] = ()
    was_restarted: bool = False
    is_replacement_totp_key: bool = False
    challenge_count: int = 1
    can_restart: bool = True
    is_password_known: bool = True
    reset_was_requested: bool = False
    preferred_first_factor: str = ""
    passkey_problem: PasskeyProblem | None = None
    make_ceremony: Callable[..., Ceremony] | None = None


@dataclass(frozen=True)
class ShowStep:
    """Ask for the answer to a step."""

    step: NextStep
    context: StepContext


@dataclass(frozen=True)
class ShowSignIn:
    """Show sign-in again: the attempt has ended."""

    error: ErrorMessage | None = None
    notice: str = ""


@dataclass(frozen=True)
class ShowSignUp:
    """Ask for the user name, password and attributes of a new account."""

    username: str


@dataclass(frozen=True)
class ShowError:
    """Stay at the step and show the error at the input it is about."""

    error: ErrorMessage


@dataclass(frozen=True)
class ShowNotice:
    """Stay at the step and show a message that isn't about an input."""

    text: str
    is_error: bool = False


@dataclass(frozen=True)
class ShowCodeSent:
    """Stay at the step and show where the requested code was sent."""

    details: DeliveryDetails


@dataclass(frozen=True)
class OfferRestart:
    """Stay at the step and offer to restart it. ``error`` says why, and what that also does."""

    error: ErrorMessage


@dataclass(frozen=True)
class WaitBeforeRetry:
    """Stay at the step and accept no answer for some seconds."""

    seconds: float
    error: ErrorMessage


@dataclass(frozen=True)
class AskStorage:
    """Ask where to save the session."""

    kinds: tuple[StorageKind, ...]
    notice: str = ""


@dataclass(frozen=True)
class ShowSaved:
    """Show where the session is saved. ``storage`` is empty if it isn't saved."""

    storage: str
    problem: str
    warning: str
    notice: str = ""


@dataclass(frozen=True)
class ShowUnsaved:
    """Show the result of a sign-in whose session isn't saved."""


@dataclass(frozen=True)
class AskAboutDevice:
    """Ask whether the pool should remember this device, if the user decides that."""


@dataclass(frozen=True)
class AskToVerify:
    """Offer to verify an address of the user. ``address`` isn't safe to show as it is."""

    attribute: str
    address: str


@dataclass(frozen=True)
class AskContactCode:
    """Ask for the code that was sent to the address.

    Attributes:
        details: Where the code was sent.
        error: Why the last code was rejected; None at first.
    """

    details: DeliveryDetails
    error: ErrorMessage | None = None


@dataclass(frozen=True)
class Finish:
    """Exit with the result of the sign-in."""

    done: Done


Output = (
    RunRequest
    | RunJob
    | ShowStep
    | ShowSignIn
    | ShowSignUp
    | ShowError
    | ShowNotice
    | ShowCodeSent
    | OfferRestart
    | WaitBeforeRetry
    | AskStorage
    | ShowSaved
    | ShowUnsaved
    | AskAboutDevice
    | AskToVerify
    | AskContactCode
    | Finish
    | None
)
