"""What a front end gives the sign-in flow, and the errors it gets back; ``outputs`` has the rest.

The first screen needs these, and nothing of what an attempt leads to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tui_auth.auth.app_client import AuthFlow
from tui_auth.config.aws_settings import effective_endpoint
from tui_auth.config.files import SourceKind
from tui_auth.endpoint import is_cognito_host, is_loopback
from tui_auth.errors import TRY_AGAIN, AuthError, ErrorField, ErrorKind
from tui_auth.terminal.safe_text import quote_service, safe_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tui_auth.auth.managed_login import ManagedLogin
    from tui_auth.config.resolver import ResolvedPool
    from tui_auth.config.settings import PasswordPolicy
    from tui_auth.passkeys.keys import Keys

ASSUMED_SESSION_SECONDS = 180.0
"""Cognito's default AuthSessionValidity. No API tells an unauthenticated client the real value."""


@dataclass(frozen=True)
class PasskeySettings:
    """For which site a passkey may be used, and where security keys are.

    Attributes:
        relying_party: The only site to use a passkey for; None to ask the user.
        remember: Stores the site that the user confirmed; None if there is no profile to store it in.
        keys: Where security keys come from; None for those that are plugged in.
        must_confirm: Whether the user must confirm even ``relying_party``, because the file that specifies
            it may specify the endpoint as well.
    """

    relying_party: str | None = None
    remember: Callable[[str], object] | None = None
    keys: Keys | None = None
    must_confirm: bool = False

    @classmethod
    def from_pool(cls, pool: ResolvedPool | None) -> PasskeySettings:
        """Return the site that the settings of a pool specify.

        That of an Amplify file, which may be somebody else's, must be confirmed unless AWS chooses the
        challenge.
        """
        if pool is None:
            return cls()
        origin = pool.origins.get("passkey_relying_party")
        is_of_project = origin is not None and origin.kind is SourceKind.AMPLIFY_FILE
        must_confirm = is_of_project and bool(effective_endpoint(pool.endpoint_url))
        return cls(pool.passkey_relying_party, must_confirm=must_confirm)


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
