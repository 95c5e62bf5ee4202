"""Every next step a sign-in can answer with: frozen data, one union.

The names are Amplify Auth's. A challenge that came into the world after this version is an
``UnknownStep``; an MFA type, factor or delivery medium that this version does not know is kept as the
raw string Cognito sent, so that it can be shown, chosen and sent back as given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import get_args

from tui_auth.auth.device import Device
from tui_auth.auth.totp import setup_uri
from tui_auth.auth.verify import Claims
from tui_auth.secret import Secret


class MFAType(Enum):
    """A second factor; the value is the name Cognito uses for it (``challenge_response``)."""

    SMS = "SMS_MFA"
    TOTP = "SOFTWARE_TOKEN_MFA"
    EMAIL = "EMAIL_OTP"

    @property
    def challenge_response(self) -> str:
        """What is sent as ANSWER to choose this factor."""
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
        """What is sent as ANSWER to choose this factor."""
        return self.value


def empty_info() -> Mapping[str, str]:
    """No additional info: a read-only mapping with nothing in it."""
    return MappingProxyType({})


@dataclass(frozen=True)
class DeliveryDetails:
    """Where a code went, as the server masks it; never parsed, only shown."""

    destination: str | None
    delivery_medium: str | None
    attribute_name: str | None = None


@dataclass(frozen=True)
class TOTPSetupDetails:
    """The secret of a new software token (AssociateSoftwareToken) and the name it is for."""

    shared_secret: Secret
    username: str

    def get_setup_uri(self, app_name: str, account_name: str | None = None, *, issuer: bool = True) -> Secret:
        """The ``otpauth://totp/`` URI for an authenticator app, percent-encoded.

        ``account_name`` is the name as typed unless given. Without ``issuer`` the URI is shorter and the
        label alone names the app. Source: the Key URI format of Google Authenticator.
        """
        return setup_uri(self.shared_secret, app_name, account_name or self.username, issuer=issuer)


@dataclass(frozen=True)
class Tokens:
    """What InitiateAuth or RespondToAuthChallenge answers with in ``AuthenticationResult``.

    ``expires_in`` is the life of access and id token in seconds.
    """

    access_token: Secret
    id_token: Secret
    refresh_token: Secret | None
    expires_in: int
    token_type: str


@dataclass(frozen=True)
class ConfirmSignInWithSMSMFACode:
    """SMS_MFA: a code was sent by SMS; answer with it."""

    delivery_details: DeliveryDetails
    additional_info: Mapping[str, str] = field(default_factory=empty_info)


@dataclass(frozen=True)
class ConfirmSignInWithTOTPCode:
    """SOFTWARE_TOKEN_MFA: answer with the six digits of the authenticator app."""

    friendly_device_name: str | None = None


@dataclass(frozen=True)
class ContinueSignInWithTOTPSetup:
    """MFA_SETUP for a software token; answer with the first code the app shows."""

    setup_details: TOTPSetupDetails


@dataclass(frozen=True)
class ContinueSignInWithMFASelection:
    """SELECT_MFA_TYPE: answer with one of the types, member or string."""

    allowed_mfa_types: tuple[MFAType | str, ...]


@dataclass(frozen=True)
class ConfirmSignInWithCustomChallenge:
    """CUSTOM_CHALLENGE: whatever the pool's Lambda asks, in its public parameters."""

    additional_info: Mapping[str, str] = field(default_factory=empty_info)


@dataclass(frozen=True)
class ConfirmSignInWithNewPassword:
    """NEW_PASSWORD_REQUIRED: answer with a new password, and ``user_attributes`` for what is missing."""

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

    ``delivery_details`` is known where the sign-up was made just now.
    """

    additional_info: Mapping[str, str] = field(default_factory=empty_info)
    delivery_details: DeliveryDetails | None = None


@dataclass(frozen=True)
class ConfirmSignInWithOTP:
    """EMAIL_OTP or SMS_OTP, as first or second factor: a code was sent; answer with it."""

    delivery_details: DeliveryDetails
    additional_info: Mapping[str, str] = field(default_factory=empty_info)


@dataclass(frozen=True)
class ContinueSignInWithEmailMFASetup:
    """MFA_SETUP for e-mail; answer with the address that codes shall go to."""


@dataclass(frozen=True)
class ContinueSignInWithMFASetupSelection:
    """MFA_SETUP with several methods; answer with the one to set up.

    ``left_out`` is what the pool offers too, but nobody can set up while signing in: SMS.
    """

    allowed_mfa_types: tuple[MFAType | str, ...]
    left_out: tuple[MFAType | str, ...] = ()


@dataclass(frozen=True)
class ContinueSignInWithFirstFactorSelection:
    """SELECT_CHALLENGE: answer with one of the factors, member or string."""

    available_factors: tuple[AuthFactorType | str, ...]


@dataclass(frozen=True)
class ConfirmSignInWithPassword:
    """A password was chosen as the first factor; answer with it."""


@dataclass(frozen=True)
class UnknownStep:
    """A challenge this version does not know, with all that is known of it; answered by one ANSWER."""

    challenge_name: str
    additional_info: Mapping[str, str] = field(default_factory=empty_info)


@dataclass(frozen=True)
class Done:
    """Signed in: the tokens, and the claims that were checked in them.

    ``device`` is this machine as Cognito knows it, where the pool tracks devices; it belongs with the tokens,
    for without its key they cannot be refreshed. ``asks_to_remember_device`` leaves it to the person whether
    it counts as remembered (``Auth.remember_device``).
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
