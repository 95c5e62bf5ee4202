"""Which refusal leads where: one policy for the full screen and for line prompts."""

from __future__ import annotations

from enum import Enum, auto

from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.next_step import (
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithPassword,
    NextStep,
    UnknownStep,
)
from tui_auth.auth.refusals import is_unknown_device

COOL_DOWN_SECONDS = 30.0
"""Between two codes: Cognito counts them, and the next one makes the last one worthless."""


class Road(Enum):
    """Where a person goes after a refusal."""

    STAY = auto()
    """The same step and session; what was typed is kept and the reason stands under it."""

    SIGN_IN = auto()
    """Back to signing in, with the reason."""

    START_AGAIN = auto()
    """The step stays and offers to start again, at a key press and not before."""

    WAIT = auto()
    """The same step, after a visible wait."""


def road(error: AuthError, step: NextStep | None, *, can_start_again: bool) -> Road:
    """The road for a refusal at a step; ``step`` is None at sign-in itself."""
    if step is None:
        return Road.WAIT if error.kind is ErrorKind.THROTTLED else Road.STAY
    if isinstance(step, ConfirmSignInWithCustomChallenge | UnknownStep):
        # Only the pool's own functions know why they refused, and the session is gone with the refusal.
        if error.code == "NotAuthorizedException" or error.kind is ErrorKind.SESSION_EXPIRED:
            return Road.SIGN_IN
    elif error.kind is ErrorKind.SESSION_EXPIRED or is_unknown_device(error):
        return Road.START_AGAIN if can_start_again else Road.SIGN_IN
    elif error.kind is ErrorKind.NOT_AUTHORIZED and error.code in (None, "NotAuthorizedException"):
        # Whoever chose the password types another one, and keeps the choice.
        return Road.STAY if isinstance(step, ConfirmSignInWithPassword) else Road.SIGN_IN
    return Road.WAIT if error.kind is ErrorKind.THROTTLED else Road.STAY
