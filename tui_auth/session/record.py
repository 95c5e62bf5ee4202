"""A session as it is kept: the tokens, until when they hold, and what later commands need beside them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tui_auth.auth.device import Device
from tui_auth.auth.verify import LATEST_EXPIRY, claims_in
from tui_auth.secret import Secret
from tui_auth.session.clock import server_now, since_boot
from tui_auth.storage import flat_json
from tui_auth.storage.files import StorageError

if TYPE_CHECKING:
    from tui_auth.auth.next_step import Done

VERSION = 1


@dataclass(frozen=True)
class SessionKey:
    """What tells sessions apart. ``endpoint`` is empty for AWS's own; ``username`` is Cognito's name."""

    endpoint: str
    user_pool_id: str
    client_id: str
    username: str

    @property
    def file_name(self) -> str:
        """A name for files that shows nothing of the user: SHA-256 of the four, in hexadecimal."""
        import hashlib

        parts = (self.endpoint, self.user_pool_id, self.client_id, self.username)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True)
class SessionOrigin:
    """How a session came to be: what was given at sign-in and is needed again to use it.

    ``endpoint`` is empty for AWS's own, ``signed_in_as`` the name as it was typed, ``client_secret_file`` an
    absolute path, ``profile`` a name for the pool; empty where there is none.
    """

    user_pool_id: str
    client_id: str
    region: str
    endpoint: str = ""
    client_secret_file: str = ""
    identity_pool_id: str = ""
    signed_in_as: str = ""
    profile: str = ""


@dataclass(frozen=True)
class TakenAt:
    """When tokens came, by every clock at hand: see ``tui_auth.session.clock``."""

    server_time: float
    local_time: float
    boot: str
    uptime: float

    @classmethod
    def now(cls, server_time: float) -> TakenAt:
        """This moment, which is ``server_time`` at Cognito (seconds since the epoch)."""
        return cls(server_time, time.time(), *since_boot())

    def is_since(self, moment: tuple[str, float]) -> bool:
        """Whether they came after a moment that ``since_boot`` gave; False where nobody can tell."""
        boot, uptime = moment
        return bool(boot) and self.boot == boot and self.uptime >= uptime

    def server_now(self) -> float | None:
        """Cognito's time now; None where this machine's clock has gone back."""
        return server_now(self.server_time, self.local_time, self.boot, self.uptime)


@dataclass(frozen=True)
class SessionRecord:
    """One session. Expiries are in seconds since the epoch by Cognito's clock, lifetimes in seconds."""

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
    taken_at: TakenAt
    signed_in_at: float
    groups: tuple[str, ...] = ()
    email: str | None = None
    device: Device | None = None
    signature_checked: bool = False

    @classmethod
    def of(
        cls, done: Done, origin: SessionOrigin, *, server_time: float, signature_checked: bool = False
    ) -> SessionRecord:
        """The session a finished sign-in has begun. ``server_time`` is Cognito's time now."""
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
            taken_at=TakenAt.now(server_time),
            signed_in_at=server_time,
            groups=claims.groups,
            email=claims.email,
            device=done.device,
            signature_checked=signature_checked,
        )

    def refreshed(self, done: Done, *, server_time: float, signature_checked: bool) -> SessionRecord:
        """The same session with the tokens of a refresh; without rotation the refresh token stays."""
        new = self.of(done, self.origin, server_time=server_time, signature_checked=signature_checked)
        return replace(
            new,
            refresh_token=new.refresh_token or self.refresh_token,
            signed_in_at=self.signed_in_at,
            device=self.device,
        )

    @property
    def key(self) -> SessionKey:
        """What tells this session from others."""
        origin = self.origin
        return SessionKey(origin.endpoint, origin.user_pool_id, origin.client_id, self.username)

    @property
    def display_name(self) -> str:
        """The name the person knows: as typed, else Cognito's."""
        return self.origin.signed_in_as or self.username

    def token(self, kind: str) -> Secret:
        """The token of a kind: ``access`` or ``id``."""
        return self.id_token if kind == "id" else self.access_token

    def expires_at(self, kind: str) -> float:
        """When the token of a kind runs out, by Cognito's clock."""
        return self.id_expires_at if kind == "id" else self.access_expires_at

    def seconds_left(self, kind: str) -> float:
        """How long the token of a kind still holds; 0 or less where it does not, or nobody can tell."""
        now = self.taken_at.server_now()
        return 0.0 if now is None else self.expires_at(kind) - now

    def lifetime(self, kind: str) -> float:
        """How long the token of a kind was made to live, in seconds."""
        return self.id_lifetime if kind == "id" else self.access_lifetime

    def to_json(self) -> bytes:
        """As it is stored."""
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
            "server_time": self.taken_at.server_time,
            "local_time": self.taken_at.local_time,
            "boot": self.taken_at.boot,
            "uptime": self.taken_at.uptime,
            "signed_in_at": self.signed_in_at,
            "groups": list(self.groups),
            "email": self.email,
            "signature_checked": self.signature_checked,
        }
        if self.device is not None:
            members["device_key"] = self.device.key
            members["device_group_key"] = self.device.group_key
            members["device_password"] = self.device.password.reveal()
        return flat_json.dumps(members)

    @classmethod
    def from_json(cls, content: bytes, where: str, mend: str) -> SessionRecord:
        """A stored session. Raises StorageError for what is none: ``where`` it lies, the ``mend`` for it."""
        try:
            members = json.loads(content)
            if isinstance(members, dict) and members.get("version", VERSION) != VERSION:
                raise StorageError(f"{where} was written by another version of tui-auth and is left alone.")
            return _record(members)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
            raise StorageError(f"{where} does not hold a session. Remove it: {mend}") from None


