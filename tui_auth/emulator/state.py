"""The emulator's memory, the lock around it, and the limits on attempts.

After five wrong passwords a user is locked out for one second, and for twice as long with each further
failure, up to fifteen minutes. An attempt during a lockout fails and doesn't extend it. A correct password
clears the count, and so do fifteen minutes without a failure.
"""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tui_auth.emulator.challenge_sessions import ChallengeSessions
from tui_auth.emulator.errors import CognitoError, not_authorized, not_found
from tui_auth.emulator.messages import Codes, Outbox
from tui_auth.emulator.signing_keys import SigningKeys
from tui_auth.emulator.srp import Exchanges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui_auth.emulator.model import AppClient, Clock, Grant, Identity, IdentityPool, User, UserPool

FAILED_CUSTOM_CHALLENGE = "Incorrect username or password."
FREE_FAILURES = 5
LONGEST_LOCKOUT_SECONDS = 15 * 60.0
PER_HOUR = {
    "ForgotPassword": 20,
    "ResendConfirmationCode": 5,
    "ConfirmSignUp": 15,
    "ChangePassword": 5,
    "GetUserAttributeVerificationCode": 5,
    "VerifyUserAttribute": 15,
}
"""Cognito's documented quotas for one user. ConfirmForgotPassword counts as ForgotPassword."""


@dataclass
class _Failures:
    count: int = 0
    last: float = 0.0
    locked_until: float = 0.0


class Lockout:
    """Wrong passwords by (pool ID, user name), including names that don't exist."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[tuple[str, str], _Failures] = {}

    def check(self, pool_id: str, username: str) -> None:
        """Raise NotAuthorizedException if the user is locked out."""
        failures = self._failures.get((pool_id, username))
        if failures is not None and self._clock.now() < failures.locked_until:
            raise not_authorized("Password attempts exceeded")

    def record_failure(self, pool_id: str, username: str) -> None:
        """Count a wrong password."""
        now = self._clock.now()
        failures = self._failures.setdefault((pool_id, username), _Failures())
        if now - max(failures.last, failures.locked_until) >= LONGEST_LOCKOUT_SECONDS:
            failures.count = 0
        failures.count += 1
        failures.last = now
        if failures.count >= FREE_FAILURES:
            seconds = min(2.0 ** (failures.count - FREE_FAILURES), LONGEST_LOCKOUT_SECONDS)
            failures.locked_until = now + seconds

    def clear(self, pool_id: str, username: str) -> None:
        """Forget the failures."""
        self._failures.pop((pool_id, username), None)


class HourlyLimits:
    """The requests of the last hour, by operation, pool ID and user name."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._times: dict[tuple[str, str, str], list[float]] = {}

    def count(self, operation: str, pool: UserPool, user: User) -> None:
        """Count a request, or raise LimitExceededException if it is one too many."""
        now = self._clock.now()
        key = (operation, pool.id, user.username)
        recent = [moment for moment in self._times.get(key, ()) if now - moment < 3600.0]
        if len(recent) >= PER_HOUR[operation]:
            raise CognitoError(
                "LimitExceededException", "Attempt limit exceeded, please try after some time."
            )
        self._times[key] = [*recent, now]


@dataclass
class State:
    """The emulator's memory. Handlers run one at a time, under ``lock``."""

    region: str
    clock: Clock
    triggers: Any = None
    failed_custom_challenge_text: str = FAILED_CUSTOM_CHALLENGE
    pools: dict[str, UserPool] = field(default_factory=dict)
    clients: dict[str, AppClient] = field(default_factory=dict)
    identity_pools: dict[str, IdentityPool] = field(default_factory=dict)
    identities: dict[str, Identity] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    revoked_origins: set[str] = field(default_factory=set)
    keys: SigningKeys = field(default_factory=SigningKeys)
    masking_key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.challenge_sessions = ChallengeSessions(self.clock)
        self.exchanges = Exchanges(self.clock)
        self.outbox = Outbox(self.clock)
        self.codes = Codes(self.clock, self.outbox)
        self.lockout = Lockout(self.clock)
        self.limits = HourlyLimits(self.clock)

    @contextmanager
    def unlocked(self) -> Iterator[None]:
        """Release the lock while a trigger runs, because it may call the emulator itself."""
        self.lock.release()
        try:
            yield
        finally:
            self.lock.acquire()

    def pool(self, pool_id: str) -> UserPool:
        """Return the user pool with this ID, or raise ResourceNotFoundException."""
        try:
            return self.pools[pool_id]
        except KeyError:
            raise not_found(f"User pool {pool_id} does not exist.") from None

    def client(self, client_id: str, pool_id: str | None = None) -> AppClient:
        """Return the app client with this ID and pool, or raise ResourceNotFoundException."""
        client = self.clients.get(client_id)
        if client is None or (pool_id is not None and client.pool is not self.pool(pool_id)):
            raise not_found(f"User pool client {client_id} does not exist.")
        return client
