"""What Cognito's refusals are called here: for each exception code, and text in it, our own words.

Cognito's texts are not contractual, so its exception *code* decides; the text is looked into only where
one code means several things (NotAuthorizedException above all).
"""

from __future__ import annotations

from dataclasses import dataclass

from tui_auth.auth.errors import Concern, ErrorKind


@dataclass(frozen=True)
class Words:
    """One refusal as a person reads it, and what it is about."""

    kind: ErrorKind
    message: str
    suggestion: str = ""
    concern: Concern = Concern.ANSWER
    retry_after: float | None = None
    is_vague: bool = False
    """Whether the service's own words say more than ours."""


_ASK_ADMIN = "Someone who manages the user pool can change that."
WRONG_CREDENTIALS = Words(ErrorKind.NOT_AUTHORIZED, "Incorrect username or password.")
NO_SUCH_USER = Words(ErrorKind.NOT_AUTHORIZED, "The pool says that it has no such user.", "Check the name.")
_FIRST_LOCK_SECONDS = 5.0

_WRONG_SECRET = Words(
    ErrorKind.CONFIGURATION,
    "The client secret does not fit this app client.",
    "Compare the file of --client-secret-file (client_secret_file in a profile) with the app client's page "
    "in the Cognito console: a client without one there takes none. Someone who manages the pool can look.",
)

# What NotAuthorizedException means is told by its text alone: the first fragment found decides.
_NOT_AUTHORIZED = (
    (
        "Invalid session",
        Words(ErrorKind.SESSION_EXPIRED, "This step has run out, or was answered already."),
    ),
    ("Incorrect username or password", WRONG_CREDENTIALS),
    (
        "SignUp is not permitted",
        Words(ErrorKind.NOT_AUTHORIZED, "This pool does not let people sign up by themselves.", _ASK_ADMIN),
    ),
    (
        "Password attempts exceeded",
        Words(
            ErrorKind.THROTTLED,
            "Too many wrong passwords: Cognito makes this user wait.",
            "The wait doubles each time, up to 15 minutes.",
            retry_after=_FIRST_LOCK_SECONDS,
        ),
    ),
    ("User is disabled", Words(ErrorKind.NOT_AUTHORIZED, "This user is disabled.", _ASK_ADMIN)),
    (
        "SECRET_HASH was not received",
        Words(
            ErrorKind.CONFIGURATION,
            "This app client has a secret, and none was given.",
            "Someone who manages the pool finds it on the app client's page in the Cognito console. Put it "
            "into a file and name that with --client-secret-file, or use an app client without one.",
        ),
    ),
    ("secret hash", _WRONG_SECRET),
    ("client secret", _WRONG_SECRET),
    ("SecretHash", _WRONG_SECRET),
    (
        "Temporary password has expired",
        Words(
            ErrorKind.NOT_AUTHORIZED,
            "The temporary password has expired.",
            "An administrator can set a new one.",
        ),
    ),
    (
        "cannot be reset in the current state",
        Words(
            ErrorKind.NOT_AUTHORIZED,
            "This user's password cannot be reset in its current state.",
            "Sign in with the temporary password, or ask an administrator for a new one.",
        ),
    ),
    (
        "Cannot modify an already provided",
        Words(
            ErrorKind.VALIDATION,
            "One of these attributes is set already and stays as it is.",
            "",
            Concern.ATTRIBUTES,
        ),
    ),
)

FLOW_OFF = Words(
    ErrorKind.CONFIGURATION,
    "This app client does not allow the sign-in flow that was asked for.",
    "Someone who manages the user pool can add it: Cognito console, App clients, Authentication flows. Or "
    "try another --auth-flow (auth_flow in a profile).",
)
NO_POOL = Words(
    ErrorKind.CONFIGURATION,
    "There is no user pool of this id, and with a wrong one no password fits.",
    "Compare --user-pool-id (user_pool_id in a profile) with the top of the pool's page in the Cognito "
    "console. Someone who manages the pool knows it.",
)

