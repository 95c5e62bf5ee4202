"""The claims of a token that was checked when it came: when it runs out, who it names."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from tui_auth.secret import Secret


def claims_of(token: Secret) -> Mapping[str, Any]:
    """The payload of a JWT (RFC 7519), unchecked; nothing where it has none."""
    parts = token.reveal().split(".")
    if len(parts) != 3:
        return {}
    body = parts[1]
    try:
        payload = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def expiry_of(token: Secret) -> float:
    """``exp`` in seconds since the epoch by Cognito's clock; 0 where it is missing."""
    return _number(claims_of(token).get("exp"))


def lifetime_of(token: Secret) -> float:
    """How many seconds a token was made to live: ``exp`` less ``iat``; 0 where one is missing."""
    claims = claims_of(token)
    expiry, issued = _number(claims.get("exp")), _number(claims.get("iat"))
    return expiry - issued if expiry > issued > 0 else 0.0


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
