"""The emulator's memory: signing keys, challenge sessions, limits on attempts, and the lock around them.

After five wrong passwords a user is locked out for one second, and for twice as long with each further
failure, up to fifteen minutes. An attempt during a lockout fails and doesn't extend it. A correct password
clears the count, and so do fifteen minutes without a failure.
"""

from __future__ import annotations

import base64
import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tui_auth.emulator.errors import (
    CognitoError,
    SignInFailedError,
    invalid_challenge_session,
    missing_parameter,
    not_authorized,
    not_found,
)
from tui_auth.emulator.messages import Codes, Outbox
from tui_auth.emulator.model import (
    AppClient,
    ChallengeSession,
    Clock,
    Grant,
    Identity,
    IdentityPool,
    SignIn,
    User,
    UserPool,
)
from tui_auth.emulator.srp import Exchanges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


USES = ("id", "access")


class SigningKeys:
    """Two keys, made in the background. Only the first token has to wait for them."""

    def __init__(self) -> None:
        self._ids = {use: base64.b64encode(secrets.token_bytes(32)).decode() for use in USES}
        self._keys: dict[str, RSAPrivateKey] = {}
        self._thread: threading.Thread | None = None

    def prepare(self) -> None:
        """Start making the keys, unless that has started."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._make, name="emulator-signing-keys", daemon=True)
            self._thread.start()

    def finish(self) -> None:
        """Wait until the keys are made, if that has started.

        Python aborts (SIGABRT) if it exits while another thread is making a key.
        """
        if self._thread is not None:
            self._thread.join()

    def _make(self) -> None:
        for use in USES:
            self._keys[use] = new_key()

    @cached_property
    def _private(self) -> dict[str, RSAPrivateKey]:
        self.prepare()
        self.finish()
        return self._keys

    def sign(self, use: str, claims: dict[str, Any]) -> str:
        """Return an RS256 JWT, signed with the key for ``use`` (``id`` or ``access``)."""
        import jwt

        return jwt.encode(claims, self._private[use], algorithm="RS256", headers={"kid": self._ids[use]})

    def read(self, token: str, use: str) -> dict[str, Any] | None:
        """Return the claims of a token that this use's key signed, or None. Times aren't checked."""
        import jwt

        try:
            if jwt.get_unverified_header(token).get("kid") != self._ids[use]:
                return None
            return jwt.decode(
                token,
                self._private[use].public_key(),
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False},
            )
        except (jwt.PyJWTError, ValueError):
            return None

    def jwks(self) -> dict[str, Any]:
        """Return the public keys as ``/.well-known/jwks.json`` lists them."""
        from jwt.algorithms import RSAAlgorithm

        keys = []
        for use in USES:
            jwk = RSAAlgorithm.to_jwk(self._private[use].public_key(), as_dict=True)
            public = {member: jwk[member] for member in ("kty", "n", "e")}
            keys.append({**public, "alg": "RS256", "kid": self._ids[use], "use": "sig"})
        return {"keys": keys}


def new_key() -> RSAPrivateKey:
    """Make a key of 2048 bits, as Cognito's are."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


FORGOTTEN_AFTER = 3600.0


class ChallengeSessions:
    """All challenge sessions of an emulator."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[str, ChallengeSession] = {}

    def open(self, sign_in: SignIn, challenge: str, **state: Any) -> ChallengeSession:
        """Open a session for a challenge, valid for as long as the app client specifies."""
        self._forget_old()
        token = "AYABe" + secrets.token_urlsafe(600)
        expires_at = self._clock.now() + sign_in.client.challenge_session_seconds
        session = ChallengeSession(token, sign_in, challenge, expires_at, **state)
        self._sessions[token] = session
        return session

    def find(self, token: str | None, client: AppClient | None = None) -> ChallengeSession:
        """Return the valid session of a token. It stays valid until it is spent.

        Raises:
            CognitoError: InvalidParameterException if the token is missing. NotAuthorizedException, with one
                of three texts, if the token is unknown (or another client's), used or expired.
        """
        if token is None:
            raise missing_parameter("Session")
        session = self._sessions.get(token)
        if session is None or (client is not None and session.sign_in.client is not client):
            raise invalid_challenge_session()
        if session.used:
            raise invalid_challenge_session(", session can only be used once.")
        if self._clock.now() >= session.expires_at:
            raise invalid_challenge_session(", session is expired.")
        return session

    def is_for(self, token: str, challenge: str) -> bool:
        """Return whether the token's session waits for an answer to this challenge."""
        session = self._sessions.get(token)
        return session is not None and session.challenge == challenge

    def spend(self, session: ChallengeSession) -> None:
        session.used = True

    @contextmanager
    def spending(self, session: ChallengeSession) -> Iterator[None]:
        """Mark a session as used; after an error in the block it is valid again, or forgotten.

        It is forgotten if the error ends the sign-in.
        """
        session.used = True
        try:
            yield
        except SignInFailedError:
            self._sessions.pop(session.token, None)
            raise
        except BaseException:
            session.used = False
            raise

    def _forget_old(self) -> None:
        now = self._clock.now()
        # The sessions are in the order in which they were opened, so the old ones come first.
        while self._sessions:
            first = next(iter(self._sessions.values()))
            if now - first.expires_at <= FORGOTTEN_AFTER:
                return
            del self._sessions[first.token]


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
