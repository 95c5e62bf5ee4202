"""Cognito's errors in words for a signed-in user. What isn't here has its words in ``auth.error_catalog``."""

from __future__ import annotations

from dataclasses import dataclass

from tui_auth.errors import AuthError, ErrorField, ErrorKind, NotAuthorizedError, UnsupportedError

ADMIN_SCOPE = "aws.cognito.signin.user.admin"
"""The scope that Cognito requires of a token for everything but a user's sessions."""

WITHOUT_SCOPE = ("ListUserSessions", "RevokeUserSession")
"""The operations that need no scope."""


class MissingScopeError(NotAuthorizedError):
    """The access token doesn't have the scope, so nothing was sent, or Cognito rejected it."""


def missing_scope_error(code: str | None = None, service_message: str = "") -> MissingScopeError:
    return MissingScopeError(
        ErrorKind.NOT_AUTHORIZED,
        f"The token of this session doesn't have the scope {ADMIN_SCOPE}, so it can't manage the account.",
        "Sign in with an app client that grants it.",
        code=code,
        service_message=service_message,
    )


@dataclass(frozen=True)
class _Rule:
    """Our words for an error of some operations: by its code, and by a part of Cognito's text if given."""

    operations: tuple[str, ...]
    code: str
    message: str
    suggestion: str = ""
    fragment: str = ""
    field: ErrorField = ErrorField.FORM
    kind: ErrorKind = ErrorKind.VALIDATION

    @property
    def error_class(self) -> type[AuthError]:
        return UnsupportedError if self.kind is ErrorKind.CONFIGURATION else AuthError


_ATTRIBUTES = ("UpdateUserAttributes", "DeleteUserAttributes")
_DEVICES = ("ListDevices", "ForgetDevice", "UpdateDeviceStatus")
_SESSIONS = WITHOUT_SCOPE
_TOTP = ("AssociateSoftwareToken", "VerifySoftwareToken")
_REGISTRATION = ("StartWebAuthnRegistration", "CompleteWebAuthnRegistration")
_PASSKEYS = ("ListWebAuthnCredentials", "DeleteWebAuthnCredential", *_REGISTRATION)
_ASK_ADMIN = "The user pool's administrator can change this."
_NO_SESSIONS = "This user pool doesn't track sessions."
_NO_PASSKEYS = "This user pool doesn't offer passkeys."
_NO_APP = "This user pool doesn't offer authenticator apps."

_RULES = (
    _Rule(
        ("ChangePassword",),
        "NotAuthorizedException",
        "That isn't your current password.",
        "Enter it again.",
        "Incorrect username or password",
        ErrorField.ANSWER,
        ErrorKind.NOT_AUTHORIZED,
    ),
    _Rule(
        _ATTRIBUTES,
        "NotAuthorizedException",
        "This app client may not change that attribute.",
        _ASK_ADMIN,
        "unauthorized attribute",
        ErrorField.ATTRIBUTES,
        ErrorKind.NOT_AUTHORIZED,
    ),
    _Rule(
        _ATTRIBUTES,
        "InvalidParameterException",
        "That attribute can't be changed.",
        "",
        "cannot be updated",
        ErrorField.ATTRIBUTES,
    ),
    _Rule(
        ("DeleteUserAttributes",),
        "InvalidParameterException",
        "The user pool requires that attribute, so it can't be removed.",
        "",
        "",
        ErrorField.ATTRIBUTES,
    ),
    _Rule(
        ("SetUserMFAPreference",),
        "InvalidParameterException",
        "This user pool doesn't offer that second factor.",
        _ASK_ADMIN,
        "has not been enabled",
        kind=ErrorKind.CONFIGURATION,
    ),
    _Rule(
        ("SetUserMFAPreference",),
        "InvalidParameterException",
        "That second factor isn't set up for you.",
        "An app must be set up first, SMS needs a phone number, and email a verified address.",
    ),
    _Rule(
        _TOTP,
        "SoftwareTokenMFANotFoundException",
        _NO_APP,
        _ASK_ADMIN,
        "has not been enabled",
        kind=ErrorKind.CONFIGURATION,
    ),
    _Rule(
        ("VerifySoftwareToken",),
        "SoftwareTokenMFANotFoundException",
        "This setup has ended.",
        "Start again to get a new key.",
    ),
    _Rule(
        _DEVICES,
        "InvalidUserPoolConfigurationException",
        "This user pool doesn't remember devices.",
        kind=ErrorKind.CONFIGURATION,
    ),
    _Rule(_DEVICES, "ResourceNotFoundException", "The user pool no longer knows this device.", "", "Device"),
    _Rule(_SESSIONS, "OperationNotEnabledException", _NO_SESSIONS, kind=ErrorKind.CONFIGURATION),
    _Rule(_SESSIONS, "UnknownOperationException", _NO_SESSIONS, kind=ErrorKind.CONFIGURATION),
    _Rule(_SESSIONS, "FeatureUnavailableInTierException", _NO_SESSIONS, kind=ErrorKind.CONFIGURATION),
    _Rule(("RevokeUserSession",), "ResourceNotFoundException", "That session has already ended."),
    *(
        _Rule(_PASSKEYS, code, _NO_PASSKEYS, kind=ErrorKind.CONFIGURATION)
        for code in (
            "OperationNotEnabledException",
            "UnknownOperationException",
            "FeatureUnavailableInTierException",
            "WebAuthnNotEnabledException",
            "WebAuthnConfigurationMissingException",
        )
    ),
    _Rule(_REGISTRATION, "LimitExceededException", "You have too many passkeys.", "Delete one first."),
    _Rule(
        _REGISTRATION, "WebAuthnChallengeNotFoundException", "The registration took too long.", "Try again."
    ),
    _Rule(
        _REGISTRATION,
        "WebAuthnCredentialNotSupportedException",
        "The user pool doesn't accept this security key.",
    ),
    _Rule(("DeleteWebAuthnCredential",), "ResourceNotFoundException", "That passkey was already deleted."),
)


def reworded(error: AuthError, operation: str) -> AuthError:
    """Return the error in words for a signed-in user; most stay as they are."""
    if error.code == "NotAuthorizedException" and "scope" in error.service_message.lower():
        return missing_scope_error(error.code, error.service_message)
    for rule in _RULES:
        is_this = operation in rule.operations and error.code == rule.code
        if is_this and rule.fragment in error.service_message:
            return rule.error_class(
                rule.kind,
                rule.message,
                rule.suggestion,
                code=error.code,
                service_message=error.service_message,
                field=rule.field,
            )
    return error
