"""A stored session: its tokens, when they expire, and what later commands need besides."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tui_auth.auth.devices import Device
from tui_auth.auth.tokens import LATEST_EXPIRY, provider_of, scopes_of, unverified_claims
from tui_auth.secret import Secret
from tui_auth.session.state import dumps, server_now, since_boot
from tui_auth.storage.files import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tui_auth.auth.managed_login import ManagedLogin
    from tui_auth.auth.next_step import Done


VERSION = 1
_TIMES = ("access_expires_at", "id_expires_at", "access_lifetime", "id_lifetime", "signed_in_at")
_ALIASES = ("email", "phone_number", "preferred_username")
"""The attributes that can be an alias (AliasAttributes) or the user name (UsernameAttributes) of a pool."""

_NO_SETTINGS = ("endpoint", "signed_in_as", "profile")
_BROWSER_FIELDS = ("domain", "redirect_uri", "logout_uri")


@dataclass(frozen=True)
class SessionKey:
    """What identifies a session. ``endpoint`` is empty for AWS's own; ``username`` is Cognito's name."""

    endpoint: str
    user_pool_id: str
    client_id: str
    username: str

    @property
    def file_name(self) -> str:
        """The name for its files, which says nothing about the user: SHA-256 of the four, in hexadecimal."""
        import hashlib

        parts = (self.endpoint, self.user_pool_id, self.client_id, self.username)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True)
class PoolKey:
    """Which pool and app client a command uses. ``endpoint`` is empty for AWS's own."""

    endpoint: str
    user_pool_id: str
    client_id: str


@dataclass(frozen=True)
class SessionOrigin:
    """The settings of a sign-in that are needed again to use its session; empty if there are none.

    ``endpoint`` is empty for AWS's own, ``signed_in_as`` the name as typed, ``client_secret_file`` an
    absolute path, ``profile`` the name of a pool configuration. The last three are empty unless the sign-in
    was in a browser.
    """

    user_pool_id: str
    client_id: str
    region: str
    endpoint: str = ""
    client_secret_file: str = ""
    identity_pool_id: str = ""
    signed_in_as: str = ""
    profile: str = ""
    domain: str = ""
    redirect_uri: str = ""
    logout_uri: str = ""

    def to_settings(self) -> dict[str, str]:
        """Return the pool by the names that settings have in ``tui_auth.config``."""
        settings = {name: value for name, value in vars(self).items() if name not in _NO_SETTINGS}
        settings["endpoint_url"] = self.endpoint
        settings["auth_flow"] = "BROWSER" if self.domain else ""
        return {name: value for name, value in settings.items() if value}


@dataclass(frozen=True)
class ClockSample:
    """When tokens arrived, by every clock: see ``tui_auth.session.state``."""

    server_time: float
    local_time: float
    boot: str
    uptime: float

    @classmethod
    def now(cls, server_time: float) -> ClockSample:
        """Sample now, which is ``server_time`` at Cognito (seconds since the epoch)."""
        return cls(server_time, time.time(), *since_boot())

    @classmethod
    def from_members(cls, members: Mapping[str, Any]) -> ClockSample:
        """Read the sample from a stored file. Raises KeyError, TypeError, ValueError or OverflowError."""
        seconds = (parse_seconds(members[name]) for name in ("server_time", "local_time", "uptime"))
        server_time, local_time, uptime = seconds
        return cls(server_time, local_time, text_of(members["boot"]), uptime)

    def is_after(self, moment: tuple[str, float]) -> bool:
        """Check that this is later than a result of ``since_boot``; False if unknown."""
        boot, uptime = moment
        return bool(boot) and self.boot == boot and self.uptime >= uptime

    def server_now(self) -> float | None:
        """Return Cognito's current time, or None if this machine's clock has gone back."""
        return server_now(self.server_time, self.local_time, self.boot, self.uptime)


