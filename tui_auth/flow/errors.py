"""What the user reads about an error of Cognito's, and how long to wait after one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tui_auth.auth.error_catalog import without_password
from tui_auth.auth.next_step import (
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithTOTPCode,
    ConfirmSignUp,
    ContinueSignInWithTOTPSetup,
    NextStep,
    ResetPassword,
    UnknownStep,
    window_offset,
)
from tui_auth.errors import ErrorField, ErrorKind
from tui_auth.flow import messages
from tui_auth.flow.interface import ErrorMessage
from tui_auth.session.state import CLOCK_TOLERANCE_SECONDS
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Collection

    from tui_auth.auth.gateway import Gateway
    from tui_auth.errors import AuthError
    from tui_auth.flow.checks import SignUpAttributes
    from tui_auth.secret import Secret


def describe_error(
    error: AuthError,
    step: NextStep | None,
    gateway: Gateway,
    retry_key: str,
    enter_key: str,
    *,
    totp_code: Secret | None = None,
    sign_up: SignUpAttributes | None = None,
) -> ErrorMessage:
    """Describe an error for the step and the key that sent the request.

    Args:
        error: The error.
        step: The step that was answered; None at sign-in and at sign-up.
        gateway: Knows the server's time.
        retry_key: The key that sends the same request again; empty if no key does.
        enter_key: The key that sends an answer; empty if the front end has no keys.
        totp_code: The first code of a new TOTP key, if that was the answer.
        sign_up: What a sign-up has asked for. Learns what Cognito requires.
    """
    if retry_key == "Esc":  # a second Esc leads to sign-in and doesn't retry
        return ErrorMessage(
            f"{ErrorMessage.from_error(error, retry_key='').text} Press Esc to go to sign-in."
        )
    if retry_key != enter_key:
        return ErrorMessage.from_error(error, retry_key=retry_key)
    message = _describe_answer_error(error, step, gateway, retry_key, totp_code)
    name = parse_missing_attribute(error) if sign_up else None
    if sign_up and name:
        is_on_form = name in sign_up.names
        sign_up.require(name)
        field = ErrorField.ATTRIBUTES if is_on_form else ErrorField.FORM
        return replace(message, text=messages.format_missing_attribute(name), attribute=name, field=field)
    names = step.missing_attributes if isinstance(step, ConfirmSignInWithNewPassword) else ()
    name = find_attribute(error, sign_up.names if sign_up else names)
    return replace(message, attribute=name, field=ErrorField.ATTRIBUTES if name else message.field)


def _describe_answer_error(
    error: AuthError, step: NextStep | None, gateway: Gateway, retry_key: str, totp_code: Secret | None
) -> ErrorMessage:
    clock_offset = gateway.clock_offset
    match step:
        case ConfirmSignInWithCustomChallenge() | UnknownStep() if error.code == "NotAuthorizedException":
            return ErrorMessage(format_challenge_error(error))
        case ResetPassword() | ConfirmSignUp():
            error = without_password(error)
        case ContinueSignInWithTOTPSetup() if totp_code:
            key = step.setup_details.shared_secret
            if text := format_totp_setup_error(error, totp_code, key, gateway.now(), clock_offset):
                return ErrorMessage(text)
    message = ErrorMessage.from_error(error, retry_key=retry_key)
    clock = format_clock_hint(error, clock_offset, is_totp_code=isinstance(step, ConfirmSignInWithTOTPCode))
    is_about_form = error.field is ErrorField.ANSWER and error.kind in _KINDS_OF_NO_INPUT
    field = ErrorField.FORM if is_about_form else error.field
    return replace(message, text=f"{message.text} {clock}".strip(), field=field)


_KINDS_OF_NO_INPUT = (ErrorKind.CONFIGURATION, ErrorKind.NETWORK, ErrorKind.THROTTLED)
"""Errors that another answer wouldn't change."""


