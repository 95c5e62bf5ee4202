"""What the pool "delivers": an outbox in place of SMS and e-mail, and how a destination is masked."""

from __future__ import annotations

import uuid
from collections import deque
from datetime import UTC, datetime
from typing import Any

from tui_auth.emulator.clock import Clock

KEPT = 1000
ATTRIBUTE_OF = {"SMS": "phone_number", "EMAIL": "email"}
MEDIUM_OF = {"phone_number": "SMS", "email": "EMAIL"}


class Outbox:
    """Messages, oldest first; the newest thousand are kept."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._messages: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def send(self, *, username: str, medium: str, destination: str, purpose: str, code: str) -> None:
        """Put a message into the outbox; ``medium`` is SMS or EMAIL, ``destination`` unmasked."""
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

    def all(self) -> list[dict[str, Any]]:
        """A copy of what was sent, oldest first."""
        return [dict(message) for message in self._messages]


def mask(medium: str, destination: str) -> str:
    """A destination as Cognito shows it: ``+********4114``, ``j***@g***``."""
    if medium == "SMS":
        digits = destination.removeprefix("+")
        return "+" + "*" * max(len(digits) - 4, 0) + digits[-4:]
    local, _, domain = destination.partition("@")
    return f"{local[:1]}***@{domain[:1]}***"


def delivery_details(medium: str, destination: str) -> dict[str, str]:
    """Cognito's CodeDeliveryDetails for an unmasked destination."""
    return {
        "Destination": mask(medium, destination),
        "DeliveryMedium": medium,
        "AttributeName": ATTRIBUTE_OF[medium],
    }
