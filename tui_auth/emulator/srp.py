"""The server's half of SRP (RFC 5054), for passwords and for remembered devices.

The arithmetic is that of ``tui_auth.auth.srp``. A SECRET_BLOCK belongs to one exchange: it is bound to the
client and the user, is valid for one answer, and expires.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tui_auth.auth import srp
from tui_auth.emulator.errors import invalid_parameter

if TYPE_CHECKING:
    from tui_auth.emulator.model import AppClient, Clock, SignIn

CLOCK_SKEW_SECONDS = 300.0
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIMESTAMP = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2}) (\d\d):(\d\d):(\d\d) UTC (\d{4})", re.ASCII)


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
        return {
            "SALT": f"{self.salt:x}",
            "SRP_B": f"{self.public_b:x}",
            "SECRET_BLOCK": self.secret_block,
        }

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
        raise invalid_parameter("SRP_A is not a valid public value.")
    return int(text, 16)


def parse_timestamp(text: str) -> float | None:
    """Parse ``Mon Jan 5 07:03:09 UTC 2026`` into seconds since the epoch, or return None.

    The text is formatted again and compared, which rejects a padded day and a wrong weekday.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None or match[1] not in _MONTHS:
        return None
    day, hour, minute, second, year = (int(match[group]) for group in range(2, 7))
    try:
        moment = datetime(year, _MONTHS.index(match[1]) + 1, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    seconds = moment.timestamp()
    return seconds if srp.format_timestamp(seconds) == text else None


class Exchanges:
    """The exchanges that wait for their answer, by SECRET_BLOCK."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[str, Exchange] = {}

    def begin(
        self, sign_in: SignIn, *, name: str, user: str, salt: int, verifier: int, public_a: int
    ) -> Exchange:
        """Start an exchange; ``name`` is the pool's short name or a device group key."""
        now = self._clock.now()
        self._forget_old(now)
        public_b = private_b = 0
        while public_b == 0:
            private_b = secrets.randbits(256)
            public_b = public_value(verifier, private_b)
        secret_block = base64.b64encode(secrets.token_bytes(160)).decode()
        expires_at = now + sign_in.client.challenge_session_seconds
        exchange = Exchange(
            sign_in, name, user, salt, verifier, public_a, private_b, public_b, secret_block, expires_at
        )
        self._waiting[secret_block] = exchange
        return exchange

    def _forget_old(self, now: float) -> None:
        # The exchanges are in the order in which they began, so the old ones come first.
        while self._waiting:
            first = next(iter(self._waiting.values()))
            if first.expires_at > now:
                return
            del self._waiting[first.secret_block]

    def take(self, secret_block: str, client: AppClient) -> Exchange | None:
        """Return the exchange of a SECRET_BLOCK once, or None if this client has no such exchange."""
        exchange = self._waiting.get(secret_block)
        if exchange is None or exchange.sign_in.client is not client:
            return None
        del self._waiting[secret_block]
        return exchange if exchange.expires_at > self._clock.now() else None

    def put_back(self, exchange: Exchange) -> None:
        """Undo ``take``."""
        self._waiting[exchange.secret_block] = exchange

    def is_proof(self, exchange: Exchange, signature: str, timestamp: str) -> bool:
        """Return whether a signature proves the password, at a time close to the emulator's."""
        moment = parse_timestamp(timestamp)
        if moment is None or abs(moment - self._clock.now()) > CLOCK_SKEW_SECONDS:
            return False
        try:
            claimed = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(claimed, base64.b64decode(exchange.signature(timestamp)))
