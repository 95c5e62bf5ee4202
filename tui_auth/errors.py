"""Every error that tui-auth raises on purpose, as one tree.

::

    TuiAuthError                    message, recovery_suggestion
    ├─ AuthError                    kind, code, field, retry_after
    │   ├─ NotAuthorizedError, CodeMismatchError, CodeExpiredError, InvalidPasswordError,
    │   ├─ InvalidParameterError, UserNotFoundError, UserNotConfirmedError, UsernameExistsError,
    │   ├─ ThrottledError, ChallengeExpiredError, NetworkError, TokenVerificationError,
    │   └─ UnsupportedError, InvalidStateError
    ├─ PasskeyError                 problem
    ├─ NotSignedInError             username, user_pool_id
    ├─ StorageError
    └─ ConfigurationError

An error can be pickled and copied. Raised by a public call, it keeps no frame, cause or context in which a
password, code, token or client secret could be found (``without_secrets``).
"""

from __future__ import annotations

from functools import wraps

TYPE_CHECKING = False  # typing takes longer to import than a cached token takes to print
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ParamSpec, Self, TypeVar

    from tui_auth.error_kinds import ErrorField as ErrorField
    from tui_auth.error_kinds import ErrorKind as ErrorKind
    from tui_auth.error_kinds import PasskeyProblem

    P = ParamSpec("P")
    R = TypeVar("R")

TRY_AGAIN = "Try again."
"""The suggestion after a lost reply. A front end replaces it with the key that tries again."""

NOT_FROM_COGNITO = "The reply isn't from Cognito."
"""The message about a reply that can't be read, such as a proxy's page."""


def __getattr__(name: str) -> Any:
    if name in ("ErrorField", "ErrorKind"):
        from tui_auth import error_kinds

        return getattr(error_kinds, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class TuiAuthError(Exception):
    """The base of all errors of tui-auth. ``str()`` joins ``message`` and ``recovery_suggestion``.

    Attributes:
        message: What happened, in our own words.
        recovery_suggestion: What to do about it, in our own words; may be empty.
    """

    def __init__(self, message: str = "", recovery_suggestion: str = "") -> None:
        super().__init__(f"{message} {recovery_suggestion}".strip())
        self.message = message
        self.recovery_suggestion = recovery_suggestion

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception's own way calls the class with ``args``, which are not the arguments of these classes.
        return _restore, (type(self), self.args, self._state())

    def _state(self) -> dict[str, Any]:
        """Return the attributes to pickle and copy."""
        return dict(vars(self))

    def without_secrets(self) -> Self:
        """Drop the frames, the cause and the context, which hold what calls were given; return the error."""
        self.__traceback__ = self.__cause__ = self.__context__ = None
        return self


def _restore(cls: type[TuiAuthError], args: tuple[Any, ...], state: dict[str, Any]) -> TuiAuthError:
    error = Exception.__new__(cls, *args)
    error.args = args
    vars(error).update(state)
    return error


class StorageError(TuiAuthError):
    """Something can't be read or stored; the text says why, and the command that repairs it if one does."""


class ConfigurationError(TuiAuthError):
    """What was given can't be used: an ID, an endpoint, a profile, a file.

    The message never repeats a value: it may be a secret in the wrong place.
    """


class NotSignedInError(TuiAuthError):
    """There is no session, or it ended; the text says why.

    Attributes:
        username: The user of the session that ended, or None.
        user_pool_id: The user pool that a session was looked for in, or None.
    """

    def __init__(
        self,
        message: str = "",
        recovery_suggestion: str = "",
        *,
        username: str | None = None,
        user_pool_id: str | None = None,
    ) -> None:
        super().__init__(message, recovery_suggestion)
        self.username = username
        self.user_pool_id = user_pool_id


class PasskeyError(TuiAuthError):
    """A passkey couldn't be used: there is no key, the key or the user declined, or the site isn't trusted.

    Attributes:
        problem: Why.
    """

    def __init__(self, problem: PasskeyProblem, message: str = "", recovery_suggestion: str = "") -> None:
        super().__init__(message, recovery_suggestion)
        self.problem = problem


class AuthError(TuiAuthError):
    """A call failed, at Cognito or before it got there.

    ``AuthError(kind, …, code=…)`` is of the subclass for its kind and code, as ``OSError(errno, …)`` is.
    Immutable by convention: what is learned later is put into another error.

    Attributes:
        kind: What the error means for the caller.
        code: Cognito's exception ("CodeMismatchException"), or None.
        service_message: Cognito's own message. Not safe to print as it is.
        field: The input that the error is about.
        cause: The exception underneath, or None. Never set on an error that a public call raises.
        retry_after: Seconds to wait before the next try, or None.
        may_have_arrived: True if no reply came, so Cognito may have processed the request.
        quote: The part of ``service_message`` worth showing because ours says too little; not safe to print.
        is_rejected_proof: True if Cognito rejected the SRP proof of the password. The password need not be
            wrong: the proof depends on the time and the user pool ID too.
        is_rejected_device: True if Cognito rejected the proof of a remembered device.
    """

    def __new__(cls, kind: ErrorKind, *args: Any, code: str | None = None, **more: Any) -> Self:
        """Return an error of the subclass for ``kind`` and ``code``."""
        subclass: type[Any] = _subclass_for(kind, code) if cls is AuthError else cls
        error: Self = super().__new__(subclass, kind, *args)
        return error

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        recovery_suggestion: str = "",
        *,
        code: str | None = None,
        service_message: str = "",
        field: ErrorField | None = None,
        cause: Exception | None = None,
        retry_after: float | None = None,
        may_have_arrived: bool = False,
        quote: str = "",
        is_rejected_proof: bool = False,
        is_rejected_device: bool = False,
    ) -> None:
        from tui_auth.error_kinds import ErrorField

        super().__init__(message, recovery_suggestion)
        self.kind = kind
        self.code = code
        self.service_message = service_message
        self.field = field or ErrorField.ANSWER
        self.cause = cause
        self.retry_after = retry_after
        self.may_have_arrived = may_have_arrived
        self.quote = quote
        self.is_rejected_proof = is_rejected_proof
        self.is_rejected_device = is_rejected_device

    def as_rejected_proof(self) -> AuthError:
        """Return the same error, marked as a rejected SRP proof of the password."""
        fields = {name: value for name, value in vars(self).items() if name != "is_rejected_proof"}
        return type(self)(**fields, is_rejected_proof=True)

    def without_secrets(self) -> Self:
        self.cause = None
        return super().without_secrets()

    def _state(self) -> dict[str, Any]:
        return {**vars(self), "cause": None}  # botocore's exceptions hold what was sent


