"""The ``Session`` of a running sign-in: bound to a client, a user and a challenge; used once; it expires."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tui_auth.emulator.clock import Clock
from tui_auth.emulator.errors import PoolError, missing_parameter, not_authorized
from tui_auth.emulator.model import AppClient, User

FORGOTTEN_AFTER = 3600.0


class SignInFailed(PoolError):
    """The sign-in is over: no answer can save it, and its session is unknown from now on."""


@dataclass
class SignIn:
    """One sign-in from its first call to its tokens: what was learnt on the way."""

    client: AppClient
    user: User
    flow: str
    typed: str = ""
    device_key: str | None = None
    has_password: bool = False
    auth_time: float = 0.0
    first_factors: list[str] = field(default_factory=list)
    rounds: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Session:
    """What one ``Session`` string stands for. ``challenge`` is what must be answered with it."""

    token: str
    sign_in: SignIn
    challenge: str
    expires_at: float
    code: str | None = None
    medium: str | None = None
    destination: str | None = None
    private: dict[str, str] = field(default_factory=dict)
    metadata: str | None = None
    totp_secret: str | None = None
    totp_verified: bool = False
    sets_up: bool = False
    used: bool = False


class Sessions:
    """All sessions of a server."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[str, Session] = {}

    def open(self, sign_in: SignIn, challenge: str, **known: Any) -> Session:
        """A new session for a challenge, living as long as the app client says."""
        self._forget_old()
        token = "AYABe" + secrets.token_urlsafe(600)
        expires_at = self._clock.now() + sign_in.client.session_seconds
        session = self._sessions[token] = Session(token, sign_in, challenge, expires_at, **known)
        return session

    def find(self, token: str | None, client: AppClient | None = None) -> Session:
        """The live session for a token. It stays usable until ``spend``.

        Raises PoolError: InvalidParameterException where it is missing, NotAuthorizedException in one of
        Cognito's three wordings where it is unknown (or another client's), used, or expired.
        """
        if token is None:
            raise missing_parameter("Session")
        session = self._sessions.get(token)
        if session is None or (client is not None and session.sign_in.client is not client):
            raise not_authorized("Invalid session for the user.")
        if session.used:
            raise not_authorized("Invalid session for the user, session can only be used once.")
        if self._clock.now() >= session.expires_at:
            raise not_authorized("Invalid session for the user, session is expired.")
        return session

    def awaits(self, token: str, challenge: str) -> bool:
        """Whether this is the token of a session that waits for an answer to this challenge."""
        session = self._sessions.get(token)
        return session is not None and session.challenge == challenge

    def spend(self, session: Session) -> None:
        """Mark a session as used."""
        session.used = True

    @contextmanager
    def spending(self, session: Session) -> Iterator[None]:
        """Mark a session as used; where the answer is refused it is usable again, unless all is over."""
        session.used = True
        try:
            yield
        except SignInFailed:
            self._sessions.pop(session.token, None)
            raise
        except BaseException:
            session.used = False
            raise

    def _forget_old(self) -> None:
        now = self._clock.now()
        # Sessions stand in the order in which they were opened: only the first can be old.
        while self._sessions:
            first = next(iter(self._sessions.values()))
            if now - first.expires_at <= FORGOTTEN_AFTER:
                return
            del self._sessions[first.token]
