"""A gateway that replies from a script, for cases that no pool can produce on demand."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from tui_auth.errors import AuthError

Reply = Mapping[str, Any] | Exception


class ScriptedGateway:
    """Reply to each call with the next scripted reply, and record the calls.

    ``hold()`` makes calls wait until ``release()``, on the thread they came on.
    """

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.threads: list[threading.Thread] = []
        """The thread of each call."""
        self.clock_offset: float | None = 0.0
        self._released = threading.Event()
        self._released.set()

    def hold(self) -> None:
        """Make the next calls wait."""
        self._released.clear()

    def release(self) -> None:
        """Let the waiting calls continue."""
        self._released.set()

    @property
    def operations(self) -> list[str]:
        """Return the operations called so far, in order."""
        return [operation for operation, _ in self.calls]

    def connect(self) -> None:
        """Do nothing: there is no connection."""

    def now(self) -> float:
        """Return this machine's time in seconds since the epoch."""
        return time.time()

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the next scripted reply, or raise it if it is an exception."""
        self.threads.append(threading.current_thread())
        self.calls.append((operation, parameters))
        assert self._released.wait(100), "the gateway was not released"
        reply = self.replies.pop(0)
        if isinstance(reply, AuthError | Exception):
            raise reply
        return reply


def challenge(name: str, session: str = "s", **parameters: str) -> dict[str, Any]:
    """Return a reply with a challenge."""
    return {"ChallengeName": name, "Session": session, "ChallengeParameters": parameters}


def tokens(pool: str, client: str, **claims: object) -> dict[str, Any]:
    """Return a reply with valid tokens for ann.

    Args:
        pool: The user pool ID.
        client: The app client ID.
        claims: Additional claims of the access token.
    """
    import jwt

    issuer = f"https://cognito-idp.{pool.partition('_')[0]}.amazonaws.com/{pool}"
    common = {"sub": "sub-1", "iss": issuer, "exp": time.time() + 3600}
    access = {**common, "token_use": "access", "client_id": client, "username": "ann", **claims}
    identity = {**common, "token_use": "id", "aud": client, "cognito:username": "ann"}
    key = "k" * 32
    return {
        "AuthenticationResult": {
            "AccessToken": jwt.encode(access, key),
            "IdToken": jwt.encode(identity, key),
            "RefreshToken": "refresh",
            "ExpiresIn": 3600,
            "TokenType": "Bearer",
        }
    }
