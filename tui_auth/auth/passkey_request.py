"""A user pool's request for a passkey, as JSON: which site it is for, and how long the user has.

``passkeys.ceremony`` turns it into what fido2's client takes.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_OPTIONS = 64 * 1024
"""In characters. A request has a few hundred."""

DEFAULT_TIMEOUT_SECONDS = 180.0
_TIMEOUT_RANGE = 10.0, 600.0
_RELYING_PARTY = re.compile(r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*", re.ASCII)
_MAX_NAME = 253
_MAX_CREDENTIALS = 64


def parse_options(options: str) -> Mapping[str, Any]:
    """Return the members of CREDENTIAL_REQUEST_OPTIONS; none if it is no JSON object."""
    try:
        request = json.loads(options)
    except (ValueError, RecursionError):
        return {}
    return request if isinstance(request, dict) else {}


def relying_party_of(options: str) -> str | None:
    """Return the site that CREDENTIAL_REQUEST_OPTIONS is for; None if it is no request, or too large."""
    request = parse_options(options) if len(options) <= MAX_OPTIONS else {}
    if not isinstance(request.get("challenge"), str):
        return None
    relying_party, credentials = request.get("rpId"), request.get("allowCredentials") or []
    if not isinstance(relying_party, str) or not isinstance(credentials, list):
        return None
    is_name = len(relying_party) <= _MAX_NAME and _RELYING_PARTY.fullmatch(relying_party)
    return relying_party if is_name and len(credentials) <= _MAX_CREDENTIALS else None


def timeout_seconds(options: Mapping[str, Any] | str) -> float:
    """Return how long the user has: what the pool says, within reason."""
    value = (parse_options(options) if isinstance(options, str) else options).get("timeout")
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # NaN
        return DEFAULT_TIMEOUT_SECONDS
    low, high = _TIMEOUT_RANGE
    return min(max(value, low * 1000), high * 1000) / 1000  # in this order: an int may be no float