def _record(members: Mapping[str, Any]) -> SessionRecord:
    refresh, device_key = members["refresh_token"], members.get("device_key")
    device = None
    if device_key is not None:
        password = Secret(_text(members["device_password"]))
        device = Device(_text(device_key), _text(members["device_group_key"]), password)
    return SessionRecord(
        origin=SessionOrigin(**{name: _text(members[name]) for name in SessionOrigin.__dataclass_fields__}),
        username=_text(members["username"]),
        sub=_text(members["sub"]),
        access_token=Secret(_text(members["access_token"])),
        id_token=Secret(_text(members["id_token"])),
        refresh_token=None if refresh is None else Secret(_text(refresh)),
        access_expires_at=moment(members["access_expires_at"]),
        id_expires_at=moment(members["id_expires_at"]),
        access_lifetime=moment(members["access_lifetime"]),
        id_lifetime=moment(members["id_lifetime"]),
        taken_at=TakenAt(
            moment(members["server_time"]),
            moment(members["local_time"]),
            _text(members["boot"]),
            moment(members["uptime"]),
        ),
        signed_in_at=moment(members["signed_in_at"]),
        groups=tuple(_text(group) for group in members["groups"]),
        email=None if members["email"] is None else _text(members["email"]),
        device=device,
        signature_checked=members["signature_checked"] is True,
    )


def _expiry(token: Secret) -> float:
    """``exp`` in seconds since the epoch by Cognito's clock; 0 where it is missing."""
    return _number((claims_in(token) or {}).get("exp"))


def _lifetime(token: Secret) -> float:
    """How many seconds a token was made to live: ``exp`` less ``iat``; 0 where one is missing."""
    expiry, issued = _expiry(token), _number((claims_in(token) or {}).get("iat"))
    return expiry - issued if expiry > issued > 0 else 0.0


def _number(value: object) -> float:
    try:
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
    except OverflowError:
        return 0.0  # no time


def moment(value: object) -> float:
    """Seconds in a file of ours. Raises ValueError or OverflowError where no clock says so."""
    if not isinstance(value, int | float) or not 0 <= float(value) <= LATEST_EXPIRY:
        raise ValueError
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
