"""What a front end does after an error: one policy for the full screen and for line prompts."""

from __future__ import annotations

from enum import Enum, auto

from tui_auth.auth.error_catalog import is_unknown_device
from tui_auth.auth.next_step import (
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithPassword,
    NextStep,
    UnknownStep,
)
from tui_auth.errors import AuthError, ErrorKind

COOL_DOWN_SECONDS = 30.0
"""Between two codes: Cognito limits them, and a new one makes the last one worthless."""


class ErrorAction(Enum):
    """What a front end does after an error."""

    STAY = auto()
    """Show the same step again, with the input and the error; the challenge session is still valid."""

    SIGN_IN = auto()
    """Go back to signing in, with the error."""

    RESTART = auto()
    """Show the same step and offer to restart it, at a key press and not before."""

    WAIT = auto()
    """Show the same step after a visible wait."""


def action_for_error(error: AuthError, step: NextStep | None, *, can_restart: bool) -> ErrorAction:
    """Return what to do after an error.

    Args:
        error: How the call failed.
        step: The step that was answered, or None while signing in.
        can_restart: ``Attempt.can_restart``.
    """
    if step is None:
        return ErrorAction.WAIT if error.kind is ErrorKind.THROTTLED else ErrorAction.STAY
    if isinstance(step, ConfirmSignInWithCustomChallenge | UnknownStep):
        # Only the pool's Lambda functions know why they rejected the answer, and the challenge session ended.
        if error.code == "NotAuthorizedException" or error.kind is ErrorKind.CHALLENGE_SESSION_EXPIRED:
            return ErrorAction.SIGN_IN
    elif error.kind is ErrorKind.CHALLENGE_SESSION_EXPIRED or is_unknown_device(error):
        return ErrorAction.RESTART if can_restart else ErrorAction.SIGN_IN
    elif error.kind is ErrorKind.NOT_AUTHORIZED and error.code in (None, "NotAuthorizedException"):
        # After choosing the password as the first factor, the user enters another one.
        return ErrorAction.STAY if isinstance(step, ConfirmSignInWithPassword) else ErrorAction.SIGN_IN
    return ErrorAction.WAIT if error.kind is ErrorKind.THROTTLED else ErrorAction.STAY
