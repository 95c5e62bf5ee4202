"""AuthError and its kinds: what happened, why, and what to do."""

from __future__ import annotations

from enum import StrEnum


class ErrorKind(StrEnum):
    """What a refusal means for the one who asked."""

    NOT_AUTHORIZED = "not authorized"
    SESSION_EXPIRED = "session expired"
    VALIDATION = "validation"
    CONFIGURATION = "configuration"
    SERVICE = "service"
    NETWORK = "network"
    THROTTLED = "throttled or locked"
    INVALID_STATE = "invalid state"


class Concern(StrEnum):
    """Which of the things a person typed the refusal is about."""

    ANSWER = "answer"
    NEW_PASSWORD = "new password"  # noqa: S105 - the field's name
    ATTRIBUTES = "attributes"
    FORM = "form"


TRY_AGAIN = "Try it again."
"""What to do where no answer came. Whoever asks by keys says which of them that is."""


class AuthError(Exception):
    """A refusal, in words for a person.

    ``message`` says what happened, ``recovery_suggestion`` what to do; both are ours. ``code`` is
    Cognito's own ("CodeMismatchException") or None, ``service_message`` its own words (unsafe to print
    as they are), ``cause`` the exception below, ``retry_after`` a wait in seconds where there is one.
    ``quote`` is what of the service's words is worth showing because ours say too little, unsafe likewise.
    ``may_have_arrived`` is true where no answer came, so that the request may or may not have been
    acted on. ``is_refused_proof`` is true where SRP did not prove the password, which may have other
    reasons than the password: the proof holds the time and the pool's id too. ``is_refused_device`` is true
    where it was a remembered device that could not prove itself.

    An error is not changed once it is made: what is learned of it later is in another one.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        recovery_suggestion: str = "",
        *,
        code: str | None = None,
        service_message: str = "",
        concern: Concern = Concern.ANSWER,
        cause: Exception | None = None,
        retry_after: float | None = None,
        may_have_arrived: bool = False,
        quote: str = "",
        is_refused_proof: bool = False,
        is_refused_device: bool = False,
    ) -> None:
        super().__init__(f"{message} {recovery_suggestion}".strip())
        self.kind = kind
        self.message = message
        self.recovery_suggestion = recovery_suggestion
        self.code = code
        self.service_message = service_message
        self.concern = concern
        self.cause = cause
        self.retry_after = retry_after
        self.may_have_arrived = may_have_arrived
        self.quote = quote
        self.is_refused_proof = is_refused_proof
        self.is_refused_device = is_refused_device

    def as_refused_proof(self) -> AuthError:
        """The same refusal, where it is known that SRP's proof of the password is what was refused."""
        return AuthError(
            self.kind,
            self.message,
            self.recovery_suggestion,
            code=self.code,
            service_message=self.service_message,
            concern=self.concern,
            cause=self.cause,
            retry_after=self.retry_after,
            may_have_arrived=self.may_have_arrived,
            quote=self.quote,
            is_refused_proof=True,
            is_refused_device=self.is_refused_device,
        )
