"""The next steps of a sign-in, as frozen data in one union, and the results of ``Auth``.

The names are Amplify Auth's. A challenge that this version doesn't know is an ``UnknownStep``. An MFA type,
factor or delivery medium that it doesn't know stays the raw string Cognito sent, so that it can be shown,
chosen and sent back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, get_args
from urllib.parse import quote, urlsplit

from tui_auth.endpoint import LOOPBACK_HOSTS
from tui_auth.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tui_auth.auth.devices import Device
    from tui_auth.auth.tokens import Claims, Tokens

TOTP_WINDOW_SECONDS = 30
"""A time step of an authenticator app (TOTP, RFC 6238). Cognito accepts the current one and its neighbors."""

COOL_DOWN_SECONDS = 30.0
"""Between two codes: Cognito limits them, and a new one makes the last one worthless."""

ANSWER_SECONDS = 600.0
"""How long the browser has, in seconds."""

WORD_LENGTH = 4
"""Of the word in a short address. A million words are possible, and the listener allows few wrong ones."""

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""Of that word, without those that look alike."""


class MFAType(Enum):
    """A second factor; the value is Cognito's name for it."""

    SMS = "SMS_MFA"
    TOTP = "SOFTWARE_TOKEN_MFA"
    EMAIL = "EMAIL_OTP"


class AuthFactorType(Enum):
    """A first factor of choice-based sign-in (USER_AUTH); the value is Cognito's name for it."""

    PASSWORD = "PASSWORD"  # noqa: S105 - the factor's name
    PASSWORD_SRP = "PASSWORD_SRP"  # noqa: S105 - the factor's name
    EMAIL_OTP = "EMAIL_OTP"
    SMS_OTP = "SMS_OTP"
    WEB_AUTHN = "WEB_AUTHN"


def empty_info() -> Mapping[str, str]:
    """Return an empty read-only mapping."""
    return MappingProxyType({})


@dataclass(frozen=True)
class DeliveryDetails:
    """Where a code was sent, as the server masks it; shown, never parsed."""

    destination: str | None
    delivery_medium: str | None
    attribute_name: str | None = None


@dataclass(frozen=True)
class TOTPSetupDetails:
    """The key of a new software token (AssociateSoftwareToken) and the user name it is for."""

    shared_secret: Secret
    username: str

    def get_setup_uri(self, app_name: str, account_name: str | None = None, *, issuer: bool = True) -> Secret:
        """Build the Key URI ``otpauth://totp/App:account?secret=…&issuer=App``, names percent-encoded.

        Leaves out the default parameters (SHA1, 6 digits, 30 s), which are Cognito's too: each character
        makes the QR code larger. Source: the Key URI format of Google Authenticator.

        Args:
            app_name: The name under which the app lists the key.
            account_name: The account within it; by default the user name as typed.
            issuer: False for a shorter URI, in which the label alone names the app.
        """
        # A colon separates the two, even percent-encoded: FreeOTP rejects a second one.
        names = (
            " ".join(name.replace(":", " ").split()) for name in (app_name, account_name or self.username)
        )
        app, account = (quote(name, safe="") for name in names)
        label = f"{app}:{account}" if app else account
        uri = f"otpauth://totp/{label}?secret={self.shared_secret.reveal()}"
        return Secret(f"{uri}&issuer={app}" if issuer and app else uri)


def window_offset(code: str, shared_secret: Secret, now: float) -> int | None:
    """Measure how far the time step of a rejected TOTP code is from the server's time.

    Looks half an hour around, and around each whole hour up to 14 (a clock set to another time zone).

    Args:
        code: The code.
        shared_secret: The key in base 32.
        now: The server's time in seconds since the epoch.

    Returns:
        Seconds, negative in the past, of the nearest match. None if there is no match: the code is mistyped
        or belongs to another key.
    """
    import pyotp  # needed only after a rejected code

    try:
        totp = pyotp.TOTP(shared_secret.reveal())
        offsets = (steps * TOTP_WINDOW_SECONDS for steps in _steps_nearest_first())
        return next((offset for offset in offsets if totp.at(int(now) + offset) == code), None)
    except ValueError:
        return None  # the key isn't base 32, or is too short for pyotp


