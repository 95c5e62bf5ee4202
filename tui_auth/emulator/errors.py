"""What the pool refuses, in Cognito's own exception types and words."""

from __future__ import annotations


class PoolError(Exception):
    """A refusal as it goes over the wire.

    ``code`` is Cognito's exception type (``NotAuthorizedException``), ``message`` its text. Only
    InternalErrorException travels as HTTP 500, all others as 400.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status it travels with."""
        return 500 if self.code == "InternalErrorException" else 400


def not_authorized(message: str = "Incorrect username or password.") -> PoolError:
    """NotAuthorizedException; without a text, that of a wrong password."""
    return PoolError("NotAuthorizedException", message)


def invalid_parameter(message: str) -> PoolError:
    """InvalidParameterException."""
    return PoolError("InvalidParameterException", message)


def missing_parameter(name: str) -> PoolError:
    """InvalidParameterException for a key that AuthParameters or ChallengeResponses lack."""
    return invalid_parameter(f"Missing required parameter {name}")


def not_found(message: str) -> PoolError:
    """ResourceNotFoundException."""
    return PoolError("ResourceNotFoundException", message)


def user_not_found(message: str = "User does not exist.") -> PoolError:
    """UserNotFoundException."""
    return PoolError("UserNotFoundException", message)


def code_mismatch(message: str = "Invalid verification code provided, please try again.") -> PoolError:
    """CodeMismatchException; without a text, that of sign-up, reset and attribute codes."""
    return PoolError("CodeMismatchException", message)


def expired_code(message: str = "Invalid code provided, please request a code again.") -> PoolError:
    """ExpiredCodeException, which Cognito also gives for a code that was never issued."""
    return PoolError("ExpiredCodeException", message)


def limit_exceeded() -> PoolError:
    """LimitExceededException: too many of one kind of request for one user in an hour."""
    return PoolError("LimitExceededException", "Attempt limit exceeded, please try after some time.")
