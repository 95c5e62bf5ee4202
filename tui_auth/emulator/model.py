"""What the pool keeps: user pools, app clients, users and what belongs to them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tui_auth.auth import srp

UNCONFIRMED = "UNCONFIRMED"
CONFIRMED = "CONFIRMED"
FORCE_CHANGE_PASSWORD = "FORCE_CHANGE_PASSWORD"  # noqa: S105 - a user status
RESET_REQUIRED = "RESET_REQUIRED"

SMS_MFA = "SMS_MFA"
SOFTWARE_TOKEN_MFA = "SOFTWARE_TOKEN_MFA"  # noqa: S105 - a factor's name
EMAIL_OTP = "EMAIL_OTP"

Attributes = dict[str, str]


@dataclass(frozen=True)
class Password:
    """A password as SRP needs it: a 16-byte salt and ``inner_hash()``, never the words themselves."""

    salt: int
    inner: bytes

    @classmethod
    def of(cls, pool_name: str, username: str, words: str) -> Password:
        """Salt and hash a password for the pool's short name and the user's real name."""
        # The top nibble is never zero: pycognito misreads a salt that is written with fewer digits.
        salt = secrets.randbits(127) | 1 << 126
        return cls(salt, srp.inner_hash(pool_name, username, words))

    @cached_property
    def verifier(self) -> int:
        """SRP's ``v``."""
        return srp.verifier(self.salt, self.inner)


@dataclass
class Device:
    """A device a user signed in from; ``verifier`` is None until ConfirmDevice."""

    key: str
    group_key: str
    created: float
    name: str = ""
    salt: int = 0
    verifier: int | None = None
    remembered: bool = False
    modified: float = 0.0
    authenticated: float = 0.0


@dataclass
class SoftwareToken:
    """A TOTP secret (base32, unpadded) that was verified."""

    secret: str
    friendly_name: str | None = None


@dataclass
class User:
    """A user; ``exists`` is False for one made up to hide that a name is unknown."""

    username: str
    sub: str
    created: float
    attributes: Attributes = field(default_factory=dict)
    status: str = UNCONFIRMED
    enabled: bool = True
    modified: float = 0.0
    password: Password | None = None
    former_passwords: list[bytes] = field(default_factory=list)
    temporary_until: float | None = None
    mfa_enabled: list[str] = field(default_factory=list)
    mfa_preferred: str | None = None
    software_token: SoftwareToken | None = None
    pending_secret: str | None = None
    spent_totp: set[tuple[str, int]] = field(default_factory=set)
    pending_attributes: Attributes = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    exists: bool = True


@dataclass
class AppClient:
    """An app client; ``settings`` are the members of CreateUserPoolClient as given, plus defaults."""

    id: str
    pool: UserPool
    name: str
    secret: str | None
    settings: dict[str, Any]
    created: float
    modified: float

    @property
    def hides_users(self) -> bool:
        """PreventUserExistenceErrors is ENABLED."""
        return bool(self.settings["PreventUserExistenceErrors"] == "ENABLED")

    @property
    def rotates(self) -> bool:
        """A refresh gives a new refresh token."""
        return bool(self.settings.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED")

    @property
    def session_seconds(self) -> int:
        """How long a sign-in's session lives."""
        return int(self.settings["AuthSessionValidity"]) * 60

    def allows(self, *flows: str) -> bool:
        """Whether one of these ExplicitAuthFlows is allowed."""
        return any(flow in self.settings["ExplicitAuthFlows"] for flow in flows)


@dataclass
class Group:
    """A group of users."""

    name: str
    created: float
    description: str | None = None
    role: str | None = None
    precedence: int | None = None


@dataclass
class UserPool:
    """A user pool; ``settings`` are the members of CreateUserPool as given, plus defaults."""

    id: str
    name: str
    region: str
    settings: dict[str, Any]
    created: float
    modified: float
    users: dict[str, User] = field(default_factory=dict)
    clients: dict[str, AppClient] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)

    @property
    def short_name(self) -> str:
        """What stands after the underscore of the id: the name SRP hashes."""
        return self.id.partition("_")[2]

    @property
    def issuer(self) -> str:
        """The ``iss`` of its tokens: AWS's own, whatever the endpoint."""
        return f"https://cognito-idp.{self.region}.amazonaws.com/{self.id}"

    @property
    def mfa(self) -> str:
        """OFF, OPTIONAL or ON."""
        return str(self.settings["MfaConfiguration"])

    @property
    def factors(self) -> list[str]:
        """The second factors the pool has on, in the order in which Cognito names them.

        SMS is on where it was configured as a factor, or where it is the only one there could be.
        """
        given = self.settings
        found = []
        if "SmsMfaConfiguration" in given:
            found.append(SMS_MFA)
        if given.get("SoftwareTokenMfaConfiguration", {}).get("Enabled"):
            found.append(SOFTWARE_TOKEN_MFA)
        if "EmailMfaConfiguration" in given:
            found.append(EMAIL_OTP)
        if not found and "SmsConfiguration" in given:
            found.append(SMS_MFA)
        return found

    @property
    def case_sensitive(self) -> bool:
        """Names that differ in case are different users."""
        return bool(self.settings.get("UsernameConfiguration", {}).get("CaseSensitive", True))

    @property
    def name_attributes(self) -> list[str]:
        """UsernameAttributes: people sign in with these, and the user name is a UUID."""
        return list(self.settings.get("UsernameAttributes", ()))

    def fold(self, name: str) -> str:
        """The form of a name by which users are told apart."""
        return name if self.case_sensitive else name.casefold()

    def holds(self, user: User) -> bool:
        """Whether this very user is still there."""
        return self.users.get(self.fold(user.username)) is user