def find_attribute(error: AuthError, names: Collection[str]) -> str:
    """Return which of these user attributes an error is about; empty if that isn't clear.

    Cognito says so only in its message, such as "Invalid phone number format." or "birthdate: …".
    """
    if error.field is not ErrorField.ATTRIBUTES and error.code != "AliasExistsException":
        return ""
    text = error.service_message
    patterns = (r"(?<![\w:]){}:", r"(?<![\w:]){}(?!\w)")
    for pattern in patterns:
        found = {name for name in names if re.search(pattern.format(_spelling(name)), text, re.IGNORECASE)}
        if len(found) == 1:
            return found.pop()
    return next(iter(names)) if len(names) == 1 else ""


def _spelling(attribute: str) -> str:
    """Return a pattern for the name of an attribute, which a message may write with spaces."""
    return re.escape(attribute).replace("_", "[_ ]")


_REQUIRED_ATTRIBUTE = re.compile(r"(?P<name>[a-z_]{2,32}|custom:[\w-]{1,20}): The attribute is required")


def parse_missing_attribute(error: AuthError) -> str | None:
    """Return the attribute that a SignUp error reports as required, or None."""
    match = _REQUIRED_ATTRIBUTE.search(error.service_message)
    return match["name"] if match else None


def format_challenge_error(error: AuthError) -> str:
    """Format why a custom challenge ended the sign-in, with the pool's message if it has one."""
    message = safe_line(error.service_message, limit=160)
    quote = f" It says: “{message}”" if message else ""
    return f"The user pool ended this sign-in.{quote} Sign in again."


def format_clock_offset(clock_offset: float | None) -> str:
    """Format how far this machine's clock is off, as the start of a sentence; empty if within tolerance.

    Args:
        clock_offset: The server's time minus this machine's, in seconds; None if unknown.
    """
    if clock_offset is None or abs(clock_offset) <= CLOCK_TOLERANCE_SECONDS:
        return ""
    return (
        f"This computer's clock is {abs(clock_offset):.0f} seconds {'slow' if clock_offset > 0 else 'fast'}"
    )


def format_clock_hint(error: AuthError, clock_offset: float | None, *, is_totp_code: bool = False) -> str:
    """Format how a wrong clock may explain a rejected TOTP code or SRP proof; empty if it can't."""
    offset = format_clock_offset(clock_offset)
    if offset and is_totp_code and error.code == "CodeMismatchException":
        return f"{offset}, so its codes are wrong."
    if offset and error.is_rejected_proof:
        return (
            f"{offset}, which tui-auth corrected for. If you're sure of the password, set the "
            "clock and try again."
        )
    return ""


def compute_retry_delay(error: AuthError, wait_count: int) -> float:
    """Return the seconds to wait after throttling or a lockout, twice as long after each wait in a row."""
    return float(min((error.retry_after or 5.0) * 2 ** min(wait_count, 8), 900.0))


def format_totp_setup_error(
    error: AuthError, code: Secret, key: Secret, now: float, clock_offset: float | None
) -> str | None:
    """Format why the first code of a new TOTP key was rejected, by finding the time the code is from.

    Args:
        error: The error of VerifySoftwareToken.
        code: The rejected code.
        key: The new TOTP key.
        now: The server's time in seconds since the epoch.
        clock_offset: The server's time minus this machine's, in seconds; None if unknown.

    Returns:
        The text, or None if the error isn't about the code.
    """
    if error.code not in ("EnableSoftwareTokenMFAException", "CodeMismatchException"):
        return None
    offset = window_offset(code.reveal(), key, now)
    if offset is None:
        return "That code doesn't match. Enter the one the app shows now."
    if abs(offset) <= 30:
        return "That code was already used or has expired. Enter the next one."
    age = f"{format_duration(abs(offset))} {'old' if offset < 0 else 'early'}"
    is_local = bool(clock_offset) and abs((clock_offset or 0.0) + offset) < 60
    clock = f"{'this computer' if is_local else 'that device'}'s clock"
    return f"That code is {age}. Enter the newest code, or set {clock}."


def format_duration(seconds: float) -> str:
    """Format a duration rounded to one unit, for a sentence: 45 seconds, 4 minutes, 2 hours."""
    for size, name in ((3600, "hour"), (60, "minute")):
        if seconds >= 1.5 * size or seconds == size:
            return messages.format_count(round(seconds / size), name)
    return f"{round(seconds)} seconds"
