"""What a front end does after an error: stay at the step, wait, restart it, or go back to sign-in."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from tui_auth.auth.error_catalog import is_unknown_device
from tui_auth.auth.next_step import (
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithPassword,
    ContinueSignInWithBrowser,
    ContinueSignInWithPasskey,
    ResetPassword,
    UnknownStep,
)
from tui_auth.errors import AuthError, ErrorKind

if TYPE_CHECKING:
    from tui_auth.auth.next_step import NextStep


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


def action_for_error(  # noqa: PLR0911 - one for each kind of step
    error: AuthError, step: NextStep | None, *, can_restart: bool
) -> ErrorAction:
    """Return what to do after an error.

    Args:
        error: How the call failed.
        step: The step that was answered, or None while signing in.
        can_restart: ``Attempt.can_restart``.
    """
    if step is None:
        return ErrorAction.WAIT if error.kind is ErrorKind.THROTTLED else ErrorAction.STAY
    if isinstance(step, ContinueSignInWithBrowser):
        # What was pasted can be corrected. Any other error has used up the authorization code.
        return ErrorAction.STAY if error.kind is ErrorKind.VALIDATION else ErrorAction.RESTART
    if isinstance(step, ResetPassword) and error.code == "UserNotFoundException":
        return ErrorAction.SIGN_IN  # only another user name helps
    if isinstance(step, ConfirmSignInWithCustomChallenge | UnknownStep):
        # Only the pool's Lambda functions know why they rejected the answer, and the challenge session ended.
        if error.code == "NotAuthorizedException" or error.kind is ErrorKind.CHALLENGE_SESSION_EXPIRED:
            return ErrorAction.SIGN_IN
    elif _needs_restart(error, step):
        return ErrorAction.RESTART if can_restart else ErrorAction.SIGN_IN
    elif error.kind is ErrorKind.NOT_AUTHORIZED and error.code in (None, "NotAuthorizedException"):
        # After choosing the password as the first factor, the user enters another one.
        return ErrorAction.STAY if isinstance(step, ConfirmSignInWithPassword) else ErrorAction.SIGN_IN
    return ErrorAction.WAIT if error.kind is ErrorKind.THROTTLED else ErrorAction.STAY


def _needs_restart(error: AuthError, step: NextStep) -> bool:
    """Return whether the challenge session is gone, or may be.

    Cognito doesn't document that a challenge session survives a rejected assertion.
    """
    is_expired = error.kind is ErrorKind.CHALLENGE_SESSION_EXPIRED
    is_rejected = isinstance(step, ContinueSignInWithPasskey) and error.code == "NotAuthorizedException"
    return is_expired or is_rejected or is_unknown_device(error)
