"""Cognito's errors in our own words: the text for each exception code, and the AuthError for a reply.

Cognito's messages are not contractual, so its exception *code* decides. A fixed text of its message is looked
for only if one code means several things (NotAuthorizedException above all). Our sentences never contain text
of the server: that travels in ``service_message``, and code that shows it makes it safe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tui_auth.errors import AuthError, ErrorField, ErrorKind

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class ErrorText:
    """One error as a user reads it.

    Attributes:
        kind: What it means for the caller.
        message: What happened.
        suggestion: What to do; may be empty.
        field: The input it is about.
        retry_after: Seconds to wait, or None.
        is_vague: True if Cognito's own message says more than ours.
    """

    kind: ErrorKind
    message: str
    suggestion: str = ""
    field: ErrorField = ErrorField.ANSWER
    retry_after: float | None = None
    is_vague: bool = False

    def to_error(self, code: str | None = None, service_message: str = "", **more: Any) -> AuthError:
        """Return the AuthError with this text; ``more`` are further arguments of AuthError."""
        return AuthError(
            self.kind,
            self.message,
            self.suggestion,
            code=code,
            service_message=service_message,
            field=self.field,
            retry_after=self.retry_after,
            **more,
        )


_not_authorized = partial(ErrorText, ErrorKind.NOT_AUTHORIZED)
_session_expired = partial(ErrorText, ErrorKind.CHALLENGE_SESSION_EXPIRED)
_validation = partial(ErrorText, ErrorKind.VALIDATION)
_configuration = partial(ErrorText, ErrorKind.CONFIGURATION)
_service = partial(ErrorText, ErrorKind.SERVICE)
_throttled = partial(ErrorText, ErrorKind.THROTTLED)

_NO_DELIVERY = "The user pool couldn't send the code."
_ASK_ADMIN = "The user pool's administrator can change this."
_WRONG_CREDENTIALS = _not_authorized("Incorrect username or password.")
_NO_SUCH_USER = _not_authorized("The user pool has no user with this name.", "Check the user name.")

_WRONG_CLIENT_SECRET = _configuration(
    "The client secret doesn't match this app client.",
    "Compare it with the Cognito console. Leave it out if the app client has no secret.",
)


@dataclass(frozen=True)
class _Rule:
    """A fixed text of Cognito's that decides at some ``operations``, or at all.

    ``sent`` is the field or user attribute that the request must have had; empty if it doesn't matter.
    """

    fragment: str
    text: ErrorText
    operations: tuple[str, ...] = ()
    sent: str = ""

    def applies(self, message: str, operation: str, fields: Collection[str]) -> bool:
        """Return True if the message means this; an empty operation is an unknown one."""
        is_here = not operation or not self.operations or operation in self.operations
        was_sent = not operation or not self.sent or self.sent in fields
        return self.fragment in message and is_here and was_sent


_SIGN_IN = ("InitiateAuth", "RespondToAuthChallenge")
_WITH_ATTRIBUTES = ("SignUp", "RespondToAuthChallenge", "UpdateUserAttributes")
_WITH_NEW_PASSWORD = ("SignUp", "ConfirmForgotPassword", "RespondToAuthChallenge", "ChangePassword")
_WITH_SESSION = (*_SIGN_IN, "AssociateSoftwareToken", "VerifySoftwareToken", "ConfirmSignUp")

# Only its message tells what NotAuthorizedException means: the first rule that applies decides.
_NOT_AUTHORIZED = (
    _Rule(
        "Invalid session",
        _session_expired("This step has expired or was already answered."),
        _WITH_SESSION,
    ),
    _Rule("Incorrect username or password", _WRONG_CREDENTIALS),
    _Rule(
        "SignUp is not permitted",
        _not_authorized("This user pool doesn't let users sign up.", _ASK_ADMIN),
        ("SignUp",),
    ),
    _Rule(
        "Password attempts exceeded",
        _throttled(
            "Too many wrong passwords.",
            "Wait before you try again. Each attempt doubles the wait, up to 15 minutes.",
            retry_after=5.0,  # the first lock
        ),
    ),
    _Rule("User is disabled", _not_authorized("This user is disabled.", _ASK_ADMIN)),
    _Rule(
        "SECRET_HASH was not received",
        _configuration(
            "This app client has a secret, but none was given.",
            "Copy it from the Cognito console. Set client_secret_file, or client_secret in Python.",
        ),
    ),
    *(_Rule(text, _WRONG_CLIENT_SECRET) for text in ("secret hash", "client secret", "SecretHash")),
    _Rule(
        "Temporary password has expired",
        _not_authorized("The temporary password has expired.", "An administrator can set a new one."),
        _SIGN_IN,
    ),
    _Rule(
        "cannot be reset in the current state",
        _not_authorized(
            "This user's password can't be reset now.",
            "Sign in with the temporary password, or ask an administrator for a new one.",
        ),
        ("ForgotPassword",),
    ),
    _Rule(
        "Cannot modify an already provided",
        _validation(
            "One of these attributes is already set and can't be changed here.", "", ErrorField.ATTRIBUTES
        ),
        _WITH_ATTRIBUTES,
    ),
)

_FLOW_OFF = _configuration(
    "This app client doesn't allow this auth flow.",
    "Use another auth flow, or ask the pool's administrator to allow this one.",
)
_NO_POOL = _configuration(
    "No user pool has this ID.",
    "Check the pool ID in the Cognito console.",
)

# The same for InvalidParameterException.
_INVALID_PARAMETER = (
    _Rule("flow not enabled for this client", _FLOW_OFF, _SIGN_IN),
    _Rule("does not have SMS configuration", _service(_NO_DELIVERY, _ASK_ADMIN, is_vague=True)),
    _Rule(
        "registered/verified email or phone_number",
        _service(
            "This user has no verified email address or phone number for a code.",
            "An administrator can set a new password.",
        ),
        ("ForgotPassword",),
    ),
    _Rule(
        "User is already confirmed",
        _service("This sign-up is already confirmed.", "Sign in."),
        ("ResendConfirmationCode",),
    ),
    _Rule(
        "'password' failed to satisfy constraint: Member must have length greater than or equal",
        _validation("This password is too short.", "Choose a longer one.", ErrorField.NEW_PASSWORD),
        _WITH_NEW_PASSWORD,
    ),
    _Rule(
        "'password' failed to satisfy constraint",
        _validation(
            "Cognito doesn't accept this password: it's too short, too long, or starts or ends with a space.",
            "Change it and try again.",
            ErrorField.NEW_PASSWORD,
        ),
        _WITH_NEW_PASSWORD,
    ),
    _Rule(
        "Invalid email address",
        _validation(
            "Cognito doesn't accept this email address.",
            "Change it and try again.",
            ErrorField.ATTRIBUTES,
        ),
        _WITH_ATTRIBUTES,
        sent="email",
    ),
    _Rule(
        "Invalid phone number",
        _validation(
            "Cognito doesn't accept this phone number.",
            "Enter it with the country code and without spaces: +15555550123.",
            ErrorField.ATTRIBUTES,
        ),
        _WITH_ATTRIBUTES,
        sent="phone_number",
    ),
    _Rule(
        "ttributes",
        _validation("Cognito didn't accept these attributes.", "", ErrorField.ATTRIBUTES, is_vague=True),
        _WITH_ATTRIBUTES,
    ),
)

_RESOURCE_NOT_FOUND = (
    _Rule(
        "User pool client",
        _configuration(
            "No app client has this ID in this region.",
            "Check the app client ID and the region in the Cognito console.",
        ),
    ),
    _Rule(
        "User pool",
        _configuration(
            "No user pool has this ID in this region.",
            "Check the pool ID and the region in the Cognito console.",
        ),
    ),
    _Rule("Device does not exist", _service("Cognito no longer knows this device.")),
)

_BY_TEXT = {
    "NotAuthorizedException": _NOT_AUTHORIZED,
    "InvalidParameterException": _INVALID_PARAMETER,
    "ExpiredCodeException": (
        _Rule(
            "already been used once",
            _validation("That code was already used.", "Each code works once. Wait for the next one."),
            ("VerifySoftwareToken", "RespondToAuthChallenge"),
        ),
    ),
    "ResourceNotFoundException": _RESOURCE_NOT_FOUND,
    "UserNotFoundException": (_Rule("combination not found", _NO_SUCH_USER),),
}

_POLICY = {
    "not long enough": "Too short for this pool.",
    "uppercase": "It needs an uppercase letter.",
    "lowercase": "It needs a lowercase letter.",
    "numeric": "It needs a digit.",
    "symbol": "It needs a symbol, such as ! or -.",
}

_DELIVERY_TROUBLE = _service(_NO_DELIVERY, _ASK_ADMIN)
_LAMBDA_TROUBLE = _service("A Lambda trigger of the user pool failed.", _ASK_ADMIN, is_vague=True)
_TOO_MANY_REQUESTS = _throttled(
    "Cognito is getting too many requests right now.", "Wait, then try again.", retry_after=5.0
)

_BY_CODE = {
    "NotAuthorizedException": _not_authorized("Cognito rejected this.", is_vague=True),
    "UnauthorizedException": _WRONG_CLIENT_SECRET,
    "UserNotFoundException": _WRONG_CREDENTIALS,
    "RefreshTokenReuseException": _not_authorized(
        "Its refresh token was already used: by a copy of the session, or by a refresh whose reply was lost."
    ),
    "TokenRevokedException": _not_authorized("It was revoked."),
    "CodeMismatchException": _validation("That code isn't right.", "Check it and try again."),
    "ExpiredCodeException": _validation(
        "That code has expired or was never sent.", "Enter the newest code, or request a new one."
    ),
    "EnableSoftwareTokenMFAException": _validation(
        "That code doesn't match this key.", "Enter the next code that your app shows."
    ),
    "InvalidPasswordException": _validation(
        "The user pool doesn't accept this password.",
        "Choose a longer password with letters, digits and symbols.",
        ErrorField.NEW_PASSWORD,
        is_vague=True,
    ),
    "PasswordHistoryPolicyViolationException": _validation(
        "You have used this password before.", "Choose another password.", ErrorField.NEW_PASSWORD
    ),
    "LimitExceededException": _throttled(
        "This user has reached a Cognito limit.",
        "Try again later. Some limits last an hour.",
        retry_after=60.0,
    ),
    "TooManyRequestsException": _TOO_MANY_REQUESTS,
    "ThrottlingException": _TOO_MANY_REQUESTS,
    "TooManyFailedAttemptsException": _throttled(
        "Too many wrong codes.", "Wait a while, then request a new code.", retry_after=60.0
    ),
    "ResourceNotFoundException": _configuration(
        "Cognito doesn't know this user pool or app client.",
        "Check the pool ID, the app client ID and the region in the Cognito console.",
    ),
    "InvalidParameterException": _validation(
        "Cognito didn't accept this.", "Change it and try again.", is_vague=True
    ),
    "UserNotConfirmedException": _service("This sign-up isn't confirmed yet."),
    "PasswordResetRequiredException": _service("The password must be reset first."),
    "SoftwareTokenMFANotFoundException": _service(
        "This user has no authenticator app in this user pool.", _ASK_ADMIN
    ),
    "MFAMethodNotFoundException": _service("Cognito has no way to confirm this user.", _ASK_ADMIN),
    "AliasExistsException": _service(
        "Another account has this email address or phone number.",
        ("Use another one, or sign in to that account."),
    ),
    "UsernameExistsException": _service("An account with this user name already exists.", "Sign in instead."),
    "CodeDeliveryFailureException": _DELIVERY_TROUBLE,
    "InvalidSmsRoleAccessPolicyException": _DELIVERY_TROUBLE,
    "InvalidSmsRoleTrustRelationshipException": _DELIVERY_TROUBLE,
    "InvalidEmailRoleAccessPolicyException": _DELIVERY_TROUBLE,
    "UserLambdaValidationException": _service(
        "A Lambda trigger of the user pool rejected this.", is_vague=True
    ),
    "UnexpectedLambdaException": _LAMBDA_TROUBLE,
    "InvalidLambdaResponseException": _LAMBDA_TROUBLE,
    "InvalidUserPoolConfigurationException": _service(
        "The user pool's configuration prevents this.", _ASK_ADMIN
    ),
    "FeatureUnavailableInTierException": _configuration(
        "This user pool's feature plan doesn't include this.", _ASK_ADMIN
    ),
    "OperationNotEnabledException": _configuration(
        "This operation is turned off for the user pool.", _ASK_ADMIN
    ),
    "UnsupportedOperationException": _configuration("This user pool doesn't support this.", _ASK_ADMIN),
    "ForbiddenException": _service(
        "The user pool's web firewall (AWS WAF) rejected the request.", _ASK_ADMIN, is_vague=True
    ),
    "InternalErrorException": _service("Cognito had an internal error.", "Try again in a moment."),
    "UnknownOperationException": _configuration(
        "This endpoint doesn't know the operation.", "Check that it is the endpoint of a user pool."
    ),
}

_UNKNOWN = _service("Cognito returned an error that this version doesn't know.", is_vague=True)
_UNKNOWN_SERVER_ERROR = replace(_BY_CODE["InternalErrorException"], is_vague=True)
_SIGN_IN_REJECTED = _validation(
    "Cognito didn't accept this sign-in.",
    "The user pool's administrator can help.",
    ErrorField.FORM,
    is_vague=True,
)

KNOWN_CODES = frozenset({*_BY_CODE, *_BY_TEXT})
"""The error codes that have a text here."""

_FLOW = re.compile(r"(?P<name>[A-Z_]{4,40}) flow not enabled for this client")


def error_from_response(
    code: str,
    service_message: str,
    *,
    status: int = 400,
    cause: Exception | None = None,
    operation: str = "",
    fields: Collection[str] = (),
    text: ErrorText | None = None,
) -> AuthError:
    """Return the AuthError for an error reply.

    Args:
        code: Its ``__type``, such as "CodeMismatchException".
        service_message: Its ``message``.
        status: The HTTP status. From 500 on the request may have arrived.
        cause: The exception underneath.
        operation: The operation that replied ("InitiateAuth"), if known. A fixed text of its message decides
            only where it belongs; elsewhere the service is quoted.
        fields: The fields and user attributes that the request had, in lower case.
        text: The text, if it isn't one of a user pool.
    """
    text = text or _find_text(code, service_message, status, operation, fields)
    quote = service_message if code in _BY_CODE else f"{code}: {service_message}"
    return text.to_error(
        code,
        service_message,
        cause=cause,
        may_have_arrived=status >= 500,
        quote=quote if text.is_vague else "",
    )


def without_password(error: AuthError) -> AuthError:
    """Return the error of a sign-in without a password, which can't say that the password is wrong."""
    if error.code != "UserNotFoundException":
        return error
    return _NO_SUCH_USER.to_error(error.code, error.service_message)


