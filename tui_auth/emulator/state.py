"""The emulator's memory: signing keys, messages and their codes, limits on attempts, and the lock.

An outbox takes the place of SMS and email. ``Codes`` are those for sign-up, for a forgotten password and for
a changed attribute; the codes of challenges belong to their challenge sessions.

After five wrong passwords a user is locked out for one second, and for twice as long with each further
failure, up to fifteen minutes. An attempt during a lockout fails and doesn't extend it. A correct password
clears the count, and so do fifteen minutes without a failure.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import threading
import uuid
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from tui_auth.emulator import errors, model
from tui_auth.emulator.challenge_sessions import ChallengeSessions, Exchanges

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from tui_auth.emulator.model import (
        AppClient,
        AuthorizationCode,
        Browser,
        Clock,
        Grant,
        Identity,
        IdentityPool,
        PasskeyRegistration,
        User,
        UserPool,
    )

USES = ("id", "access")


class SigningKeys:
    """Two keys, made in the background. Only the first token has to wait for them."""

    def __init__(self) -> None:
        self._ids = {use: base64.b64encode(secrets.token_bytes(32)).decode() for use in USES}
        self._keys: dict[str, RSAPrivateKey] = {}
        self._thread = threading.Thread(target=self._make, name="emulator-signing-keys", daemon=True)

    def prepare(self) -> None:
        """Start making the keys, unless that has started."""
        if self._thread.ident is None:
            self._thread.start()

    def finish(self) -> None:
        """Wait until the keys are made, if that has started.

        Python aborts (SIGABRT) if it exits while another thread is making a key.
        """
        if self._thread.ident is not None:
            self._thread.join()

    def _make(self) -> None:
        for use in USES:
            if use not in self._keys:
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

    def export(self) -> dict[str, Any]:
        """Return the private keys for ``restore``, as PEM without a password."""
        from cryptography.hazmat.primitives import serialization as form

        pem = (form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
        keys = {use: key.private_bytes(*pem).decode() for use, key in self._private.items()}
        return {"ids": self._ids, "keys": keys}

    def restore(self, exported: dict[str, Any]) -> None:
        """Take other keys, before ``prepare``."""
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        self._ids = {use: str(exported["ids"][use]) for use in USES}
        for use in USES:
            key = load_pem_private_key(exported["keys"][use].encode(), None)
            self._keys[use] = cast("RSAPrivateKey", key)

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


OUTBOX_SIZE = 1000
SIGN_UP = "SIGN_UP"
FORGOT_PASSWORD = "FORGOT_PASSWORD"  # noqa: S105 - the purpose of a code
VERIFY_ATTRIBUTE = "VERIFY_ATTRIBUTE"
_SECONDS = {SIGN_UP: 24 * 3600.0, FORGOT_PASSWORD: 3600.0, VERIFY_ATTRIBUTE: 24 * 3600.0}


def random_digits(count: int) -> str:
    """Return a random code of ``count`` digits, which may start with zeros."""
    return f"{secrets.randbelow(10**count):0{count}d}"


def mask_destination(medium: str, destination: str) -> str:
    """Return a destination as Cognito shows it: ``+********4114``, ``j***@g***``."""
    if medium == "SMS":
        digits = destination.removeprefix("+")
        return "+" + "*" * max(len(digits) - 4, 0) + digits[-4:]
    local, _, domain = destination.partition("@")
    return f"{local[:1]}***@{domain[:1]}***"


def delivery_details(medium: str, destination: str) -> dict[str, str]:
    """Return Cognito's CodeDeliveryDetails for an unmasked destination."""
    return {
        "Destination": mask_destination(medium, destination),
        "DeliveryMedium": medium,
        "AttributeName": model.ATTRIBUTE_BY_MEDIUM[medium],
    }


@dataclass
class Outbox:
    """The newest thousand messages, oldest first."""

    clock: Clock
    messages: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=OUTBOX_SIZE))

    def send(self, username: str, medium: str, destination: str, purpose: str, code: str) -> None:
        """Store a message; ``medium`` is SMS or EMAIL, ``destination`` isn't masked."""
        sent_at = datetime.fromtimestamp(self.clock.now(), UTC).isoformat(timespec="milliseconds")
        self.messages.append(
            {
                "id": str(uuid.uuid4()),
                "sent_at": sent_at.replace("+00:00", "Z"),
                "username": username,
                "medium": medium,
                "destination": destination,
                "purpose": purpose,
                "code": code,
            }
        )


@dataclass(frozen=True)
class Code:
    """A code that was sent to one of a user's addresses."""

    value: str
    attribute: str
    destination: str
    expires_at: float


