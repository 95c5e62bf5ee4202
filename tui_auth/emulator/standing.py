"""Whether a user may sign in at all, whatever the password."""

from __future__ import annotations

from tui_auth.emulator.errors import PoolError, not_authorized
from tui_auth.emulator.model import RESET_REQUIRED, UNCONFIRMED, User


def check_standing(user: User) -> None:
    """Raise what Cognito raises for a user who is disabled, not confirmed, or must reset the password."""
    if not user.enabled:
        raise not_authorized("User is disabled.")
    if user.status == UNCONFIRMED:
        raise PoolError("UserNotConfirmedException", "User is not confirmed.")
    if user.status == RESET_REQUIRED:
        raise PoolError("PasswordResetRequiredException", "Password reset required for the user")