def _steps_nearest_first() -> Iterator[int]:
    steps_an_hour = 3600 // TOTP_WINDOW_SECONDS
    near = set(range(-steps_an_hour // 2, steps_an_hour // 2 + 1))
    zones = {hour * steps_an_hour + drift for hour in range(-14, 15) for drift in range(-2, 3)}
    return iter(sorted(near | zones, key=abs))


@dataclass(frozen=True)
class ConfirmSignInWithSMSMFACode:
    """SMS_MFA: answer with the code sent by SMS."""

    delivery_details: DeliveryDetails
    additional_info: Mapping[str, str] = field(default_factory=empty_info)


@dataclass(frozen=True)
class ConfirmSignInWithTOTPCode:
    """SOFTWARE_TOKEN_MFA: answer with the code of the authenticator app."""

    friendly_device_name: str | None = None


@dataclass(frozen=True)
class ContinueSignInWithTOTPSetup:
    """MFA_SETUP for a software token: answer with the first code the app shows."""

    setup_details: TOTPSetupDetails


@dataclass(frozen=True)
class ContinueSignInWithMFASelection:
    """SELECT_MFA_TYPE: answer with one of the types, member or string."""

    allowed_mfa_types: tuple[MFAType | str, ...]


@dataclass(frozen=True)
class ConfirmSignInWithCustomChallenge:
    """CUSTOM_CHALLENGE: what the pool's Lambda function asks, in its public parameters."""

    additional_info: Mapping[str, str] = field(default_factory=empty_info)


@dataclass(frozen=True)
class ConfirmSignInWithNewPassword:
    """NEW_PASSWORD_REQUIRED: answer with a new password, and ``user_attributes`` for those missing."""

    missing_attributes: tuple[str, ...] = ()
    additional_info: Mapping[str, str] = field(default_factory=empty_info)


@dataclass(frozen=True)
class ResetPassword:
    """PasswordResetRequiredException: reset the password before signing in.

    Answered by ``reset_password`` (sends a code) and ``confirm_reset_password``.
    """

    additional_info: Mapping[str, str] = field(default_factory=empty_info)


@dataclass(frozen=True)
class ConfirmSignUp:
    """UserNotConfirmedException: the sign-up waits for its code. Answered by ``confirm_sign_up``.

    ``delivery_details`` is known only right after the sign-up.
    """

    additional_info: Mapping[str, str] = field(default_factory=empty_info)
    delivery_details: DeliveryDetails | None = None


@dataclass(frozen=True)
class ConfirmSignInWithOTP:
    """EMAIL_OTP or SMS_OTP, as first or second factor: answer with the code that was sent."""

    delivery_details: DeliveryDetails
    additional_info: Mapping[str, str] = field(default_factory=empty_info)


@dataclass(frozen=True)
class ContinueSignInWithEmailMFASetup:
    """MFA_SETUP for email: answer with the address to send codes to."""


@dataclass(frozen=True)
class ContinueSignInWithMFASetupSelection:
    """MFA_SETUP with several methods: answer with the one to set up.

    ``left_out`` is what the pool offers but a user can't set up while signing in: SMS.
    """

    allowed_mfa_types: tuple[MFAType | str, ...]
    left_out: tuple[MFAType | str, ...] = ()


@dataclass(frozen=True)
class ContinueSignInWithFirstFactorSelection:
    """SELECT_CHALLENGE: answer with one of the factors, member or string."""

    available_factors: tuple[AuthFactorType | str, ...]


@dataclass(frozen=True)
class ContinueSignInWithPasskey:
    """WEB_AUTHN: answer with an assertion, which ``tui_auth.passkeys.sign`` makes, or with another factor.

    Amplify does this inside ``confirmSignIn``.

    Attributes:
        relying_party: The site whose passkey the pool asks for. Nothing proves that it is the pool's: make an
            assertion only if the user trusts it.
        options: CREDENTIAL_REQUEST_OPTIONS, a PublicKeyCredentialRequestOptionsJSON.
        other_factors: The other first factors, if the pool named them. Answered with one of them, the sign-in
            starts again with it.
    """

    relying_party: str
    options: str = field(repr=False)
    other_factors: tuple[AuthFactorType | str, ...] = ()


@dataclass(frozen=True)
class ConfirmSignInWithPassword:
    """A password was chosen as the first factor: answer with it."""


@dataclass(frozen=True)
class ContinueSignInWithBrowser:
    """Managed login: answer with the address that the browser ended at, pasted or from ``BrowserListener``.

    Amplify has no such step: its ``signInWithRedirect`` never leaves the browser.

    Attributes:
        url: The address to open.
        redirect_uri: Where the browser ends.
        state: Proves that an answer belongs to this try.
        host: The domain's host, to show.
        provider: The identity provider that was asked for; empty if the user chooses on the page.
        expires_in: How long to wait for the browser, in seconds.
    """

    url: str = field(repr=False)
    redirect_uri: str
    state: Secret = field(compare=False)
    host: str = ""
    provider: str = ""
    expires_in: float = ANSWER_SECONDS

    @property
    def short_url(self) -> str:
        """The address on this machine that leads to ``url``; empty if the browser doesn't end here.

        It ends with a word that only the terminal shows. Without one, another user of the machine could open
        it first and sign this terminal in as themselves.
        """
        parts = urlsplit(self.redirect_uri)
        if parts.scheme != "http" or parts.hostname not in LOOPBACK_HOSTS:
            return ""
        import hashlib

        digest = hashlib.sha256(self.state.reveal_bytes()).digest()
        word = "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:WORD_LENGTH])
        return f"http://{parts.netloc}/{word}"


@dataclass(frozen=True)
class UnknownStep:
    """A challenge that this version doesn't know, with its parameters: answer with one ANSWER."""

    challenge_name: str
    additional_info: Mapping[str, str] = field(default_factory=empty_info)


@dataclass(frozen=True)
class Done:
    """Signed in.

    Attributes:
        tokens: The tokens.
        claims: Their checked claims.
        device: This machine as Cognito knows it, if the pool tracks devices. Store it with the tokens:
            without its key they can't be refreshed.
        asks_to_remember_device: True if the user decides whether the pool remembers the device
            (``Auth.remember_device``).
    """

    tokens: Tokens
    claims: Claims
    device: Device | None = None
    asks_to_remember_device: bool = False


NextStep = (
    ConfirmSignInWithSMSMFACode
    | ConfirmSignInWithTOTPCode
    | ContinueSignInWithTOTPSetup
    | ContinueSignInWithMFASelection
    | ConfirmSignInWithCustomChallenge
    | ConfirmSignInWithNewPassword
    | ResetPassword
    | ConfirmSignUp
    | ConfirmSignInWithOTP
    | ContinueSignInWithEmailMFASetup
    | ContinueSignInWithMFASetupSelection
    | ContinueSignInWithFirstFactorSelection
    | ContinueSignInWithPasskey
    | ConfirmSignInWithPassword
    | ContinueSignInWithBrowser
    | UnknownStep
    | Done
)

NEXT_STEPS: tuple[type[NextStep], ...] = get_args(NextStep)


@dataclass(frozen=True)
class SignInResult:
    """The result of ``sign_in`` and ``confirm_sign_in``."""

    next_step: NextStep

    @property
    def is_signed_in(self) -> bool:
        """Whether the next step is Done."""
        return isinstance(self.next_step, Done)


@dataclass(frozen=True)
class ConfirmResetPasswordWithCode:
    """The next step of a password reset: a code was sent, if there is such an account."""

    delivery_details: DeliveryDetails


@dataclass(frozen=True)
class ResetPasswordResult:
    """The result of ``reset_password``."""

    next_step: ConfirmResetPasswordWithCode


@dataclass(frozen=True)
class SignUpResult:
    """The result of ``sign_up`` and ``confirm_sign_up``.

    Attributes:
        is_sign_up_complete: Whether the user can sign in.
        next_step: ConfirmSignUp if a code was sent, else None.
    """

    is_sign_up_complete: bool
    next_step: ConfirmSignUp | None = None
