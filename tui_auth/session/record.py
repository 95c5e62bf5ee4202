"""A stored session: its tokens, when they expire, and what later commands need besides."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tui_auth.auth.devices import Device
from tui_auth.auth.tokens import LATEST_EXPIRY, unverified_claims
from tui_auth.secret import Secret
from tui_auth.session.clock import server_now, since_boot
from tui_auth.storage.files import StorageError
from tui_auth.storage.flat_json import dumps, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_auth.auth.next_step import Done


VERSION = 1


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
    absolute path, ``profile`` the name of a pool configuration.
    """

    user_pool_id: str
    client_id: str
    region: str
    endpoint: str = ""
    client_secret_file: str = ""
    identity_pool_id: str = ""
    signed_in_as: str = ""
    profile: str = ""

    def to_settings(self) -> dict[str, str]:
        """Return the pool by the names that settings have in ``tui_auth.config``."""
        settings = {
            "user_pool_id": self.user_pool_id,
            "client_id": self.client_id,
            "region": self.region,
            "endpoint_url": self.endpoint,
            "client_secret_file": self.client_secret_file,
            "identity_pool_id": self.identity_pool_id,
        }
        return {name: value for name, value in settings.items() if value}


@dataclass(frozen=True)
class ClockSample:
    """When tokens arrived, by every clock: see ``tui_auth.session.clock``."""

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
        members: dict[str, object] = {"version": VERSION, **self.origin.__dict__}
        members |= {
            "username": self.username,
            "sub": self.sub,
            "access_token": self.access_token.reveal(),
            "id_token": self.id_token.reveal(),
            "refresh_token": self.refresh_token.reveal() if self.refresh_token else None,
            "access_expires_at": self.access_expires_at,
            "id_expires_at": self.id_expires_at,
            "access_lifetime": self.access_lifetime,
            "id_lifetime": self.id_lifetime,
            **self.taken_at.__dict__,
            "signed_in_at": self.signed_in_at,
            "groups": list(self.groups),
            "email": self.email,
            "signature_checked": self.signature_checked,
        }
        if self.device is not None:
            members["device_key"] = self.device.key
            members["device_group_key"] = self.device.group_key
            members["device_password"] = self.device.password.reveal()
        return dumps(members)

    @classmethod
    def from_json(cls, content: bytes, location: str, repair_hint: str) -> SessionRecord:
        """Parse a stored session. Raises StorageError, with the location and the command that repairs it."""
        try:
            members = json.loads(content)
            if isinstance(members, dict) and members.get("version", VERSION) != VERSION:
                raise StorageError(
                    f"{location} was written by another version of tui-auth and is left alone."
                )
            return _record(members)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
            raise StorageError(f"{location} does not hold a session. Remove it: {repair_hint}") from None


def _record(members: Mapping[str, Any]) -> SessionRecord:
    refresh, device_key = members["refresh_token"], members.get("device_key")
    device = None
    if device_key is not None:
        password = Secret(text_of(members["device_password"]))
        device = Device(text_of(device_key), text_of(members["device_group_key"]), password)
    return SessionRecord(
        origin=SessionOrigin(**{name: text_of(members[name]) for name in SessionOrigin.__dataclass_fields__}),
        username=text_of(members["username"]),
        sub=text_of(members["sub"]),
        access_token=Secret(text_of(members["access_token"])),
        id_token=Secret(text_of(members["id_token"])),
        refresh_token=None if refresh is None else Secret(text_of(refresh)),
        access_expires_at=parse_seconds(members["access_expires_at"]),
        id_expires_at=parse_seconds(members["id_expires_at"]),
        access_lifetime=parse_seconds(members["access_lifetime"]),
        id_lifetime=parse_seconds(members["id_lifetime"]),
        taken_at=ClockSample.from_members(members),
        signed_in_at=parse_seconds(members["signed_in_at"]),
        groups=tuple(text_of(group) for group in members["groups"]),
        email=None if members["email"] is None else text_of(members["email"]),
        device=device,
        signature_checked=members["signature_checked"] is True,
    )


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


def parse_seconds(value: object) -> float:
    """Return seconds from a stored file. Raises ValueError or OverflowError for an impossible time."""
    if not isinstance(value, int | float) or not 0 <= float(value) <= LATEST_EXPIRY:
        raise ValueError
    return float(value)
