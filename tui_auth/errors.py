"""AuthError: what happened at Cognito or on the way there, and what the user can do about it."""

from __future__ import annotations

from enum import StrEnum


class ErrorKind(StrEnum):
    """What an error means for the caller."""

    NOT_AUTHORIZED = "not authorized"
    CHALLENGE_SESSION_EXPIRED = "session expired"
    VALIDATION = "validation"
    CONFIGURATION = "configuration"
    SERVICE = "service"
    NETWORK = "network"
    THROTTLED = "throttled or locked"
    INVALID_STATE = "invalid state"


class ErrorField(StrEnum):
    """The input that an error is about."""

    ANSWER = "answer"
    NEW_PASSWORD = "new password"  # noqa: S105 - the field's name
    ATTRIBUTES = "attributes"
    FORM = "form"


TRY_AGAIN = "Try it again."
"""The suggestion after a lost reply. A front end replaces it with the key that tries again."""


class AuthError(Exception):
    """An operation failed, at Cognito or before it got there.

    ``str()`` joins ``message`` and ``recovery_suggestion``. Immutable by convention: what is learned later
    is put into another error.

    Attributes:
        kind: What the error means for the caller.
        message: What happened, in our own words.
        recovery_suggestion: What to do about it, in our own words; may be empty.
        code: Cognito's exception ("CodeMismatchException"), or None.
        service_message: Cognito's own message. Not safe to print as it is.
        field: The input that the error is about.
        cause: The exception underneath, or None.
        retry_after: Seconds to wait before the next try, or None.
        may_have_arrived: True if no reply came, so Cognito may have processed the request.
        quote: The part of ``service_message`` worth showing because ours says too little; not safe to print.
        is_rejected_proof: True if Cognito rejected the SRP proof of the password. The password need not be
            wrong: the proof depends on the time and the user pool ID too.
        is_rejected_device: True if Cognito rejected the proof of a remembered device.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        recovery_suggestion: str = "",
        *,
        code: str | None = None,
        service_message: str = "",
        field: ErrorField = ErrorField.ANSWER,
        cause: Exception | None = None,
        retry_after: float | None = None,
        may_have_arrived: bool = False,
        quote: str = "",
        is_rejected_proof: bool = False,
        is_rejected_device: bool = False,
    ) -> None:
        super().__init__(f"{message} {recovery_suggestion}".strip())
        self.kind = kind
        self.message = message
        self.recovery_suggestion = recovery_suggestion
        self.code = code
        self.service_message = service_message
        self.field = field
        self.cause = cause
        self.retry_after = retry_after
        self.may_have_arrived = may_have_arrived
        self.quote = quote
        self.is_rejected_proof = is_rejected_proof
        self.is_rejected_device = is_rejected_device

    def as_rejected_proof(self) -> AuthError:
        """Return the same error, marked as a rejected SRP proof of the password."""
        fields = {name: value for name, value in vars(self).items() if name != "is_rejected_proof"}
        return AuthError(**fields, is_rejected_proof=True)
