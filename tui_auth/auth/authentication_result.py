"""From ``AuthenticationResult`` to Done: the tokens, kept only if their claims are right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui_auth.auth.app_client import AppClient
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.next_step import Done, Tokens
from tui_auth.auth.verify import ClaimsError, check_claims
from tui_auth.secret import Secret


def done(result: Mapping[str, Any], client: AppClient, now: float) -> Done:
    """The last step of a sign-in. ``now`` is the server's time in seconds since the epoch.

    Raises AuthError (service) where tokens are missing or their claims are those of another sign-in.
    """
    texts = {
        key: value
        for key in ("AccessToken", "IdToken", "RefreshToken", "TokenType")
        if isinstance(value := result.get(key), str) and value
    }
    if "AccessToken" not in texts or "IdToken" not in texts:
        raise AuthError(ErrorKind.SERVICE, "Cognito said done, but sent no tokens.")
    access, identity = Secret(texts["AccessToken"]), Secret(texts["IdToken"])
    try:
        claims = check_claims(
            identity, access, user_pool_id=client.user_pool_id, client_id=client.client_id, now=now
        )
    except ClaimsError as error:
        raise AuthError(
            ErrorKind.SERVICE,
            f"The tokens that came are not for this sign-in ({error}), so they were thrown away.",
            "Compare pool id, client id and endpoint.",
        ) from None
    refresh, expires_in = texts.get("RefreshToken"), result.get("ExpiresIn")
    tokens = Tokens(
        access,
        identity,
        Secret(refresh) if refresh else None,
        expires_in if isinstance(expires_in, int) else 0,
        texts.get("TokenType", "Bearer"),
    )
    return Done(tokens, claims)
