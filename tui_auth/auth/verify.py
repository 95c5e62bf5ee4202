"""Is this token what it says? The claims a sign-in checks before it calls itself done.

Source: "Verifying JSON web tokens" in the Cognito developer guide: ``iss``, ``aud`` (id token) or
``client_id`` (access token), ``token_use``, ``exp``; and that both tokens name the same ``sub``.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tui_auth.secret import Secret

LEEWAY_SECONDS = 60
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
"""A signed token (RFC 7515, compact): whatever else stands in it would go where the token is printed."""

LATEST_EXPIRY = 100_000_000_000
"""In seconds since the epoch, the year 5138: a later one is none, and NaN neither before nor after it."""


class ClaimsError(ValueError):
    """A token does not say what a token for this sign-in must say. The text names the claim only."""


@dataclass(frozen=True)
class Claims:
    """Who is signed in, from checked claims. ``expires_at`` is in seconds since the epoch."""

    username: str
    sub: str
    issuer: str
    expires_at: float
    groups: tuple[str, ...] = ()
    email: str | None = None

    def name_for(self, typed: str) -> str:
        """The name that the person knows, unsafe to print as it is; ``typed`` is what was signed in with.

        Where e-mail or phone is the name, Cognito's own is the ``sub``, a UUID that nobody has seen.
        """
        return self.username if self.username != self.sub else typed or self.email or self.username


def check_claims(
    id_token: Secret, access_token: Secret, *, user_pool_id: str, client_id: str, now: float
) -> Claims:
    """The claims of both tokens, checked against the user pool, the app client and the time.

    ``now`` is seconds since the epoch. Raises ClaimsError naming the first claim that is wrong. The
    signature is not looked at here.
    """
    for token, use in ((access_token, "access"), (id_token, "id")):
        if not _SHAPE.fullmatch(token.reveal()):
            raise ClaimsError(f"form of the {use} token")
    access, identity = _payload(access_token, "access"), _payload(id_token, "id")
    for payload, use in ((access, "access"), (identity, "id")):
        if payload.get("token_use") != use:
            raise ClaimsError(f"token_use of the {use} token")
        if payload.get("iss") not in _issuers(user_pool_id):
            raise ClaimsError(f"iss of the {use} token")
        expiry = payload.get("exp")
        if isinstance(expiry, bool) or not isinstance(expiry, int | float):
            raise ClaimsError(f"exp of the {use} token")
        if not now - LEEWAY_SECONDS < expiry < LATEST_EXPIRY:
            raise ClaimsError(f"exp of the {use} token")
    if access.get("client_id") != client_id:
        raise ClaimsError("client_id of the access token")
    if identity.get("aud") != client_id:
        raise ClaimsError("aud of the id token")
    sub = access.get("sub")
    if not isinstance(sub, str) or not sub or identity.get("sub") != sub:
        raise ClaimsError("sub of the two tokens")
    return Claims(
        username=_text(access.get("username")) or _text(identity.get("cognito:username")) or sub,
        sub=sub,
        issuer=str(access["iss"]),
        expires_at=float(min(access["exp"], identity["exp"])),
        groups=_texts(access.get("cognito:groups")),
        email=_text(identity.get("email")),
    )


def _issuers(user_pool_id: str) -> tuple[str, str]:
    """The issuer as it always was, and as a pool with ``IssuerConfiguration`` UPDATED writes it."""
    region = user_pool_id.partition("_")[0]
    return (
        f"https://cognito-idp.{region}.amazonaws.com/{user_pool_id}",
        f"https://issuer-cognito-idp.{region}.amazonaws.com/{user_pool_id}",
    )


def claims_in(token: Secret) -> Mapping[str, Any] | None:
    """The payload of a JWT (RFC 7519), unchecked; None where it has none."""
    parts = token.reveal().split(".")
    if len(parts) != 3:
        return None
    body = parts[1]
    try:
        payload = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None


def _payload(token: Secret, name: str) -> Mapping[str, Any]:
    payload = claims_in(token)
    if payload is None:
        raise ClaimsError(f"form of the {name} token")
    return payload


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