# InvalidParameterException likewise.
_INVALID_PARAMETER = (
    ("flow not enabled for this client", FLOW_OFF),
    (
        "registered/verified email or phone_number",
        Words(
            ErrorKind.SERVICE,
            "This user has no verified e-mail address or phone number to send a code to.",
            "An administrator can set a new password.",
        ),
    ),
    (
        "User is already confirmed",
        Words(ErrorKind.SERVICE, "This sign-up is confirmed already.", "Sign in."),
    ),
    (
        "length greater than or equal to 6",
        Words(
            ErrorKind.VALIDATION,
            "Too short: Cognito wants 6 characters, and a pool may want more.",
            "Change it and try again.",
            Concern.NEW_PASSWORD,
        ),
    ),
    (
        "'password' failed to satisfy constraint",
        Words(
            ErrorKind.VALIDATION,
            "A password has 6 to 256 characters and no blanks.",
            "Change it and try again.",
            Concern.NEW_PASSWORD,
        ),
    ),
    (
        "Invalid email address",
        Words(
            ErrorKind.VALIDATION,
            "That is not an e-mail address as Cognito takes it.",
            "Change it and try again.",
            Concern.ATTRIBUTES,
        ),
    ),
    (
        "Invalid phone number",
        Words(
            ErrorKind.VALIDATION,
            "That is not a phone number as Cognito takes it.",
            "Write it with country code and without blanks: +15555550123.",
            Concern.ATTRIBUTES,
        ),
    ),
    (
        "ttributes",
        Words(
            ErrorKind.VALIDATION,
            "Cognito did not take these attributes.",
            "",
            Concern.ATTRIBUTES,
            is_vague=True,
        ),
    ),
)

_EXPIRED_CODE = (
    (
        "already been used once",
        Words(ErrorKind.VALIDATION, "That code was used already.", "Each works once: wait for the next one."),
    ),
)

_RESOURCE_NOT_FOUND = (
    (
        "User pool client",
        Words(
            ErrorKind.CONFIGURATION,
            "Cognito knows no such app client in this region.",
            "Compare --client-id and --region (client_id, region in a profile; without one the pool id names "
            "it) with the app client's page in the Cognito console. Someone who manages the pool knows them.",
        ),
    ),
    (
        "User pool",
        Words(
            ErrorKind.CONFIGURATION,
            "There is no such user pool in this region.",
            "Compare --user-pool-id and --region with the pool's page in the Cognito console. Someone who "
            "manages the pool knows them.",
        ),
    ),
    ("Device does not exist", Words(ErrorKind.SERVICE, "Cognito no longer knows this device.")),
)

_USER_NOT_FOUND = (("combination not found", NO_SUCH_USER),)

BY_TEXT = {
    "NotAuthorizedException": _NOT_AUTHORIZED,
    "InvalidParameterException": _INVALID_PARAMETER,
    "ExpiredCodeException": _EXPIRED_CODE,
    "ResourceNotFoundException": _RESOURCE_NOT_FOUND,
    "UserNotFoundException": _USER_NOT_FOUND,
}

POLICY = {
    "not long enough": "Too short for this pool.",
    "uppercase": "It needs an upper-case letter.",
    "lowercase": "It needs a lower-case letter.",
    "numeric": "It needs a digit.",
    "symbol": "It needs a symbol, such as ! or -.",
}

_SERVICE_TROUBLE = "The pool is set up in a way that keeps it from going on."
_DELIVERY_TROUBLE = Words(ErrorKind.SERVICE, "The pool could not send the code.", _ASK_ADMIN)
_LAMBDA_TROUBLE = Words(
    ErrorKind.SERVICE, "One of the pool's own functions failed.", _ASK_ADMIN, is_vague=True
)
_TOO_MANY_REQUESTS = Words(
    ErrorKind.THROTTLED, "Cognito is asked too often just now.", "Wait, then try again.", retry_after=5.0
)

