"""Session tracking: which sign-ins of a user are active, and what is known of the program behind each.

A user pool tracks sessions only if SetUserPoolSessionConfiguration says so. A session is one sign-in with all
its tokens: what tokens call the origin. Beyond the pool's limit a new one ends the one that was idle longest.
"""

from __future__ import annotations

import string
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tui_auth.emulator.model import TrackedSession, random_text

if TYPE_CHECKING:
    from tui_auth.emulator.model import Grant, User, UserPool
    from tui_auth.emulator.state import State

DEFAULT_LIMIT: Final = 20
SETTINGS: Final = "SessionConfiguration"
"""Where a pool's settings have the members of SetUserPoolSessionConfiguration."""

_ID_CHARACTERS: Final = string.ascii_lowercase + string.digits
_SYSTEMS: Final = {
    "linux": "Linux",
    "darwin": "macOS",
    "macos": "macOS",
    "mac os": "macOS",
    "windows": "Windows",
}
_PROGRAMS: Final = {
    "python": "Python",
    "firefox": "Firefox",
    "edg/": "Edge",
    "chrome": "Chrome",
    "safari": "Safari",
}


@dataclass(frozen=True)
class Visitor:
    """Who sends a request: the program's User-Agent, its address, and where that is."""

    user_agent: str = ""
    address: str = "127.0.0.1"
    city: str = ""
    country: str = ""


_NOBODY: Final = Visitor()
VISITOR: ContextVar[Visitor] = ContextVar("visitor", default=_NOBODY)
"""Who sends the request that this thread serves."""


def is_tracking(pool: UserPool) -> bool:
    """Return whether a pool tracks sessions."""
    return bool(configuration(pool)["UserSessionTracking"] == "ENABLED")


def configuration(pool: UserPool) -> dict[str, Any]:
    """Return the members of SetUserPoolSessionConfiguration, with defaults."""
    default = {"UserSessionTracking": "DISABLED", "TokenSession": {"MaxPerUser": DEFAULT_LIMIT}}
    return {**default, **pool.settings.get(SETTINGS, {})}


def record_activity(state: State, grant: Grant) -> None:
    """Record that tokens of a sign-in are issued: its session begins, or goes on."""
    if not is_tracking(grant.client.pool):
        return
    user, visitor, now = grant.user, VISITOR.get(), state.clock.now()
    session = user.sessions.get(grant.origin)
    if session is None:
        _make_room(state, grant.client.pool, user)
        session = TrackedSession("tkn" + random_text(_ID_CHARACTERS, 25), grant.client.id, now)
        user.sessions[grant.origin] = session
    session.last_active = now
    session.device_type = describe_program(visitor.user_agent)
    session.address, session.city, session.country = visitor.address, visitor.city, visitor.country


def active_sessions(state: State, user: User) -> dict[str, TrackedSession]:
    """Return the sessions of a user that aren't revoked or expired, newest first, by their origin."""
    now = state.clock.now()
    alive = {grant.origin for grant in state.grants.values() if grant.user is user and grant.expires_at > now}
    active = [
        (origin, session)
        for origin, session in user.sessions.items()
        if origin in alive and origin not in state.revoked_origins
    ]
    return dict(sorted(active, key=lambda entry: entry[1].created, reverse=True))


def _make_room(state: State, pool: UserPool, user: User) -> None:
    limit = int(configuration(pool)["TokenSession"]["MaxPerUser"])
    idle_first = sorted(active_sessions(state, user).items(), key=lambda entry: entry[1].last_active)
    for origin, _ in idle_first[: max(0, len(idle_first) - limit + 1)]:
        state.revoked_origins.add(origin)


def describe_program(user_agent: str) -> str:
    """Return a DeviceType for a User-Agent: the system and the program, else the text itself."""
    text = user_agent.lower()
    system = next((name for part, name in _SYSTEMS.items() if part in text), "")
    program = next((name for part, name in _PROGRAMS.items() if part in text), "")
    return ", ".join(filter(None, (system, program))) or user_agent[:1024] or "unknown"