@dataclass(frozen=True)
class SessionRecord:
    """A session. Expiries are seconds since the epoch by Cognito's clock; lifetimes are seconds."""

    origin: SessionOrigin
    username: str
    sub: str
    access_token: Secret
    id_token: Secret
    refresh_token: Secret | None
    access_expires_at: float
    id_expires_at: float
    access_lifetime: float
    id_lifetime: float
    taken_at: ClockSample
    signed_in_at: float
    groups: tuple[str, ...] = ()
    email: str | None = None
    device: Device | None = None
    signature_checked: bool = False

    @classmethod
    def from_sign_in(
        cls, done: Done, origin: SessionOrigin, *, server_time: float, signature_checked: bool = False
    ) -> SessionRecord:
        """Return the session of a finished sign-in. ``server_time`` is Cognito's current time."""
        tokens, claims = done.tokens, done.claims
        return cls(
            origin=origin,
            username=claims.username,
            sub=claims.sub,
            access_token=tokens.access_token,
            id_token=tokens.id_token,
            refresh_token=tokens.refresh_token,
            access_expires_at=_expiry(tokens.access_token),
            id_expires_at=_expiry(tokens.id_token),
            access_lifetime=_lifetime(tokens.access_token),
            id_lifetime=_lifetime(tokens.id_token),
            taken_at=ClockSample.now(server_time),
            signed_in_at=server_time,
            groups=claims.groups,
            email=claims.email,
            device=done.device,
            signature_checked=signature_checked,
        )

    def refreshed(self, done: Done, *, server_time: float, signature_checked: bool) -> SessionRecord:
        """Return this session with new tokens. Without rotation it keeps its refresh token."""
        new = self.from_sign_in(
            done, self.origin, server_time=server_time, signature_checked=signature_checked
        )
        return replace(
            new,
            refresh_token=new.refresh_token or self.refresh_token,
            signed_in_at=self.signed_in_at,
            device=self.device,
        )

    @property
    def key(self) -> SessionKey:
        origin = self.origin
        return SessionKey(origin.endpoint, origin.user_pool_id, origin.client_id, self.username)

    @property
    def display_name(self) -> str:
        """The name the user knows: as typed, else Cognito's."""
        return self.origin.signed_in_as or self.username

    @property
    def sign_in_settings(self) -> dict[str, str]:
        """The settings for signing in to the same pool as the same user again."""
        return self.origin.to_settings() | {"username": self.display_name}

    @property
    def selectors(self) -> dict[str, str]:
        """What selects this session and no other, as ``open_session`` takes it."""
        key = self.key
        endpoint = {"endpoint_url": key.endpoint} if key.endpoint else {}
        return {
            "user_pool_id": key.user_pool_id,
            "client_id": key.client_id,
            **endpoint,
            "username": key.username,
        }

    @property
    def names(self) -> tuple[str, ...]:
        """All names of the user for a sign-in: Cognito's, as typed, and the aliases in the ID token."""
        claims = unverified_claims(self.id_token) or {}
        names = [self.username, self.origin.signed_in_as, *map(claims.get, _ALIASES)]
        return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name))

    @property
    def provider(self) -> str | None:
        """The identity provider of a federated user, or None."""
        return provider_of(self.id_token)

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes of the access token."""
        return scopes_of(self.access_token)

    def token(self, kind: str) -> Secret:
        return self.id_token if kind == "id" else self.access_token

    def expires_at(self, kind: str) -> float:
        """Return when the token of a kind expires, by Cognito's clock."""
        return self.id_expires_at if kind == "id" else self.access_expires_at

    def seconds_left(self, kind: str) -> float:
        """Return how many seconds the token of a kind is still valid; 0 or less if it isn't or if unknown."""
        now = self.taken_at.server_now()
        return 0.0 if now is None else self.expires_at(kind) - now

    def lifetime(self, kind: str) -> float:
        """Return the whole lifetime of the token of a kind, in seconds."""
        return self.id_lifetime if kind == "id" else self.access_lifetime

    def to_json(self) -> bytes:
        members = stored_members(self)
        if self.device is not None:
            members |= {f"device_{name}": value for name, value in stored_members(self.device).items()}
        return dumps({"version": VERSION} | members)

    @classmethod
    def from_json(cls, content: bytes, location: str, repair_hint: str) -> SessionRecord:
        """Parse a stored session. Raises StorageError, with the location and the command that repairs it."""
        try:
            members = json.loads(content)
            if isinstance(members, dict) and members.get("version", VERSION) != VERSION:
                raise StorageError(
                    f"{location} was written by another version of tui-auth, so it isn't changed."
                )
            return _record(members)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
            raise StorageError(f"{location} contains no session. Remove it: {repair_hint}") from None


