"""Which user pool and app client a pasted text means: an ID, an ARN, or an address that contains it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from tui_auth.auth.app_client import CLIENT_ID, USER_POOL_ID

_POOL_IN_TEXT = re.compile(
    rf"(?:user-?pools?|pool|idp|cognito-idp(?:-fips)?\.[a-z0-9-]+\.[a-z0-9.-]+)/(?P<pool>{USER_POOL_ID})(?![\w-])"
)
_CLIENT_IN_TEXT = re.compile(
    r"(?:clients?/|[?&#]client_?id=)(?P<client>[0-9a-z]{20,128})(?!\w)", re.IGNORECASE
)


@dataclass(frozen=True)
class PastedIds:
    """The IDs in a pasted text; None for one that isn't there."""

    user_pool_id: str | None = None
    client_id: str | None = None


def parse_pasted_ids(text: str) -> PastedIds:
    """Return the user pool ID and app client ID in a pasted text.

    It may be ``eu-west-1_Ab12Cd34E``; an ARN (``arn:aws:cognito-idp:…:userpool/ID``); the issuer or the JWKS
    address of a pool; the address of a pool's or app client's page in the Cognito console, old or new; or a
    managed login address with ``client_id=``.
    """
    text = unquote(text.strip()).strip("\"'`,;")
    if re.fullmatch(USER_POOL_ID, text, re.ASCII):
        return PastedIds(user_pool_id=text)
    pool, client = _POOL_IN_TEXT.search(text), _CLIENT_IN_TEXT.search(text)
    if pool or client:
        return PastedIds(pool["pool"] if pool else None, client["client"] if client else None)
    return PastedIds(client_id=text) if re.fullmatch(CLIENT_ID, text, re.ASCII) else PastedIds()


def parse_id(setting: str, text: str) -> str:
    """Return the ID in the text of a ``user_pool_id`` or ``client_id`` flag; other text as it is."""
    if setting not in ("user_pool_id", "client_id"):
        return text
    ids = parse_pasted_ids(text)
    return (ids.user_pool_id if setting == "user_pool_id" else ids.client_id) or text
