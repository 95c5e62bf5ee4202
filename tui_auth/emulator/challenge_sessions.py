"""What the emulator remembers between two calls of a sign-in: challenge sessions and SRP exchanges.

An exchange is the server's half of SRP (RFC 5054), for passwords and for remembered devices. Its SECRET_BLOCK
is bound to the client and the user, is valid for one answer, and expires. In USER_SRP_AUTH it takes the place
of a challenge session. The arithmetic is that of ``tui_auth.auth.srp``.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING, Any

from tui_auth.auth import srp
from tui_auth.emulator import errors
from tui_auth.emulator.model import AppClient, ChallengeSession, Clock, SignIn

if TYPE_CHECKING:
    from collections.abc import Iterator

FORGOTTEN_AFTER = 3600.0


def _forget_old(items: dict[str, Any], moment: float) -> None:
    """Remove what expired by a moment; the dict has the order in which things expire."""
    while items and items[first := next(iter(items))].expires_at <= moment:
        del items[first]


@dataclass
class ChallengeSessions:
    """All challenge sessions of an emulator, in the order in which they were opened."""

    clock: Clock
    sessions: dict[str, ChallengeSession] = field(default_factory=dict)

    def open(self, sign_in: SignIn, challenge: str, **state: Any) -> ChallengeSession:
        """Open a session for a challenge, valid for as long as the app client specifies."""
        _forget_old(self.sessions, self.clock.now() - FORGOTTEN_AFTER)
        token = "AYABe" + secrets.token_urlsafe(600)
        expires_at = self.clock.now() + sign_in.client.challenge_session_seconds
        session = ChallengeSession(token, sign_in, challenge, expires_at, **state)
        self.sessions[token] = session
        return session

    def find(self, token: str | None, client: AppClient | None = None) -> ChallengeSession:
        """Return the valid session of a token. It stays valid until it is spent.

        Raises:
            CognitoError: InvalidParameterException if the token is missing. NotAuthorizedException, with one
                of three texts, if the token is unknown (or another client's), used or expired.
        """
        if token is None:
            raise errors.missing_parameter("Session")
        session = self.sessions.get(token)
        if session is None or (client is not None and session.sign_in.client is not client):
            raise errors.invalid_challenge_session()
        if session.used:
            raise errors.invalid_challenge_session(", session can only be used once.")
        if self.clock.now() >= session.expires_at:
            raise errors.invalid_challenge_session(", session is expired.")
        return session

    def is_for(self, token: str, challenge: str) -> bool:
        """Return whether the token's session waits for an answer to this challenge."""
        session = self.sessions.get(token)
        return session is not None and session.challenge == challenge

    @contextmanager
    def spending(self, session: ChallengeSession) -> Iterator[None]:
        """Mark a session as used; after an error it is valid again, or forgotten if the sign-in is over."""
        session.used = True
        try:
            yield
        except errors.SignInFailedError:
            self.sessions.pop(session.token, None)
            raise
        except BaseException:
            session.used = False
            raise


CLOCK_SKEW_SECONDS = 300.0


@dataclass
class Exchange:
    """One SRP exchange; ``name`` and ``user`` go into the hash."""

    sign_in: SignIn
    name: str
    user: str
    salt: int
    verifier: int
    public_a: int
    private_b: int
    public_b: int
    secret_block: str
    expires_at: float

    def parameters(self) -> dict[str, str]:
        """Return SALT and SRP_B in hexadecimal, and SECRET_BLOCK in base64."""
        return {"SALT": f"{self.salt:x}", "SRP_B": f"{self.public_b:x}", "SECRET_BLOCK": self.secret_block}

    def signature(self, timestamp: str) -> str:
        """Return the PASSWORD_CLAIM_SIGNATURE that proves the password at a timestamp."""
        u = srp.scramble(self.public_a, self.public_b)
        shared = pow(self.public_a * pow(self.verifier, u, srp.N), self.private_b, srp.N)
        return srp.sign(srp.derive_key(shared, u), self.name, self.user, self.secret_block, timestamp)


def public_value(verifier: int, private_b: int) -> int:
    """Return ``B = (k·v + g^b) mod N``."""
    return (srp.K * verifier + pow(srp.G, private_b, srp.N)) % srp.N


def parse_public_a(text: str) -> int:
    """Parse SRP_A, which is hexadecimal and not zero modulo N."""
    if not re.fullmatch("[0-9a-fA-F]{1,2048}", text, re.ASCII) or int(text, 16) % srp.N == 0:
        raise errors.invalid_parameter("SRP_A is not a valid public value.")
    return int(text, 16)


def parse_timestamp(text: str) -> float | None:
    """Parse ``Mon Jan 5 07:03:09 UTC 2026``, exactly in this form, into seconds since the epoch."""
    try:
        parsed = parsedate_tz(text)
        seconds = mktime_tz(parsed) if parsed else None
    except (ValueError, IndexError, OverflowError):
        return None
    return seconds if seconds is not None and srp.format_timestamp(seconds) == text else None


@dataclass
class Exchanges:
    """The exchanges that wait for their answer, by SECRET_BLOCK, in the order in which they began."""

    clock: Clock
    waiting: dict[str, Exchange] = field(default_factory=dict)

    def begin(
        self, sign_in: SignIn, *, name: str, user: str, salt: int, verifier: int, public_a: int
    ) -> Exchange:
        """Start an exchange; ``name`` is the pool's short name or a device group key."""
        now = self.clock.now()
        _forget_old(self.waiting, now)
        public_b = private_b = 0
        while public_b == 0:
            private_b = secrets.randbits(256)
            public_b = public_value(verifier, private_b)
        secret_block = base64.b64encode(secrets.token_bytes(160)).decode()
        expires_at = now + sign_in.client.challenge_session_seconds
        exchange = Exchange(
            sign_in, name, user, salt, verifier, public_a, private_b, public_b, secret_block, expires_at
        )
        self.waiting[secret_block] = exchange
        return exchange

    def take(self, secret_block: str, client: AppClient) -> Exchange | None:
        """Return the exchange of a SECRET_BLOCK once, or None if this client has no such exchange."""
        exchange = self.waiting.get(secret_block)
        if exchange is None or exchange.sign_in.client is not client:
            return None
        del self.waiting[secret_block]
        return exchange if exchange.expires_at > self.clock.now() else None

    def put_back(self, exchange: Exchange) -> None:
        """Undo ``take``."""
        self.waiting[exchange.secret_block] = exchange

    def is_proof(self, exchange: Exchange, signature: str, timestamp: str) -> bool:
        """Return whether a signature proves the password, at a time close to the emulator's."""
        moment = parse_timestamp(timestamp)
        if moment is None or abs(moment - self.clock.now()) > CLOCK_SKEW_SECONDS:
            return False
        try:
            claimed = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(claimed, base64.b64decode(exchange.signature(timestamp)))
