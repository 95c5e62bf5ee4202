"""What is checked before a request is sent, so that a typing mistake costs no attempt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tui_auth.auth.next_step import (
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithOTP,
    ConfirmSignInWithPassword,
    ConfirmSignInWithSMSMFACode,
    ConfirmSignInWithTOTPCode,
    ConfirmSignUp,
    ContinueSignInWithEmailMFASetup,
    ContinueSignInWithTOTPSetup,
    NextStep,
    ResetPassword,
)
from tui_auth.errors import ErrorField
from tui_auth.flow import messages
from tui_auth.flow.interface import ErrorMessage
from tui_auth.secret import Secret
from tui_auth.terminal.clipboard import is_possible_code

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tui_auth.auth.challenges import Answer
    from tui_auth.flow.interface import SignInSettings

TOTP_DIGITS = 6
"""The length of an authenticator app's code."""

CODE_DIGITS: dict[type[NextStep], int | None] = {
    ConfirmSignInWithSMSMFACode: None,
    ConfirmSignInWithOTP: None,
    ConfirmSignInWithTOTPCode: TOTP_DIGITS,
    ContinueSignInWithTOTPSetup: TOTP_DIGITS,
    ConfirmSignUp: None,
    ResetPassword: None,
}
"""The steps that take a code, and its length; None if Cognito may choose it."""

_SPACES = " \t\n\v\f\r"
"""What Cognito's pattern for a password, ``[\\S]+.*[\\S]+``, excludes at its ends."""

_PHONE_NUMBER = re.compile(r"\+?[\d\s().-]+")
_PHONE_SEPARATORS = re.compile(r"[\s().-]")
_E164 = re.compile(r"\+[0-9]{4,15}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class SignUpAttributes:
    """The user attributes of a sign-up, from the settings and from Cognito's errors."""

    def __init__(self, settings: SignInSettings) -> None:
        self.names = settings.sign_up_attributes
        """What to ask for."""
        self.required = settings.required_sign_up_attributes
        """What can't be left out."""

    def require(self, name: str) -> None:
        """Add an attribute that Cognito requires."""
        self.names = tuple(dict.fromkeys((*self.names, name)))
        self.required = tuple(dict.fromkeys((*self.required, name)))


def find_code_error(code: Secret, digits: int | None = None) -> str:
    """Return why a code of Cognito or of an authenticator app can't be right; empty if it may be.

    Args:
        code: The code, without separators.
        digits: Its length; None if Cognito may choose it.
    """
    if is_possible_code(code.reveal(), digits):
        return ""
    return messages.TOTP_CODE_EXPECTED if digits == TOTP_DIGITS else messages.CODE_EXPECTED


def find_password_error(password: Secret) -> str:
    """Return why a password can't be valid in any user pool; empty if it may be."""
    text = password.reveal()
    return messages.PASSWORD_SPACES if text != text.strip(_SPACES) else ""


def find_new_password_error(first: Secret, second: Secret) -> str:
    """Return why two entries aren't a valid new password; empty if they are."""
    return messages.PASSWORDS_DIFFER if first != second else find_password_error(first)


def find_attribute_error(name: str, value: str) -> str:
    """Return why Cognito would reject the value of a user attribute; empty if it may be valid."""
    if name == "phone_number" and not _E164.fullmatch(value):
        return messages.PHONE_EXPECTED
    if name == "birthdate" and not _DATE.fullmatch(value):
        return messages.DATE_EXPECTED
    if name == "email" and not _EMAIL.fullmatch(value):
        return messages.EMAIL_EXPECTED
    return ""


def check_sign_in(username: str, password: Secret | None, settings: SignInSettings) -> ErrorMessage | None:
    """Return why these credentials can't be right; None if they may be."""
    if _lacks_country_code(username, settings):
        return ErrorMessage(messages.PHONE_EXPECTED, ErrorField.USERNAME)
    if password and (problem := find_password_error(password)):
        return ErrorMessage(problem)
    return None


def check_sign_up(
    username: str,
    password: Secret | None,
    attributes: Mapping[str, str],
    required: Collection[str],
    settings: SignInSettings,
) -> ErrorMessage | None:
    """Return why Cognito would reject this account; None if it may accept it.

    Args:
        username: The user name.
        password: The password; None for an account without one.
        attributes: The user attributes by Cognito's names.
        required: The attributes that the pool is known to require.
        settings: Say what a user name is, and whether an account needs a password.
    """
    if _lacks_country_code(username, settings):
        return ErrorMessage(messages.PHONE_EXPECTED, ErrorField.USERNAME)
    if settings.username_attributes == ("email",) and not _EMAIL.fullmatch(username):
        return ErrorMessage(messages.EMAIL_EXPECTED, ErrorField.USERNAME)
    if password is None and settings.needs_sign_up_password:
        return ErrorMessage(messages.NEW_PASSWORD_REQUIRED, ErrorField.NEW_PASSWORD)
    password_error = check_new_password(password) if password else None
    return password_error or check_attributes(attributes, required)


def find_answer_error(
    step: NextStep, answer: Answer, attributes: Mapping[str, str] | None
) -> ErrorMessage | None:
    """Return why an answer that isn't a code can't be right; None if it may be. See ``SignInFlow.answer``."""
    match step, answer:
        case ConfirmSignInWithPassword(), Secret() if problem := find_password_error(answer):
            return ErrorMessage(problem)
        case ConfirmSignInWithNewPassword(missing_attributes=required), Secret():
            return check_new_password(answer) or check_attributes(attributes or {}, required)
        case ContinueSignInWithEmailMFASetup(), str() if problem := find_attribute_error("email", answer):
            return ErrorMessage(problem)
    return None


def check_new_password(new_password: Secret) -> ErrorMessage | None:
    """Return why a new password can't be valid; None if it may be."""
    problem = find_password_error(new_password)
    return ErrorMessage(problem, ErrorField.NEW_PASSWORD) if problem else None


def check_attributes(attributes: Mapping[str, str], required: Collection[str]) -> ErrorMessage | None:
    """Return which user attribute is missing or can't be valid; None if there is none."""
    for name in dict.fromkeys((*required, *attributes)):
        value = attributes.get(name, "")
        text = find_attribute_error(name, value) if value else messages.format_missing_attribute(name)
        if text:
            return ErrorMessage(text, ErrorField.ATTRIBUTES, attribute=name)
    return None


def normalize_username(username: str, settings: SignInSettings, *, is_new: bool = False) -> str:
    """Return a user name as Cognito expects it.

    A phone number loses its separators. The email address of a new account becomes lower case, because a
    pool whose user names are case-sensitive would treat another spelling as another user.
    """
    if "phone_number" in settings.username_attributes:
        username = normalize_attribute("phone_number", username)
    return normalize_attribute("email", username) if is_new and _EMAIL.fullmatch(username) else username


def normalize_attribute(name: str, value: str) -> str:
    """Return the value of a user attribute as Cognito expects it: see ``normalize_username``."""
    if name == "phone_number" and value.startswith("+") and _PHONE_NUMBER.fullmatch(value):
        return _PHONE_SEPARATORS.sub("", value)
    return value.lower() if name == "email" else value


def _lacks_country_code(username: str, settings: SignInSettings) -> bool:
    is_phone_number = "phone_number" in settings.username_attributes and _PHONE_NUMBER.fullmatch(username)
    return bool(is_phone_number) and not username.startswith("+")
