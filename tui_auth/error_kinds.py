"""What an AuthError means and which input it is about; what went wrong with a passkey.

Apart from ``tui_auth.errors``, which ``tui-auth token`` imports on every run: enum takes as long to import as
the rest of what a cached token needs.
"""

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
    USERNAME = "user name"
    NEW_PASSWORD = "new password"  # noqa: S105 - the field's name
    ATTRIBUTES = "attributes"
    FORM = "form"


class PasskeyProblem(StrEnum):
    """Why a passkey couldn't be used."""

    NO_KEY = "no key"
    NOT_PERMITTED = "not permitted"
    OVER_SSH = "over SSH"
    UNSUPPORTED = "unsupported system"
    CANCELED = "canceled"
    TIMED_OUT = "timed out"
    NOT_TOUCHED = "not touched"
    PIN_WRONG = "wrong PIN"
    PIN_REPLUG = "plug in again"
    PIN_BLOCKED = "PIN blocked"
    PIN_NOT_SET = "no PIN"
    NO_CREDENTIAL = "no passkey on the key"
    ALREADY_REGISTERED = "registered already"
    KEY_FULL = "key full"
    KEY_TOO_OLD = "key too old"
    KEY_REMOVED = "key removed"
    BAD_REQUEST = "unusable request"
    RELYING_PARTY_UNCONFIRMED = "relying party not confirmed"
    RELYING_PARTY_REJECTED = "relying party rejected"

    @property
    def needs_another_way(self) -> bool:
        """Whether no security key can be used here at all."""
        return self in (PasskeyProblem.NOT_PERMITTED, PasskeyProblem.OVER_SSH, PasskeyProblem.UNSUPPORTED)