class NotAuthorizedError(AuthError):
    """The credentials are wrong, or the request isn't allowed."""


class CodeMismatchError(AuthError):
    """The code is wrong."""


class CodeExpiredError(AuthError):
    """The code has expired, was never sent, or was used before."""


class InvalidPasswordError(AuthError):
    """The new password doesn't satisfy the pool's rules."""


class InvalidParameterError(AuthError):
    """Cognito doesn't take a value, or it can't be sent."""


class UserNotFoundError(AuthError):
    """The user doesn't exist, and the app client reveals that."""


class UserNotConfirmedError(AuthError):
    """The sign-up isn't confirmed."""


class UsernameExistsError(AuthError):
    """Another account has this user name, email address or phone number."""


class ThrottledError(AuthError):
    """Too many calls or too many wrong answers. ``retry_after`` is in seconds, or None."""


class ChallengeExpiredError(AuthError):
    """The challenge session has expired or was used."""


class NetworkError(AuthError):
    """No answer came: the name, the connection, TLS, or the time."""


class TokenVerificationError(AuthError):
    """The signature or the claims of the tokens are wrong, so no one is signed in."""


class UnsupportedError(AuthError):
    """This user pool, app client, tier or botocore can't do it."""


class InvalidStateError(AuthError):
    """A call out of order, or an answer that this step doesn't take. Nothing was sent."""


class AuthConfigurationError(AuthError, ConfigurationError):
    """An ID or an endpoint given to ``Auth`` that can't be one, or AWS settings that can't be used.

    Not exported from ``tui_auth``: catch it as the one or the other.
    """


_BY_KIND = {
    "NETWORK": NetworkError,
    "THROTTLED": ThrottledError,
    "CHALLENGE_SESSION_EXPIRED": ChallengeExpiredError,
    "INVALID_STATE": InvalidStateError,
}
_BY_CODE = {
    "CodeMismatchException": CodeMismatchError,
    "EnableSoftwareTokenMFAException": CodeMismatchError,
    "ExpiredCodeException": CodeExpiredError,
    "InvalidPasswordException": InvalidPasswordError,
    "PasswordHistoryPolicyViolationException": InvalidPasswordError,
    "InvalidParameterException": InvalidParameterError,
    "NotAuthorizedException": NotAuthorizedError,
    "UserNotFoundException": UserNotFoundError,
    "UserNotConfirmedException": UserNotConfirmedError,
    "UsernameExistsException": UsernameExistsError,
    "AliasExistsException": UsernameExistsError,
    "FeatureUnavailableInTierException": UnsupportedError,
    "OperationNotEnabledException": UnsupportedError,
    "UnsupportedOperationException": UnsupportedError,
    "UnsupportedTokenTypeException": UnsupportedError,
    "UnknownOperationException": UnsupportedError,
    # OAuth 2.0 errors of managed login
    "invalid_grant": CodeExpiredError,
    "invalid_scope": UnsupportedError,
    "redirect_mismatch": UnsupportedError,
    "unauthorized_client": UnsupportedError,
}
_BY_KIND_WITHOUT_CODE = {
    "NOT_AUTHORIZED": NotAuthorizedError,
    "VALIDATION": InvalidParameterError,
    "CONFIGURATION": AuthConfigurationError,
}


def _subclass_for(kind: ErrorKind, code: str | None) -> type[AuthError]:
    if kind.name in _BY_KIND:
        return _BY_KIND[kind.name]
    if code is None:
        return _BY_KIND_WITHOUT_CODE.get(kind.name, AuthError)
    if code == "InvalidParameterException" and kind.name == "CONFIGURATION":
        return UnsupportedError  # the app client doesn't allow the flow
    return _BY_CODE.get(code, NotAuthorizedError if kind.name == "NOT_AUTHORIZED" else AuthError)


def drops_secrets(call: Callable[P, R]) -> Callable[P, R]:
    """Decorate a public call: an error it raises keeps no frame below it, no cause and no context.

    Those frames hold passwords, codes and tokens in local variables. The frame of this wrapper is the last
    one that stays, so it drops the arguments too.
    """

    @wraps(call)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return call(*args, **kwargs)
        except TuiAuthError as error:
            failure = error.without_secrets()
        finally:
            del args, kwargs
        try:
            raise failure
        finally:
            del failure  # else the frame and the error keep each other

    return guarded
