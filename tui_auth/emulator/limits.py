"""How often an hour an operation may be asked for one user, as Cognito's documented quotas have it."""

from __future__ import annotations

from tui_auth.emulator.clock import Clock
from tui_auth.emulator.errors import limit_exceeded

HOUR = 3600.0
PER_HOUR = {
    "ForgotPassword": 20,
    "ResendConfirmationCode": 5,
    "ConfirmSignUp": 15,
    "ChangePassword": 5,
    "GetUserAttributeVerificationCode": 5,
    "VerifyUserAttribute": 15,
}


class Limits:
    """What was asked in the last hour. ConfirmForgotPassword counts as ForgotPassword."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._times: dict[tuple[str, str, str], list[float]] = {}

    def count(self, operation: str, pool_id: str, username: str) -> None:
        """Count a request, or raise LimitExceededException where it is one too many."""
        now = self._clock.now()
        key = (operation, pool_id, username)
        recent = [moment for moment in self._times.get(key, ()) if now - moment < HOUR]
        if len(recent) >= PER_HOUR[operation]:
            raise limit_exceeded()
        self._times[key] = [*recent, now]
