"""AssociateSoftwareToken and VerifySoftwareToken, with an access token or inside a sign-in."""

from __future__ import annotations

from typing import Any

from tui_auth.emulator import totp
from tui_auth.emulator.errors import PoolError, invalid_parameter, not_authorized
from tui_auth.emulator.mfa import enable
from tui_auth.emulator.model import SOFTWARE_TOKEN_MFA, SoftwareToken, User, UserPool
from tui_auth.emulator.sessions import Session
from tui_auth.emulator.standing import check_standing
from tui_auth.emulator.state import State
from tui_auth.emulator.tokens import bearer


def associate_software_token(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """AssociateSoftwareToken: a fresh secret; one not yet verified is forgotten."""
    pool, user, session = _whose(state, request)
    if SOFTWARE_TOKEN_MFA not in pool.factors:
        raise PoolError(
            "SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool"
        )
    secret = totp.new_secret()
    if session is None:
        user.pending_secret = secret
        return {"SecretCode": secret}
    state.sessions.spend(session)
    following = state.sessions.open(session.sign_in, "MFA_SETUP", totp_secret=secret)
    return {"SecretCode": secret, "Session": following.token}


def verify_software_token(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """VerifySoftwareToken: the first code shows that the app has the secret.

    A wrong code is EnableSoftwareTokenMFAException and leaves secret and session as they were.
    """
    _, user, session = _whose(state, request)
    secret = user.pending_secret if session is None else session.totp_secret
    if secret is None:
        if session is not None:
            raise not_authorized("Invalid session for the user.")
        raise PoolError(
            "SoftwareTokenMFANotFoundException", "Software Token MFA does not exist for the user."
        )
    if not totp.accepts(state, user, secret, request["UserCode"]):
        raise PoolError("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA")
    user.software_token = SoftwareToken(secret, request.get("FriendlyDeviceName") or None)
    if session is None:
        user.pending_secret = None
        return {"Status": "SUCCESS"}
    enable(user, SOFTWARE_TOKEN_MFA)
    state.sessions.spend(session)
    following = state.sessions.open(session.sign_in, "MFA_SETUP", totp_verified=True)
    return {"Status": "SUCCESS", "Session": following.token}


def _whose(state: State, request: dict[str, Any]) -> tuple[UserPool, User, Session | None]:
    if ("AccessToken" in request) == ("Session" in request):
        raise invalid_parameter("Only one of AccessToken or Session must be provided.")
    if "AccessToken" in request:
        holder = bearer(state, request["AccessToken"])
        return holder.pool, holder.user, None
    session = state.sessions.find(request["Session"])
    if session.challenge != "MFA_SETUP":
        raise not_authorized("Invalid session for the user.")
    pool, user = session.sign_in.client.pool, session.sign_in.user
    if not pool.holds(user):
        raise not_authorized("Invalid session for the user.")
    check_standing(user)
    return pool, user, session
