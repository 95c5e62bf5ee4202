"""Challenge sessions: Cognito's ``Session`` strings.

Each is bound to a client, a user and a challenge. It can be used once, and it expires.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tui_auth.emulator.errors import SignInFailedError, invalid_challenge_session, missing_parameter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui_auth.emulator.model import AppClient, Clock, User

FORGOTTEN_AFTER = 3600.0


@dataclass
class SignIn:
    """One sign-in from its first call to its tokens, and what is known by now."""

    client: AppClient
    user: User
    flow: str
    username: str = ""
    device_key: str | None = None
    has_password: bool = False
    auth_time: float = 0.0
    first_factors: list[str] = field(default_factory=list)
    rounds: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class ChallengeSession:
    """The state behind one ``Session`` string; ``challenge`` must be answered with it."""

    token: str
    sign_in: SignIn
    challenge: str
    expires_at: float
    code: str | None = None
    medium: str | None = None
    destination: str | None = None
    private_parameters: dict[str, str] = field(default_factory=dict)
    metadata: str | None = None
    totp_secret: str | None = None
    totp_verified: bool = False
    sets_up_email: bool = False
    used: bool = False


class ChallengeSessions:
    """All challenge sessions of an emulator."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[str, ChallengeSession] = {}

    def open(self, sign_in: SignIn, challenge: str, **state: Any) -> ChallengeSession:
        """Open a session for a challenge, valid for as long as the app client specifies."""
        self._forget_old()
        token = "AYABe" + secrets.token_urlsafe(600)
        expires_at = self._clock.now() + sign_in.client.challenge_session_seconds
        session = ChallengeSession(token, sign_in, challenge, expires_at, **state)
        self._sessions[token] = session
        return session

    def find(self, token: str | None, client: AppClient | None = None) -> ChallengeSession:
        """Return the valid session of a token. It stays valid until it is spent.

        Raises:
            CognitoError: InvalidParameterException if the token is missing. NotAuthorizedException, with one
                of three texts, if the token is unknown (or another client's), used or expired.
        """
        if token is None:
            raise missing_parameter("Session")
        session = self._sessions.get(token)
        if session is None or (client is not None and session.sign_in.client is not client):
            raise invalid_challenge_session()
        if session.used:
            raise invalid_challenge_session(", session can only be used once.")
        if self._clock.now() >= session.expires_at:
            raise invalid_challenge_session(", session is expired.")
        return session

    def is_for(self, token: str, challenge: str) -> bool:
        """Return whether the token's session waits for an answer to this challenge."""
        session = self._sessions.get(token)
        return session is not None and session.challenge == challenge

    def spend(self, session: ChallengeSession) -> None:
        """Mark a session as used."""
        session.used = True

    @contextmanager
    def spending(self, session: ChallengeSession) -> Iterator[None]:
        """Mark a session as used; after an error in the block it is valid again, or forgotten.

        It is forgotten if the error ends the sign-in.
        """
        session.used = True
        try:
            yield
        except SignInFailedError:
            self._sessions.pop(session.token, None)
            raise
        except BaseException:
            session.used = False
            raise

    def _forget_old(self) -> None:
        now = self._clock.now()
        # The sessions are in the order in which they were opened, so the old ones come first.
        while self._sessions:
            first = next(iter(self._sessions.values()))
            if now - first.expires_at <= FORGOTTEN_AFTER:
                return
            del self._sessions[first.token]