def _record(members: Mapping[str, Any]) -> SessionRecord:
    refresh, email = members["refresh_token"], members["email"]
    seconds: dict[str, Any] = {name: parse_seconds(members[name]) for name in _TIMES}
    return SessionRecord(
        origin=_origin(members),
        username=text_of(members["username"]),
        sub=text_of(members["sub"]),
        access_token=Secret(text_of(members["access_token"])),
        id_token=Secret(text_of(members["id_token"])),
        refresh_token=None if refresh is None else Secret(text_of(refresh)),
        taken_at=ClockSample.from_members(members),
        groups=tuple(text_of(group) for group in members["groups"]),
        email=None if email is None else text_of(email),
        device=parse_device(members, "device_") if members.get("device_key") is not None else None,
        signature_checked=members["signature_checked"] is True,
        **seconds,
    )


def browser_origin(login: ManagedLogin | None, done: Done) -> dict[str, str]:
    """Return where a browser that signed in may have a session of its own; empty without one.

    Args:
        login: The domain that the sign-in could have used, or None.
        done: The result of the sign-in. Only managed login returns the nonce that it was sent.
    """
    if login is None or "nonce" not in (unverified_claims(done.tokens.id_token) or {}):
        return {}
    return {name: getattr(login, name) for name in _BROWSER_FIELDS}


def _origin(members: Mapping[str, Any]) -> SessionOrigin:
    """Return the origin in a stored file; one of an earlier version has no fields of a browser."""
    browser = {name: text_of(members.get(name, "")) for name in _BROWSER_FIELDS}
    others = (name for name in SessionOrigin.__dataclass_fields__ if name not in browser)
    return SessionOrigin(**{name: text_of(members[name]) for name in others}, **browser)


def parse_device(members: Mapping[str, Any], prefix: str = "") -> Device:
    """Return a device from the members of a stored file. Raises KeyError or TypeError."""
    key, group_key, password = (text_of(members[prefix + name]) for name in ("key", "group_key", "password"))
    return Device(key, group_key, Secret(password))


def stored_members(value: object) -> dict[str, object]:
    """Return a dataclass's fields as they are stored: secrets in clear, origin and clock inlined.

    The device is left out.
    """
    members: dict[str, object] = {}
    for name, field in vars(value).items():
        if isinstance(field, SessionOrigin | ClockSample):
            members |= vars(field)
        elif name != "device":
            members[name] = field.reveal() if isinstance(field, Secret) else field
    return members


@dataclass(frozen=True)
class SessionInfo:
    """Who is signed in, and where the session is stored. It has no token.

    Attributes:
        username: Cognito's user name; a UUID in a pool whose users sign in with an email address.
        sub: The user's ID.
        email: The email address in the ID token, or None.
        groups: The user's groups.
        user_pool_id: The user pool.
        client_id: The app client.
        expires_at: When the stored access token expires, in seconds since the epoch by Cognito's clock. A
            session can outlive it: ``Session.token`` refreshes.
        storage: "file", "session", "keyring", or "none" for a session in memory.
        profile: The profile it was signed in with, or None.
    """

    username: str
    sub: str
    email: str | None
    groups: tuple[str, ...]
    user_pool_id: str
    client_id: str
    expires_at: float
    storage: str
    profile: str | None

    @classmethod
    def from_record(cls, record: SessionRecord, storage: str) -> SessionInfo:
        origin = record.origin
        return cls(
            record.username,
            record.sub,
            record.email,
            record.groups,
            origin.user_pool_id,
            origin.client_id,
            record.access_expires_at,
            storage,
            origin.profile or None,
        )


def is_named(username: str, names: Iterable[str]) -> bool:
    """Check whether a typed name is one of a user's names; pools usually ignore its case."""
    return username.casefold() in (name.casefold() for name in names)


def _expiry(token: Secret) -> float:
    """Return ``exp`` in seconds since the epoch by Cognito's clock; 0 if it is missing."""
    return _number((unverified_claims(token) or {}).get("exp"))


def _lifetime(token: Secret) -> float:
    """Return ``exp`` less ``iat`` in seconds; 0 if one is missing."""
    expiry, issued = _expiry(token), _number((unverified_claims(token) or {}).get("iat"))
    return expiry - issued if expiry > issued > 0 else 0.0


def _number(value: object) -> float:
    try:
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
    except OverflowError:
        return 0.0


def text_of(value: object) -> str:
    """Return a JSON field that must be a text. Raises TypeError if it isn't."""
    if not isinstance(value, str):
        raise TypeError
    return value


def parse_seconds(value: object) -> float:
    """Return seconds from a stored file. Raises ValueError or OverflowError for an impossible time."""
    if not isinstance(value, int | float) or not 0 <= float(value) <= LATEST_EXPIRY:
        raise ValueError
    return float(value)
