"""How wrong passwords lock a user out for a while.

After five failures the user is locked for one second, and for twice as long with each further failure, up
to a quarter of an hour. A try while locked fails and does not start the wait anew. Success or fifteen
quiet minutes forget the failures.
"""

from __future__ import annotations

from dataclasses import dataclass

from tui_auth.emulator.clock import Clock
from tui_auth.emulator.errors import not_authorized

FREE_FAILURES = 5
LONGEST_SECONDS = 15 * 60.0


@dataclass
class _Record:
    failures: int = 0
    last: float = 0.0
    until: float = 0.0


class Lockout:
    """Failed passwords, by (pool id, user name); a name that does not exist is counted alike."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: dict[tuple[str, str], _Record] = {}

    def guard(self, pool_id: str, username: str) -> None:
        """Raise NotAuthorizedException where the user is locked out now."""
        record = self._records.get((pool_id, username))
        if record is not None and self._clock.now() < record.until:
            raise not_authorized("Password attempts exceeded")

    def failed(self, pool_id: str, username: str) -> None:
        """Count a wrong password."""
        now = self._clock.now()
        record = self._records.setdefault((pool_id, username), _Record())
        if now - max(record.last, record.until) >= LONGEST_SECONDS:
            record.failures = 0
        record.failures += 1
        record.last = now
        if record.failures >= FREE_FAILURES:
            record.until = now + min(2.0 ** (record.failures - FREE_FAILURES), LONGEST_SECONDS)

    def succeeded(self, pool_id: str, username: str) -> None:
        """Forget the failures."""
        self._records.pop((pool_id, username), None)
