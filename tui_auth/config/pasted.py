"""What a person may paste where a pool is asked for: an id, an ARN, an issuer, a page of the console."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

_POOL = r"(?P<pool>[a-z]{2}[a-z0-9-]*_[0-9A-Za-z]{1,30})"
_CLIENT = r"(?P<client>[0-9a-z]{20,128})"
_POOL_ALONE = re.compile(_POOL)
_POOL_WITHIN = re.compile(rf"(?:user-?pools?|pool|idp|amazonaws\.com(?:\.cn)?)/{_POOL}(?![\w-])")
_CLIENT_WITHIN = re.compile(rf"(?:clients?/|[?&#]client_?id=){_CLIENT}(?!\w)", re.IGNORECASE)
_CLIENT_ALONE = re.compile(r"[\w+]{1,128}", re.ASCII)


@dataclass(frozen=True)
class Pasted:
    """The ids that were found in what was pasted; None where there is none."""

    user_pool_id: str | None = None
    client_id: str | None = None


def ids_in(text: str) -> Pasted:
    """The user pool id and app client id in pasted text.

    Understood are ``eu-west-1_Ab12Cd34E``; an ARN (``arn:aws:cognito-idp:…:userpool/ID``); the issuer or the
    JWKS address of a pool; the address of a pool's or app client's page in the Cognito console, old or new;
    a managed login address with ``client_id=``.
    """
    text = unquote(text.strip()).strip("\"'`,;")
    if _POOL_ALONE.fullmatch(text):
        return Pasted(user_pool_id=text)
    pool, client = _POOL_WITHIN.search(text), _CLIENT_WITHIN.search(text)
    if pool or client:
        return Pasted(pool["pool"] if pool else None, client["client"] if client else None)
    return Pasted(client_id=text) if _CLIENT_ALONE.fullmatch(text) else Pasted()


def id_in(setting: str, text: str) -> str:
    """What a flag for ``user_pool_id`` or ``client_id`` means; any other's value, or no id, as it is."""
    if setting not in ("user_pool_id", "client_id"):
        return text
    found = ids_in(text)
    return (found.user_pool_id if setting == "user_pool_id" else found.client_id) or text
