"""Cognito's errors in our own words: the text for each exception code, and the AuthError for a reply.

Cognito's messages are not contractual, so its exception *code* decides. A fixed text of its message is looked
for only if one code means several things (NotAuthorizedException above all). Our sentences never contain text
of the server: that travels in ``service_message``, and code that shows it makes it safe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tui_auth.errors import AuthError, ErrorField, ErrorKind


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


_ASK_ADMIN = "Someone who manages the user pool can change that."
_WRONG_CREDENTIALS = ErrorText(ErrorKind.NOT_AUTHORIZED, "Incorrect username or password.")
_NO_SUCH_USER = ErrorText(
    ErrorKind.NOT_AUTHORIZED, "The pool says that it has no such user.", "Check the name."
)
_FIRST_LOCK_SECONDS = 5.0

_WRONG_CLIENT_SECRET = ErrorText(
    ErrorKind.CONFIGURATION,
    "The client secret does not fit this app client.",
    "Compare the file of --client-secret-file (client_secret_file in a profile) with the app client's page "
    "in the Cognito console: a client without one there takes none. Someone who manages the pool can look.",
)

# Only its message tells what NotAuthorizedException means: the first text it contains decides.
_NOT_AUTHORIZED = (
    (
        "Invalid session",
        ErrorText(ErrorKind.CHALLENGE_SESSION_EXPIRED, "This step has run out, or was answered already."),
    ),
    ("Incorrect username or password", _WRONG_CREDENTIALS),
    (
        "SignUp is not permitted",
        ErrorText(
            ErrorKind.NOT_AUTHORIZED, "This pool does not let people sign up by themselves.", _ASK_ADMIN
        ),
    ),
    (
        "Password attempts exceeded",
        ErrorText(
            ErrorKind.THROTTLED,
            "Too many wrong passwords: Cognito makes this user wait.",
            "The wait doubles each time, up to 15 minutes.",
            retry_after=_FIRST_LOCK_SECONDS,
        ),
    ),
    ("User is disabled", ErrorText(ErrorKind.NOT_AUTHORIZED, "This user is disabled.", _ASK_ADMIN)),
    (
        "SECRET_HASH was not received",
        ErrorText(
            ErrorKind.CONFIGURATION,
            "This app client has a secret, and none was given.",
            "Someone who manages the pool finds it on the app client's page in the Cognito console. Put it "
            "into a file and name that with --client-secret-file, or use an app client without one.",
        ),
    ),
    ("secret hash", _WRONG_CLIENT_SECRET),
    ("client secret", _WRONG_CLIENT_SECRET),
    ("SecretHash", _WRONG_CLIENT_SECRET),
    (
        "Temporary password has expired",
        ErrorText(
            ErrorKind.NOT_AUTHORIZED,
            "The temporary password has expired.",
            "An administrator can set a new one.",
        ),
    ),
    (
        "cannot be reset in the current state",
        ErrorText(
            ErrorKind.NOT_AUTHORIZED,
            "This user's password cannot be reset in its current state.",
            "Sign in with the temporary password, or ask an administrator for a new one.",
        ),
    ),
    (
        "Cannot modify an already provided",
        ErrorText(
            ErrorKind.VALIDATION,
            "One of these attributes is set already and stays as it is.",
            "",
            ErrorField.ATTRIBUTES,
        ),
    ),
)

_FLOW_OFF = ErrorText(
    ErrorKind.CONFIGURATION,
    "This app client does not allow the sign-in flow that was asked for.",
    "Someone who manages the user pool can add it: Cognito console, App clients, Authentication flows. Or "
    "try another --auth-flow (auth_flow in a profile).",
)
_NO_POOL = ErrorText(
    ErrorKind.CONFIGURATION,
    "There is no user pool of this id, and with a wrong one no password fits.",
    "Compare --user-pool-id (user_pool_id in a profile) with the top of the pool's page in the Cognito "
    "console. Someone who manages the pool knows it.",
)

# The same for InvalidParameterException.
_INVALID_PARAMETER = (
    ("flow not enabled for this client", _FLOW_OFF),
    (
        "registered/verified email or phone_number",
        ErrorText(
            ErrorKind.SERVICE,
            "This user has no verified e-mail address or phone number to send a code to.",
            "An administrator can set a new password.",
        ),
    ),
    (
        "User is already confirmed",
        ErrorText(ErrorKind.SERVICE, "This sign-up is confirmed already.", "Sign in."),
    ),
    (
        "length greater than or equal to 6",
        ErrorText(
            ErrorKind.VALIDATION,
            "Too short: Cognito wants 6 characters, and a pool may want more.",
            "Change it and try again.",
            ErrorField.NEW_PASSWORD,
        ),
    ),
    (
        "'password' failed to satisfy constraint",
        ErrorText(
            ErrorKind.VALIDATION,
            "A password has 6 to 256 characters and no blanks.",
            "Change it and try again.",
            ErrorField.NEW_PASSWORD,
        ),
    ),
    (
        "Invalid email address",
        ErrorText(
            ErrorKind.VALIDATION,
            "That is not an e-mail address as Cognito takes it.",
            "Change it and try again.",
            ErrorField.ATTRIBUTES,
        ),
    ),
    (
        "Invalid phone number",
        ErrorText(
            ErrorKind.VALIDATION,
            "That is not a phone number as Cognito takes it.",
            "Write it with country code and without blanks: +15555550123.",
            ErrorField.ATTRIBUTES,
        ),
    ),
    (
        "ttributes",
        ErrorText(
            ErrorKind.VALIDATION,
            "Cognito did not take these attributes.",
            "",
            ErrorField.ATTRIBUTES,
            is_vague=True,
        ),
    ),
)

_EXPIRED_CODE = (
    (
        "already been used once",
        ErrorText(
            ErrorKind.VALIDATION, "That code was used already.", "Each works once: wait for the next one."
        ),
    ),
)

_RESOURCE_NOT_FOUND = (
    (
        "User pool client",
        ErrorText(
            ErrorKind.CONFIGURATION,
            "Cognito knows no such app client in this region.",
            "Compare --client-id and --region (client_id, region in a profile; without one the pool id names "
            "it) with the app client's page in the Cognito console. Someone who manages the pool knows them.",
        ),
    ),
    (
        "User pool",
        ErrorText(
            ErrorKind.CONFIGURATION,
            "There is no such user pool in this region.",
            "Compare --user-pool-id and --region with the pool's page in the Cognito console. Someone who "
            "manages the pool knows them.",
        ),
    ),
    ("Device does not exist", ErrorText(ErrorKind.SERVICE, "Cognito no longer knows this device.")),
)

_USER_NOT_FOUND = (("combination not found", _NO_SUCH_USER),)

_BY_TEXT = {
    "NotAuthorizedException": _NOT_AUTHORIZED,
    "InvalidParameterException": _INVALID_PARAMETER,
    "ExpiredCodeException": _EXPIRED_CODE,
    "ResourceNotFoundException": _RESOURCE_NOT_FOUND,
    "UserNotFoundException": _USER_NOT_FOUND,
}

_POLICY = {
    "not long enough": "Too short for this pool.",
    "uppercase": "It needs an upper-case letter.",
    "lowercase": "It needs a lower-case letter.",
    "numeric": "It needs a digit.",
    "symbol": "It needs a symbol, such as ! or -.",
}

_SERVICE_TROUBLE = "The pool is set up in a way that keeps it from going on."
_DELIVERY_TROUBLE = ErrorText(ErrorKind.SERVICE, "The pool could not send the code.", _ASK_ADMIN)
_LAMBDA_TROUBLE = ErrorText(
    ErrorKind.SERVICE, "One of the pool's own functions failed.", _ASK_ADMIN, is_vague=True
)
_TOO_MANY_REQUESTS = ErrorText(
    ErrorKind.THROTTLED, "Cognito is asked too often just now.", "Wait, then try again.", retry_after=5.0
)

_BY_CODE = {
    "NotAuthorizedException": ErrorText(ErrorKind.NOT_AUTHORIZED, "Cognito refused this.", is_vague=True),
    "UnauthorizedException": _WRONG_CLIENT_SECRET,
    "UserNotFoundException": _WRONG_CREDENTIALS,
    "RefreshTokenReuseException": ErrorText(
        ErrorKind.NOT_AUTHORIZED,
        "Its refresh token was used before: by a copy of it, or by a renewal whose answer was lost.",
    ),
    "TokenRevokedException": ErrorText(ErrorKind.NOT_AUTHORIZED, "It was revoked."),
    "CodeMismatchException": ErrorText(
        ErrorKind.VALIDATION, "That code is not right.", "Check it and try again."
    ),
    "ExpiredCodeException": ErrorText(
        ErrorKind.VALIDATION,
        "That code has expired, or was never sent.",
        "Use the newest one, or ask for a new one.",
    ),
    "EnableSoftwareTokenMFAException": ErrorText(
        ErrorKind.VALIDATION, "That code does not fit this key.", "Wait for the next one and type that."
    ),
    "InvalidPasswordException": ErrorText(
        ErrorKind.VALIDATION,
        "The pool does not take this password.",
        "Choose a longer one, with letters, digits and symbols.",
        ErrorField.NEW_PASSWORD,
        is_vague=True,
    ),
    "PasswordHistoryPolicyViolationException": ErrorText(
        ErrorKind.VALIDATION, "This password was used before.", "Choose another.", ErrorField.NEW_PASSWORD
    ),
    "LimitExceededException": ErrorText(
        ErrorKind.THROTTLED,
        "Cognito's limit for this user is reached.",
        "Try again later; some limits last an hour.",
        retry_after=60.0,
    ),
    "TooManyRequestsException": _TOO_MANY_REQUESTS,
    "ThrottlingException": _TOO_MANY_REQUESTS,
    "TooManyFailedAttemptsException": ErrorText(
        ErrorKind.THROTTLED,
        "Too many wrong codes.",
        "Wait a while, then ask for a new one.",
        retry_after=60.0,
    ),
    "ResourceNotFoundException": ErrorText(
        ErrorKind.CONFIGURATION,
        "Cognito does not know this user pool or app client.",
        "Compare --user-pool-id, --client-id and --region with the Cognito console.",
    ),
    "InvalidParameterException": ErrorText(
        ErrorKind.VALIDATION, "Cognito did not take this.", "Change it and try again.", is_vague=True
    ),
    "UserNotConfirmedException": ErrorText(ErrorKind.SERVICE, "This sign-up is not confirmed yet."),
    "PasswordResetRequiredException": ErrorText(ErrorKind.SERVICE, "The password must be reset first."),
    "SoftwareTokenMFANotFoundException": ErrorText(
        ErrorKind.SERVICE, "This user has no authenticator app set up in this pool.", _ASK_ADMIN
    ),
    "MFAMethodNotFoundException": ErrorText(
        ErrorKind.SERVICE, "Cognito found no way to confirm this user.", _ASK_ADMIN
    ),
    "AliasExistsException": ErrorText(
        ErrorKind.SERVICE,
        "Another account has this e-mail address or phone number.",
        "Use another, or that account.",
    ),
    "UsernameExistsException": ErrorText(
        ErrorKind.SERVICE, "There is an account of this name.", "Sign in instead."
    ),
    "CodeDeliveryFailureException": _DELIVERY_TROUBLE,
    "InvalidSmsRoleAccessPolicyException": _DELIVERY_TROUBLE,
    "InvalidSmsRoleTrustRelationshipException": _DELIVERY_TROUBLE,
    "InvalidEmailRoleAccessPolicyException": _DELIVERY_TROUBLE,
    "UserLambdaValidationException": ErrorText(
        ErrorKind.SERVICE, "One of the pool's own functions refused this.", is_vague=True
    ),
    "UnexpectedLambdaException": _LAMBDA_TROUBLE,
    "InvalidLambdaResponseException": _LAMBDA_TROUBLE,
    "InvalidUserPoolConfigurationException": ErrorText(ErrorKind.SERVICE, _SERVICE_TROUBLE, _ASK_ADMIN),
    "FeatureUnavailableInTierException": ErrorText(
        ErrorKind.CONFIGURATION, "This pool's tier does not have what was asked for.", _ASK_ADMIN
    ),
    "OperationNotEnabledException": ErrorText(
        ErrorKind.CONFIGURATION, "This operation is switched off for the pool.", _ASK_ADMIN
    ),
    "UnsupportedOperationException": ErrorText(
        ErrorKind.CONFIGURATION, "This pool does not support what was asked for.", _ASK_ADMIN
    ),
    "ForbiddenException": ErrorText(
        ErrorKind.SERVICE, "A firewall before the pool refused the request.", _ASK_ADMIN, is_vague=True
    ),
    "InternalErrorException": ErrorText(
        ErrorKind.SERVICE, "Cognito had an error of its own.", "Try again in a moment."
    ),
    "UnknownOperationException": ErrorText(
        ErrorKind.CONFIGURATION, "This endpoint does not know the operation.", "Is it a Cognito user pool's?"
    ),
}

_UNKNOWN = ErrorText(
    ErrorKind.SERVICE, "Cognito refused this in a way this version does not know.", is_vague=True
)

KNOWN_CODES = frozenset({*_BY_CODE, *_BY_TEXT})
"""The error codes that have a text here."""

_FLOW = re.compile(r"(?P<name>[A-Z_]{4,40}) flow not enabled for this client")


def error_from_response(
    code: str, service_message: str, *, status: int = 400, cause: Exception | None = None
) -> AuthError:
    """Return the AuthError for an error reply.

    Args:
        code: Its ``__type``, such as "CodeMismatchException".
        service_message: Its ``message``.
        status: The HTTP status. From 500 on the request may have arrived.
        cause: The exception underneath.
    """
    text = _find_text(code, service_message, status)
    return AuthError(
        text.kind,
        text.message,
        text.suggestion,
        code=code,
        service_message=service_message,
        field=text.field,
        cause=cause,
        retry_after=text.retry_after,
        may_have_arrived=status >= 500,
        quote=_quote(code, service_message, text),
    )


def without_password(error: AuthError) -> AuthError:
    """Return the error of a sign-in without a password, which can't say that the password is wrong."""
    if error.code != "UserNotFoundException":
        return error
    return AuthError(
        _NO_SUCH_USER.kind,
        _NO_SUCH_USER.message,
        _NO_SUCH_USER.suggestion,
        code=error.code,
        service_message=error.service_message,
    )


def no_such_pool() -> AuthError:
    """Return the error for a user pool known not to exist; Cognito itself blames the password."""
    return AuthError(_NO_POOL.kind, _NO_POOL.message, _NO_POOL.suggestion)


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


def _quote(code: str, service_message: str, text: ErrorText) -> str:
    if not text.is_vague:
        return ""
    return f"{code}: {service_message}" if text is _UNKNOWN else service_message


def _find_text(code: str, service_message: str, status: int) -> ErrorText:
    if code == "InvalidParameterException" and (flow := _FLOW.match(service_message)):
        suggestion = _FLOW_OFF.suggestion.replace("add it", f"add ALLOW_{flow['name']}", 1)
        return replace(
            _FLOW_OFF, message=f"This app client does not allow {flow['name']}.", suggestion=suggestion
        )
    for fragment, text in _BY_TEXT.get(code, ()):
        if fragment in service_message:
            return text
    if code == "InvalidPasswordException":
        for fragment, sentence in _POLICY.items():
            if fragment in service_message:
                return replace(
                    _BY_CODE[code], message=sentence, suggestion="Change it and try again.", is_vague=False
                )
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status >= 500:
        return _BY_CODE["InternalErrorException"]
    return _UNKNOWN