def no_such_pool() -> AuthError:
    """Return the error for a user pool known not to exist; Cognito itself blames the password."""
    return _NO_POOL.to_error()


def is_wrong_credentials(error: AuthError) -> bool:
    """Return True if Cognito says that user name and password don't match."""
    return error.message == _WRONG_CREDENTIALS.message


def is_rejected_password(error: AuthError) -> bool:
    """Return True if Cognito checked a password and rejected it; a locked user has the same code."""
    return error.code == "NotAuthorizedException" and error.kind is not ErrorKind.THROTTLED


def is_already_confirmed(error: AuthError) -> bool:
    """Return True if ResendConfirmationCode says that the sign-up needs no code."""
    return error.code == "InvalidParameterException" and "already confirmed" in error.service_message


def is_confirmed_before(error: AuthError) -> bool:
    """Return True if ConfirmSignUp says that the sign-up was confirmed before."""
    message = error.service_message
    is_confirmed = "status is CONFIRMED" in message or "is not UNCONFIRMED" in message
    return error.code == "NotAuthorizedException" and is_confirmed


def is_unknown_device(error: AuthError) -> bool:
    """Return True if Cognito has forgotten the device whose key was sent, or rejected its proof."""
    is_gone = error.code == "ResourceNotFoundException" and "Device does not exist" in error.service_message
    return is_gone or error.is_rejected_device


def _find_text(
    code: str, service_message: str, status: int, operation: str, fields: Collection[str]
) -> ErrorText:
    is_sign_in = not operation or operation in _SIGN_IN
    if code == "InvalidParameterException" and is_sign_in and (flow := _FLOW.match(service_message)):
        suggestion = _FLOW_OFF.suggestion.replace("allow this one", f"add ALLOW_{flow['name']}", 1)
        return replace(
            _FLOW_OFF, message=f"This app client doesn't allow {flow['name']}.", suggestion=suggestion
        )
    for rule in _BY_TEXT.get(code, ()):
        if rule.applies(service_message, operation, fields):
            return rule.text
    if code == "InvalidParameterException" and operation == "InitiateAuth":
        return _SIGN_IN_REJECTED
    if code == "InvalidPasswordException":
        for fragment, sentence in _POLICY.items():
            if fragment in service_message:
                return _validation(sentence, "Change it and try again.", ErrorField.NEW_PASSWORD)
    return _BY_CODE.get(code, _UNKNOWN_SERVER_ERROR if status >= 500 else _UNKNOWN)
