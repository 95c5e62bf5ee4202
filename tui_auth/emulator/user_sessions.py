"""User sessions: list and end them, and whether a pool tracks them at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui_auth.emulator import errors
from tui_auth.emulator.pools import paginate
from tui_auth.emulator.session_tracking import SETTINGS, active_sessions, configuration, is_tracking
from tui_auth.emulator.tokens import token_owner
from tui_auth.emulator.users import require_user

if TYPE_CHECKING:
    from tui_auth.emulator.model import TrackedSession, User, UserPool
    from tui_auth.emulator.state import State


def list_user_sessions(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Serve ListUserSessions and AdminListUserSessions: the active ones of all app clients, newest first."""
    user, current = _subject(state, request)
    sessions = [
        _describe(session) | ({"IsCurrentSession": origin == current} if current else {})
        for origin, session in active_sessions(state, user).items()
    ]
    return paginate("Sessions", sessions, request, "MaxResults", "NextToken")


def revoke_user_session(state: State, request: dict[str, Any]) -> None:
    """Serve RevokeUserSession and AdminRevokeUserSession. Users can't end the session that asks."""
    user, current = _subject(state, request)
    active = active_sessions(state, user)
    ids = {request["SessionId"]}
    if all(session.id not in ids for session in active.values()):
        raise errors.not_found("Session does not exist.")
    if current in active and active[current].id in ids:
        raise errors.invalid_parameter("The current session cannot be revoked.")
    is_linked = request.get("RevokeAssociatedSessions") == "LINKED"
    for origin, session in active.items():
        if session.id in ids or (is_linked and session.origin_session_id in ids and origin != current):
            state.revoked_origins.add(origin)


def get_user_pool_session_configuration(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool = state.pool(request["UserPoolId"])
    return {"UserPoolId": pool.id, **configuration(pool)}


def set_user_pool_session_configuration(state: State, request: dict[str, Any]) -> dict[str, Any]:
    pool = state.pool(request["UserPoolId"])
    settings = {name: request[name] for name in ("UserSessionTracking", "TokenSession")}
    pool.settings = {**pool.settings, SETTINGS: settings}
    pool.modified = state.clock.now()
    return get_user_pool_session_configuration(state, request)


def _subject(state: State, request: dict[str, Any]) -> tuple[User, str]:
    """Return the user and the origin of the session that asks, empty for an administrator."""
    if "AccessToken" in request:
        caller = token_owner(state, request["AccessToken"])
        _check_tracking(caller.pool)
        return caller.user, str(caller.claims["origin_jti"])
    pool = state.pool(request["UserPoolId"])
    _check_tracking(pool)
    return require_user(pool, request["Username"]), ""


def _check_tracking(pool: UserPool) -> None:
    if not is_tracking(pool):
        raise errors.CognitoError(
            "OperationNotEnabledException", "User session tracking is not enabled for this user pool."
        )


def _describe(session: TrackedSession) -> dict[str, Any]:
    location = {"City": session.city, "Country": session.country}
    described = {
        "SessionId": session.id,
        "SessionType": session.type,
        "ClientId": session.client_id,
        "CreateDate": session.created,
        "LastActiveDate": session.last_active,
        "DeviceType": session.device_type,
        "LastIPAddress": session.address,
        "LastLocation": {name: value for name, value in location.items() if value},
        "OriginSessionId": session.origin_session_id,
    }
    return {name: value for name, value in described.items() if value}