BY_CODE = {
    "NotAuthorizedException": Words(ErrorKind.NOT_AUTHORIZED, "Cognito refused this.", is_vague=True),
    "UnauthorizedException": _WRONG_SECRET,
    "UserNotFoundException": WRONG_CREDENTIALS,
    "RefreshTokenReuseException": Words(
        ErrorKind.NOT_AUTHORIZED,
        "Its refresh token was used before: by a copy of it, or by a renewal whose answer was lost.",
    ),
    "TokenRevokedException": Words(ErrorKind.NOT_AUTHORIZED, "It was revoked."),
    "CodeMismatchException": Words(
        ErrorKind.VALIDATION, "That code is not right.", "Check it and try again."
    ),
    "ExpiredCodeException": Words(
        ErrorKind.VALIDATION,
        "That code has expired, or was never sent.",
        "Use the newest one, or ask for a new one.",
    ),
    "EnableSoftwareTokenMFAException": Words(
        ErrorKind.VALIDATION, "That code does not fit this key.", "Wait for the next one and type that."
    ),
    "InvalidPasswordException": Words(
        ErrorKind.VALIDATION,
        "The pool does not take this password.",
        "Choose a longer one, with letters, digits and symbols.",
        Concern.NEW_PASSWORD,
        is_vague=True,
    ),
    "PasswordHistoryPolicyViolationException": Words(
        ErrorKind.VALIDATION, "This password was used before.", "Choose another.", Concern.NEW_PASSWORD
    ),
    "LimitExceededException": Words(
        ErrorKind.THROTTLED,
        "Cognito's limit for this user is reached.",
        "Try again later; some limits last an hour.",
        retry_after=60.0,
    ),
    "TooManyRequestsException": _TOO_MANY_REQUESTS,
    "ThrottlingException": _TOO_MANY_REQUESTS,
    "TooManyFailedAttemptsException": Words(
        ErrorKind.THROTTLED,
        "Too many wrong codes.",
        "Wait a while, then ask for a new one.",
        retry_after=60.0,
    ),
    "ResourceNotFoundException": Words(
        ErrorKind.CONFIGURATION,
        "Cognito does not know this user pool or app client.",
        "Compare --user-pool-id, --client-id and --region with the Cognito console.",
    ),
    "InvalidParameterException": Words(
        ErrorKind.VALIDATION, "Cognito did not take this.", "Change it and try again.", is_vague=True
    ),
    "UserNotConfirmedException": Words(ErrorKind.SERVICE, "This sign-up is not confirmed yet."),
    "PasswordResetRequiredException": Words(ErrorKind.SERVICE, "The password must be reset first."),
    "SoftwareTokenMFANotFoundException": Words(
        ErrorKind.SERVICE, "This user has no authenticator app set up in this pool.", _ASK_ADMIN
    ),
    "MFAMethodNotFoundException": Words(
        ErrorKind.SERVICE, "Cognito found no way to confirm this user.", _ASK_ADMIN
    ),
    "AliasExistsException": Words(
        ErrorKind.SERVICE,
        "Another account has this e-mail address or phone number.",
        "Use another, or that account.",
    ),
    "UsernameExistsException": Words(
        ErrorKind.SERVICE, "There is an account of this name.", "Sign in instead."
    ),
    "CodeDeliveryFailureException": _DELIVERY_TROUBLE,
    "InvalidSmsRoleAccessPolicyException": _DELIVERY_TROUBLE,
    "InvalidSmsRoleTrustRelationshipException": _DELIVERY_TROUBLE,
    "InvalidEmailRoleAccessPolicyException": _DELIVERY_TROUBLE,
    "UserLambdaValidationException": Words(
        ErrorKind.SERVICE, "One of the pool's own functions refused this.", is_vague=True
    ),
    "UnexpectedLambdaException": _LAMBDA_TROUBLE,
    "InvalidLambdaResponseException": _LAMBDA_TROUBLE,
    "InvalidUserPoolConfigurationException": Words(ErrorKind.SERVICE, _SERVICE_TROUBLE, _ASK_ADMIN),
    "FeatureUnavailableInTierException": Words(
        ErrorKind.CONFIGURATION, "This pool's tier does not have what was asked for.", _ASK_ADMIN
    ),
    "OperationNotEnabledException": Words(
        ErrorKind.CONFIGURATION, "This operation is switched off for the pool.", _ASK_ADMIN
    ),
    "UnsupportedOperationException": Words(
        ErrorKind.CONFIGURATION, "This pool does not support what was asked for.", _ASK_ADMIN
    ),
    "ForbiddenException": Words(
        ErrorKind.SERVICE, "A firewall before the pool refused the request.", _ASK_ADMIN, is_vague=True
    ),
    "InternalErrorException": Words(
        ErrorKind.SERVICE, "Cognito had an error of its own.", "Try again in a moment."
    ),
    "UnknownOperationException": Words(
        ErrorKind.CONFIGURATION, "This endpoint does not know the operation.", "Is it a Cognito user pool's?"
    ),
}


UNKNOWN = Words(ErrorKind.SERVICE, "Cognito refused this in a way this version does not know.", is_vague=True)
