"""Is this app client who it says it is: SECRET_HASH and ClientSecret."""

from __future__ import annotations

import base64
import hmac

from tui_auth.emulator.errors import not_authorized
from tui_auth.emulator.model import AppClient


def secret_hash(client_id: str, client_secret: str, username: str) -> str:
    """``Base64(HMAC-SHA256(secret, username + client id))``."""
    return base64.b64encode(
        hmac.digest(client_secret.encode(), (username + client_id).encode(), "sha256")
    ).decode()


def check_secret_hash(client: AppClient, username: str, given: str | None) -> None:
    """Raise NotAuthorizedException unless the hash is that of exactly this user name.

    A client without a secret must not send one; an empty one counts as absent.
    """
    if client.secret is None:
        if given:
            raise not_authorized(f"Unable to verify secret hash for client {client.id}")
        return
    if not given:
        raise not_authorized(f"Client {client.id} is configured with secret but SECRET_HASH was not received")
    if not hmac.compare_digest(given.encode(), secret_hash(client.id, client.secret, username).encode()):
        raise not_authorized(f"Unable to verify secret hash for client {client.id}")


def has_secret(client: AppClient, given: str | None) -> bool:
    """Whether a plain ClientSecret is the client's (or is absent as it should be)."""
    if client.secret is None:
        return not given
    return given is not None and hmac.compare_digest(given.encode(), client.secret.encode())
