"""What can go wrong with a security key, in the words that the user reads, and what helps.

It also has the rule for a PIN. Nothing here needs fido2, but for its errors.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from tui_auth.error_kinds import PasskeyProblem
from tui_auth.errors import PasskeyError

if TYPE_CHECKING:
    from fido2.client import ClientError

    from tui_auth.secret import Secret

_OTHER_WAY = "Sign in another way."
_TRY_AGAIN = "Try again, or sign in another way."

TEXTS: dict[PasskeyProblem, tuple[str, str]] = {
    PasskeyProblem.NO_KEY: ("No security key is plugged in.", "Plug it in, or sign in another way."),
    PasskeyProblem.NOT_PERMITTED: (
        "A security key is plugged in, but this account may not use it.",
        "Use it at this computer, not over SSH, or add a udev rule. " + _OTHER_WAY,
    ),
    PasskeyProblem.OVER_SSH: (
        "A security key in your own computer doesn't work over SSH.",
        "Sign in with a browser, or another way.",
    ),
    PasskeyProblem.UNSUPPORTED: (
        "Security keys can't be used from a terminal on this system.",
        "Sign in with a browser, or another way.",
    ),
    PasskeyProblem.CANCELED: ("You canceled the passkey request.", _TRY_AGAIN),
    PasskeyProblem.TIMED_OUT: ("The passkey request timed out.", _TRY_AGAIN),
    PasskeyProblem.NOT_TOUCHED: ("The key wasn't touched in time.", _TRY_AGAIN),
    PasskeyProblem.PIN_WRONG: ("That isn't the PIN of the key.", _TRY_AGAIN),
    PasskeyProblem.PIN_REPLUG: (
        "The PIN was wrong three times in a row.",
        "Take the key out and put it in again, then try again.",
    ),
    PasskeyProblem.PIN_BLOCKED: (
        "The PIN was wrong too often, so the key is blocked.",
        "Only a reset unblocks it, and that deletes its passkeys. " + _OTHER_WAY,
    ),
    PasskeyProblem.PIN_NOT_SET: (
        "The pool requires a PIN, and this key has none.",
        "Set one with the key's own program or in a browser's settings, then try again.",
    ),
    PasskeyProblem.NO_CREDENTIAL: (
        "This key has no passkey for this account.",
        "Use another key, or sign in another way.",
    ),
    PasskeyProblem.ALREADY_REGISTERED: (
        "This key already has a passkey for this account.",
        "Use another key.",
    ),
    PasskeyProblem.KEY_FULL: (
        "There is no room for another passkey on this key.",
        "Delete one with the key's own program, or use another key.",
    ),
    PasskeyProblem.KEY_TOO_OLD: (
        "This key is too old for passkeys.",
        "Use another key, or sign in another way.",
    ),
    PasskeyProblem.KEY_REMOVED: (
        "The key was taken out or doesn't respond.",
        "Put it in again, then try again.",
    ),
    PasskeyProblem.BAD_REQUEST: ("The key can't use what the pool sent.", _OTHER_WAY),
    PasskeyProblem.RELYING_PARTY_UNCONFIRMED: (
        "The pool asks for a passkey for a site that you haven't confirmed.",
        "Confirm the site, or sign in another way.",
    ),
    PasskeyProblem.RELYING_PARTY_REJECTED: (
        "The pool asks for a passkey for another site, so yours wasn't used.",
        "If this is unexpected, don't trust the pool. " + _OTHER_WAY,
    ),
}
"""What happened and what to do, for each problem."""


def passkey_error(problem: PasskeyProblem) -> PasskeyError:
    """Return the error for a problem, with its texts."""
    return PasskeyError(problem, *TEXTS[problem])


_BY_CAUSE = {
    "PIN_INVALID": PasskeyProblem.PIN_WRONG,
    "PIN_AUTH_INVALID": PasskeyProblem.PIN_WRONG,
    "PIN_POLICY_VIOLATION": PasskeyProblem.PIN_WRONG,
    "UV_INVALID": PasskeyProblem.PIN_WRONG,
    "PIN_AUTH_BLOCKED": PasskeyProblem.PIN_REPLUG,
    "PIN_BLOCKED": PasskeyProblem.PIN_BLOCKED,
    "UV_BLOCKED": PasskeyProblem.PIN_BLOCKED,
    "PIN_NOT_SET": PasskeyProblem.PIN_NOT_SET,
    "PUAT_REQUIRED": PasskeyProblem.PIN_NOT_SET,
    "NO_CREDENTIALS": PasskeyProblem.NO_CREDENTIAL,
    "CREDENTIAL_EXCLUDED": PasskeyProblem.ALREADY_REGISTERED,
    "KEY_STORE_FULL": PasskeyProblem.KEY_FULL,
    "UNSUPPORTED_OPTION": PasskeyProblem.KEY_TOO_OLD,
    "UNSUPPORTED_ALGORITHM": PasskeyProblem.KEY_TOO_OLD,
    "USER_ACTION_TIMEOUT": PasskeyProblem.NOT_TOUCHED,
    "ACTION_TIMEOUT": PasskeyProblem.NOT_TOUCHED,
    "KEEPALIVE_CANCEL": PasskeyProblem.CANCELED,
    "OPERATION_DENIED": PasskeyProblem.CANCELED,
}
"""CTAP's status, by which fido2's ClientError was caused."""
_BY_CODE = {
    "TIMEOUT": PasskeyProblem.NOT_TOUCHED,
    "DEVICE_INELIGIBLE": PasskeyProblem.NO_CREDENTIAL,
    "CONFIGURATION_UNSUPPORTED": PasskeyProblem.PIN_NOT_SET,
    "BAD_REQUEST": PasskeyProblem.BAD_REQUEST,
    "OTHER_ERROR": PasskeyProblem.KEY_REMOVED,
}


def problem_of(error: ClientError) -> PasskeyProblem:
    """Return what an error of fido2's client means."""
    from fido2.client import PinRequiredError

    if isinstance(error, PinRequiredError):
        return PasskeyProblem.CANCELED
    status = getattr(getattr(error.cause, "code", None), "name", "")
    return _BY_CAUSE.get(status) or _BY_CODE[error.code.name]


MIN_PIN_CHARACTERS, MAX_PIN_BYTES = 4, 63


def pin_error(pin: Secret) -> str | None:
    """Return why a text can't be the PIN of any key, or None. No try is used up."""
    text = unicodedata.normalize("NFC", pin.reveal())
    if len(text) < MIN_PIN_CHARACTERS:
        return f"A PIN has at least {MIN_PIN_CHARACTERS} characters."
    if len(text.encode()) > MAX_PIN_BYTES:
        return "This is too long for a PIN."
    return None
