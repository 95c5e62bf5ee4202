"""What an AuthError means, and which input it is about.

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
