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

from tui_auth.auth.totp import setup_uri

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_auth.auth.devices import Device
    from tui_auth.auth.tokens import Claims, Tokens
    from tui_auth.secret import Secret


class MFAType(Enum):
    """A second factor; the value is Cognito's name for it."""

    SMS = "SMS_MFA"
    TOTP = "SOFTWARE_TOKEN_MFA"
    EMAIL = "EMAIL_OTP"

    @property
    def challenge_response(self) -> str:
        """The ANSWER that chooses this factor."""
        return self.value


class AuthFactorType(Enum):
    """A first factor of choice-based sign-in (USER_AUTH); the value is Cognito's name for it."""

    PASSWORD = "PASSWORD"  # noqa: S105 - the factor's name
    PASSWORD_SRP = "PASSWORD_SRP"  # noqa: S105 - the factor's name
    EMAIL_OTP = "EMAIL_OTP"
    SMS_OTP = "SMS_OTP"
    WEB_AUTHN = "WEB_AUTHN"

    @property
    def challenge_response(self) -> str:
        """The ANSWER that chooses this factor."""
        return self.value


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
        """Build the ``otpauth://totp/`` URI for an authenticator app, percent-encoded.

        Args:
            app_name: The name under which the app lists the key.
            account_name: The account within it; by default the user name as typed.
            issuer: False for a shorter URI, in which the label alone names the app.
        """
        return setup_uri(self.shared_secret, app_name, account_name or self.username, issuer=issuer)


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
class ConfirmSignInWithPassword:
    """A password was chosen as the first factor: answer with it."""


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
    | ConfirmSignInWithPassword
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
    """The result of ``confirm_sign_up``."""

    is_sign_up_complete: bool
