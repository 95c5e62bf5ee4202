"""The emulator's errors, with Cognito's exception types and texts."""

from __future__ import annotations


class CognitoError(Exception):
    """An error that the emulator sends to the client.

    Attributes:
        code: Cognito's exception type, such as ``NotAuthorizedException``.
        message: Its text.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status: 500 for InternalErrorException, 400 for all others."""
        return 500 if self.code == "InternalErrorException" else 400


class SignInFailedError(CognitoError):
    """An error that ends a sign-in: its challenge session is unknown from then on."""


def not_authorized(message: str = "Incorrect username or password.") -> CognitoError:
    """Build NotAuthorizedException, by default with the text for a wrong password."""
    return CognitoError("NotAuthorizedException", message)


def invalid_challenge_session(reason: str = ".") -> CognitoError:
    """Build NotAuthorizedException for a challenge session that can't be used."""
    return not_authorized(f"Invalid session for the user{reason}")


def invalid_parameter(message: str) -> CognitoError:
    return CognitoError("InvalidParameterException", message)


def missing_parameter(name: str) -> CognitoError:
    return invalid_parameter(f"Missing required parameter {name}")


def not_found(message: str) -> CognitoError:
    return CognitoError("ResourceNotFoundException", message)


def user_not_found(message: str = "User does not exist.") -> CognitoError:
    return CognitoError("UserNotFoundException", message)


def code_mismatch(message: str = "Invalid verification code provided, please try again.") -> CognitoError:
    """Build CodeMismatchException, by default as for sign-up, reset and attribute codes."""
    return CognitoError("CodeMismatchException", message)


def expired_code(message: str = "Invalid code provided, please request a code again.") -> CognitoError:
    """Build ExpiredCodeException, which Cognito also sends for a code that was never issued."""
    return CognitoError("ExpiredCodeException", message)


def totp_not_found(message: str = "Software Token MFA does not exist for the user.") -> CognitoError:
    return CognitoError("SoftwareTokenMFANotFoundException", message)