@dataclass
class Codes:
    """The codes that aren't part of a sign-in, by pool, user and purpose."""

    clock: Clock
    outbox: Outbox
    codes: dict[tuple[str, str, str], Code] = field(default_factory=dict)

    def send(
        self, pool: UserPool, user: User, purpose: str, attribute: str, address: str | None = None
    ) -> dict[str, str]:
        """Send a code, which replaces an earlier one, to ``address``, by default the attribute's value."""
        destination = address or user.attributes[attribute]
        medium = model.MEDIUM_BY_ATTRIBUTE[attribute]
        code = Code(random_digits(6), attribute, destination, self.clock.now() + _SECONDS[purpose])
        self.codes[_key(pool, user, purpose, attribute)] = code
        self.outbox.send(user.username, medium, destination, purpose, code.value)
        return delivery_details(medium, destination)

    def check(self, pool: UserPool, user: User, purpose: str, answer: str, attribute: str = "") -> Code:
        """Return the code that was sent, if it is the answer. It stays valid until ``discard``.

        Raises:
            CognitoError: ExpiredCodeException if no code is valid, CodeMismatchException if it differs.
        """
        code = self.codes.get(_key(pool, user, purpose, attribute))
        if code is None or self.clock.now() >= code.expires_at:
            raise errors.expired_code()
        if not hmac.compare_digest(code.value.encode(), answer.encode()):
            raise errors.code_mismatch()
        return code

    def discard(self, pool: UserPool, user: User, purpose: str, attribute: str = "") -> None:
        self.codes.pop(_key(pool, user, purpose, attribute), None)

    def discard_all(self, pool: UserPool, user: User) -> None:
        for key in [key for key in self.codes if key[:2] == (pool.id, user.username)]:
            del self.codes[key]


def _key(pool: UserPool, user: User, purpose: str, attribute: str) -> tuple[str, str, str]:
    kind = f"{purpose}:{attribute}" if purpose == VERIFY_ATTRIBUTE else purpose
    return pool.id, user.username, kind


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


@dataclass
class Lockout:
    """Wrong passwords by (pool ID, user name), including names that don't exist."""

    clock: Clock
    failures: dict[tuple[str, str], _Failures] = field(default_factory=dict)

    def check(self, pool_id: str, username: str) -> None:
        """Raise NotAuthorizedException if the user is locked out."""
        failures = self.failures.get((pool_id, username))
        if failures is not None and self.clock.now() < failures.locked_until:
            raise errors.not_authorized("Password attempts exceeded")

    def record_failure(self, pool_id: str, username: str) -> None:
        now = self.clock.now()
        failures = self.failures.setdefault((pool_id, username), _Failures())
        if now - max(failures.last, failures.locked_until) >= LONGEST_LOCKOUT_SECONDS:
            failures.count = 0
        failures.count += 1
        failures.last = now
        if failures.count >= FREE_FAILURES:
            seconds = min(2.0 ** (failures.count - FREE_FAILURES), LONGEST_LOCKOUT_SECONDS)
            failures.locked_until = now + seconds

    def clear(self, pool_id: str, username: str) -> None:
        self.failures.pop((pool_id, username), None)


@dataclass
class HourlyLimits:
    """The requests of the last hour, by operation, pool ID and user name."""

    clock: Clock
    times: dict[tuple[str, str, str], list[float]] = field(default_factory=dict)

    def count(self, operation: str, pool: UserPool, user: User) -> None:
        """Count a request, or raise LimitExceededException if it is one too many."""
        now = self.clock.now()
        key = (operation, pool.id, user.username)
        recent = [moment for moment in self.times.get(key, ()) if now - moment < 3600.0]
        if len(recent) >= PER_HOUR[operation]:
            raise errors.CognitoError(
                "LimitExceededException", "Attempt limit exceeded, please try after some time."
            )
        self.times[key] = [*recent, now]


@dataclass
class State:
    """The emulator's memory. Handlers run one at a time, under ``lock``; ``served`` counts them.

    ``random`` makes IDs, client secrets and keys of authenticator apps, but no codes, tokens or salts.
    """

    region: str
    clock: Clock
    issuer: str
    triggers: Any = None
    failed_custom_challenge_text: str = "Incorrect username or password."
    pools: dict[str, UserPool] = field(default_factory=dict)
    clients: dict[str, AppClient] = field(default_factory=dict)
    identity_pools: dict[str, IdentityPool] = field(default_factory=dict)
    identities: dict[str, Identity] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    revoked_origins: set[str] = field(default_factory=set)
    authorization_codes: dict[str, AuthorizationCode] = field(default_factory=dict)
    browsers: dict[str, Browser] = field(default_factory=dict)
    passkey_registrations: dict[tuple[str, str], PasskeyRegistration] = field(default_factory=dict)
    keys: SigningKeys = field(default_factory=SigningKeys)
    random: Random = model.SYSTEM_RANDOM
    served: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.masking_key = self.random.randbytes(32)
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
        if pool_id not in self.pools:
            raise errors.not_found(f"User pool {pool_id} does not exist.")
        return self.pools[pool_id]

    def client(self, client_id: str, pool_id: str | None = None) -> AppClient:
        """Return the app client with this ID and pool, or raise ResourceNotFoundException."""
        client = self.clients.get(client_id)
        if client is None or (pool_id is not None and client.pool is not self.pool(pool_id)):
            raise errors.not_found(f"User pool client {client_id} does not exist.")
        return client
