"""What the user reads for some of Cognito's errors, for tests that wait until an error is shown.

The sentences come from the program, so a test that has to recognize an error doesn't repeat its wording. A
test that has the error itself asserts its kind, code and field instead.
"""

from __future__ import annotations

from typing import Final

from tui_auth.auth.error_catalog import error_from_response


def error_text(code: str, service_message: str = "") -> str:
    """Return what happened, as the program says it for an exception of Cognito's."""
    return error_from_response(code, service_message).message


WRONG_CODE: Final = error_text("CodeMismatchException")
WRONG_CODE_AND_CURE: Final = str(error_from_response("CodeMismatchException", ""))
EXPIRED_CODE: Final = error_text("ExpiredCodeException")
USED_CODE: Final = error_text("ExpiredCodeException", "Your software token has already been used once.")
WRONG_TOTP_KEY: Final = error_text("EnableSoftwareTokenMFAException")

WRONG_PASSWORD: Final = error_text("NotAuthorizedException", "Incorrect username or password.")
UNKNOWN_USER: Final = error_text("UserNotFoundException", "Username/client id combination not found.")
USER_EXISTS: Final = error_text("UsernameExistsException")
SIGN_UP_OFF: Final = error_text("NotAuthorizedException", "SignUp is not permitted for this user pool")

LOCKED: Final = error_text("NotAuthorizedException", "Password attempts exceeded")
LIMIT_REACHED: Final = error_text("LimitExceededException")
TOO_MANY_REQUESTS: Final = error_text("TooManyRequestsException")
INTERNAL_ERROR: Final = error_text("InternalErrorException")
FIREWALL: Final = error_text("ForbiddenException")

UNKNOWN_CLIENT: Final = error_text("ResourceNotFoundException", "User pool client c does not exist.")
SECRET_MISSING: Final = error_text("NotAuthorizedException", "SECRET_HASH was not received")
SECRET_WRONG: Final = error_text("UnauthorizedException")
