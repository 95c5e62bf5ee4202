"""A gateway that answers from a script: for what no pool can be made to do on time."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from tui_auth.auth.errors import AuthError

Reply = Mapping[str, Any] | Exception


class ScriptedGateway:
    """Gives each call the next reply of the script, and keeps what was asked.

    ``hold()`` makes calls wait until ``release()``, on the thread they came on.
    """

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.threads: list[threading.Thread] = []
        """The thread that each of the calls came on."""
        self.clock_offset: float | None = 0.0
        self._released = threading.Event()
        self._released.set()

    def hold(self) -> None:
        """Let the next calls wait."""
        self._released.clear()

    def release(self) -> None:
        """Let them go on."""
        self._released.set()

    @property
    def operations(self) -> list[str]:
        """The operations asked for, in order."""
        return [operation for operation, _ in self.calls]

    def connect(self) -> None:
        """Nothing to prepare."""

    def now(self) -> float:
        """The time."""
        return time.time()

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """The next reply of the script; an exception in it is raised."""
        self.threads.append(threading.current_thread())
        self.calls.append((operation, parameters))
        assert self._released.wait(100), "nobody released the gateway"
        reply = self.replies.pop(0)
        if isinstance(reply, AuthError | Exception):
            raise reply
        return reply


def challenge(name: str, session: str = "s", **parameters: str) -> dict[str, Any]:
    """A reply that asks for a challenge."""
    return {"ChallengeName": name, "Session": session, "ChallengeParameters": parameters}


def tokens(pool: str, client: str, **claims: object) -> dict[str, Any]:
    """A reply with tokens whose claims are right for ann; ``claims`` are further ones of the access token."""
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
