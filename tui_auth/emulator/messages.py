"""Messages that the emulator "delivers", and the codes in them.

An outbox takes the place of SMS and email. ``Codes`` are those for sign-up, for a forgotten password and for
a changed attribute; the codes of challenges belong to their challenge sessions.
"""

from __future__ import annotations

import hmac
import secrets
import uuid
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tui_auth.emulator.errors import code_mismatch, expired_code, invalid_parameter
from tui_auth.emulator.model import (
    ATTRIBUTE_BY_MEDIUM,
    MEDIUM_BY_ATTRIBUTE,
    MEDIUM_BY_FACTOR,
    Clock,
    User,
    UserPool,
)

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
        "AttributeName": ATTRIBUTE_BY_MEDIUM[medium],
    }


class Outbox:
    """The newest thousand messages, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._messages: deque[dict[str, Any]] = deque(maxlen=OUTBOX_SIZE)

    def send(self, username: str, medium: str, destination: str, purpose: str, code: str) -> None:
        """Store a message; ``medium`` is SMS or EMAIL, ``destination`` isn't masked."""
        sent_at = datetime.fromtimestamp(self._clock.now(), UTC).isoformat(timespec="milliseconds")
        self._messages.append(
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

    def messages(self) -> list[dict[str, Any]]:
        """Return a copy of the messages, oldest first."""
        return [dict(message) for message in self._messages]


@dataclass(frozen=True)
class Code:
    """A code that was sent to one of a user's addresses."""

    value: str
    attribute: str
    destination: str
    expires_at: float


class Codes:
    """The codes that aren't part of a sign-in, by pool, user and purpose."""

    def __init__(self, clock: Clock, outbox: Outbox) -> None:
        self._clock = clock
        self._outbox = outbox
        self._codes: dict[tuple[str, str, str], Code] = {}

    def send(
        self, pool: UserPool, user: User, purpose: str, attribute: str, address: str | None = None
    ) -> dict[str, str]:
        """Send a new code, which replaces an earlier one, and return CodeDeliveryDetails.

        ``purpose`` is SIGN_UP, FORGOT_PASSWORD or VERIFY_ATTRIBUTE. The code goes to ``address``, by default
        the value of the attribute.
        """
        destination = address or user.attributes[attribute]
        medium = MEDIUM_BY_ATTRIBUTE[attribute]
        code = Code(random_digits(6), attribute, destination, self._clock.now() + _SECONDS[purpose])
        self._codes[_key(pool, user, purpose, attribute)] = code
        self._outbox.send(user.username, medium, destination, purpose, code.value)
        return delivery_details(medium, destination)

    def check(self, pool: UserPool, user: User, purpose: str, answer: str, attribute: str = "") -> Code:
        """Return the code that was sent, if it is the answer. It stays valid until ``discard``.

        Raises:
            CognitoError: ExpiredCodeException if no code is valid, CodeMismatchException if it differs.
        """
        code = self._codes.get(_key(pool, user, purpose, attribute))
        if code is None or self._clock.now() >= code.expires_at:
            raise expired_code()
        if not hmac.compare_digest(code.value.encode(), answer.encode()):
            raise code_mismatch()
        return code

    def discard(self, pool: UserPool, user: User, purpose: str, attribute: str = "") -> None:
        self._codes.pop(_key(pool, user, purpose, attribute), None)

    def discard_all(self, pool: UserPool, user: User) -> None:
        for key in [key for key in self._codes if key[:2] == (pool.id, user.username)]:
            del self._codes[key]


def _key(pool: UserPool, user: User, purpose: str, attribute: str) -> tuple[str, str, str]:
    kind = f"{purpose}:{attribute}" if purpose == VERIFY_ATTRIBUTE else purpose
    return pool.id, user.username, kind


def recovery_attribute(pool: UserPool, user: User) -> str:
    """Return the attribute whose address gets the code for a forgotten password.

    It is the first verified one of those that the pool's setting allows, and with such a setting never the
    address of the user's preferred second factor. Raises InvalidParameterException if there is none.
    """
    mechanisms = pool.recovery_mechanisms
    preferred_medium = MEDIUM_BY_FACTOR.get(user.mfa_preferred or "", "")
    excluded = ATTRIBUTE_BY_MEDIUM.get(preferred_medium) if mechanisms else None
    for mechanism in mechanisms or ["verified_phone_number", "verified_email"]:
        attribute = mechanism.removeprefix("verified_")
        if attribute in MEDIUM_BY_ATTRIBUTE and attribute != excluded and user.has_verified(attribute):
            return attribute
    raise invalid_parameter(
        "Cannot reset password for the user as there is no registered/verified email or phone_number"
    )
