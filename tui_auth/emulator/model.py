"""The emulator's data: user pools, app clients, users, grants, identity pools; its clock."""

from __future__ import annotations

import base64
import hmac
import secrets
import time
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tui_auth.auth import srp
from tui_auth.emulator.errors import not_authorized

if TYPE_CHECKING:
    from random import Random

UNCONFIRMED = "UNCONFIRMED"
CONFIRMED = "CONFIRMED"
FORCE_CHANGE_PASSWORD = "FORCE_CHANGE_PASSWORD"  # noqa: S105 - a user status
RESET_REQUIRED = "RESET_REQUIRED"
EXTERNAL_PROVIDER = "EXTERNAL_PROVIDER"

SMS_MFA = "SMS_MFA"
SOFTWARE_TOKEN_MFA = "SOFTWARE_TOKEN_MFA"  # noqa: S105 - the name of a factor
EMAIL_OTP = "EMAIL_OTP"

ATTRIBUTE_BY_MEDIUM = {"SMS": "phone_number", "EMAIL": "email"}
MEDIUM_BY_ATTRIBUTE = {"phone_number": "SMS", "email": "EMAIL"}
MEDIUM_BY_FACTOR = {SMS_MFA: "SMS", "SMS_OTP": "SMS", EMAIL_OTP: "EMAIL"}
ATTRIBUTE_BY_FACTOR = {factor: ATTRIBUTE_BY_MEDIUM[medium] for factor, medium in MEDIUM_BY_FACTOR.items()}

Attributes = dict[str, str]


SYSTEM_RANDOM = secrets.SystemRandom()


def random_text(characters: str, length: int, source: Random = SYSTEM_RANDOM) -> str:
    return "".join(source.choice(characters) for _ in range(length))


def random_uuid(source: Random) -> str:
    return str(uuid.UUID(bytes=source.randbytes(16), version=4))


class Clock:
    """The emulator's clock: the machine's time plus an offset that tests can change."""

    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        """Return the seconds since the epoch."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward; a negative number moves it back."""
        self._offset += seconds


@dataclass(frozen=True)
class Password:
    """A password as SRP needs it: a 16-byte salt and a hash, never the password itself."""

    salt: int
    inner: bytes

    @classmethod
    def from_text(cls, pool_name: str, username: str, password: str) -> Password:
        """Salt and hash a password for the pool's short name and the user's real name."""
        # The top nibble is never zero: pycognito misreads a salt that is written with fewer digits.
        salt = secrets.randbits(127) | 1 << 126
        return cls(salt, srp.inner_hash(pool_name, username, password))

    @cached_property
    def verifier(self) -> int:
        """SRP's ``v``."""
        return srp.verifier(self.salt, self.inner)


@dataclass
class Device:
    """A device that a user signed in from; ``verifier`` is None until ConfirmDevice."""

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
class TrackedSession:
    """A sign-in as ListUserSessions describes it; see ``session_tracking``."""

    id: str
    client_id: str
    created: float
    last_active: float = 0.0
    type: str = "TOKEN"
    device_type: str = "unknown"
    address: str = ""
    city: str = ""
    country: str = ""
    origin_session_id: str = ""


@dataclass
class SoftwareToken:
    """A verified TOTP secret (base32, unpadded)."""

    secret: str
    friendly_name: str | None = None


@dataclass
class Passkey:
    """A passkey; ``attested`` is its attested credential data (WebAuthn §6.5.1), with the public key."""

    id: str
    attested: bytes
    relying_party: str
    name: str
    attachment: str | None
    transports: list[str]
    created: float
    counter: int = 0


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
    used_totp_windows: set[tuple[str, int]] = field(default_factory=set)
    pending_attributes: Attributes = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    passkeys: dict[str, Passkey] = field(default_factory=dict)
    passkey_mfa: bool = False
    sessions: dict[str, TrackedSession] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    exists: bool = True

    def has_verified(self, attribute: str) -> bool:
        return bool(self.attributes.get(attribute)) and self.attributes.get(f"{attribute}_verified") == "true"


def secret_hash(client_id: str, client_secret: str, username: str) -> str:
    """Return ``Base64(HMAC-SHA256(secret, username + client ID))``."""
    digest = hmac.digest(client_secret.encode(), (username + client_id).encode(), "sha256")
    return base64.b64encode(digest).decode()


@dataclass
class AppClient:
    """An app client; ``settings`` are the members of CreateUserPoolClient, with defaults."""

    id: str
    pool: UserPool
    name: str
    secret: str | None
    settings: dict[str, Any]
    created: float
    modified: float

    @property
    def hides_users(self) -> bool:
        """Whether PreventUserExistenceErrors is ENABLED."""
        return bool(self.settings["PreventUserExistenceErrors"] == "ENABLED")

    @property
    def rotates_refresh_tokens(self) -> bool:
        """Whether each refresh returns a new refresh token."""
        return bool(self.settings.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED")

    @property
    def challenge_session_seconds(self) -> int:
        """How long a challenge session is valid."""
        return int(self.settings["AuthSessionValidity"]) * 60

    def check_secret_hash(self, username: str, claimed: str | None) -> None:
        """Raise NotAuthorizedException unless the hash is that of exactly this user name.

        A client without a secret must not send one. An empty hash counts as absent.
        """
        if self.secret is not None and not claimed:
            message = "is configured with secret but SECRET_HASH was not received"
            raise not_authorized(f"Client {self.id} {message}")
        expected = secret_hash(self.id, self.secret, username) if self.secret is not None else ""
        if not hmac.compare_digest((claimed or "").encode(), expected.encode()):
            raise not_authorized(f"Unable to verify secret hash for client {self.id}")

    def has_secret(self, claimed: str | None) -> bool:
        """Return whether a ClientSecret is the client's, or is absent if the client has none."""
        if self.secret is None:
            return not claimed
        return hmac.compare_digest((claimed or "").encode(), self.secret.encode())

    def allows(self, *flows: str) -> bool:
        """Return whether one of these ExplicitAuthFlows is allowed."""
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
    """A user pool; ``settings`` are the members of CreateUserPool, with defaults.

    ``issuer`` is the ``iss`` of its tokens. ``domains``, ``identity_providers`` and ``resource_servers`` are
    the members of their Create operations, by domain, provider name and identifier.
    """

    id: str
    name: str
    region: str
    settings: dict[str, Any]
    created: float
    modified: float
    issuer: str = ""
    users: dict[str, User] = field(default_factory=dict)
    clients: dict[str, AppClient] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    domains: dict[str, dict[str, Any]] = field(default_factory=dict)
    identity_providers: dict[str, dict[str, Any]] = field(default_factory=dict)
    resource_servers: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def short_name(self) -> str:
        """The part of the ID after the underscore: the name that SRP hashes."""
        return self.id.partition("_")[2]

    @property
    def mfa(self) -> str:
        """OFF, OPTIONAL or ON."""
        return str(self.settings["MfaConfiguration"])

    @property
    def mfa_factors(self) -> list[str]:
        """The second factors that are enabled, in Cognito's order.

        SMS is enabled if it was configured as a factor, or if it is the only possible one.
        """
        factors = []
        if "SmsMfaConfiguration" in self.settings:
            factors.append(SMS_MFA)
        if self.settings.get("SoftwareTokenMfaConfiguration", {}).get("Enabled"):
            factors.append(SOFTWARE_TOKEN_MFA)
        if "EmailMfaConfiguration" in self.settings:
            factors.append(EMAIL_OTP)
        if not factors and "SmsConfiguration" in self.settings:
            factors.append(SMS_MFA)
        return factors

    @property
    def first_factors(self) -> list[str]:
        """AllowedFirstAuthFactors."""
        return list(self.settings["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"])

    @property
    def recovery_mechanisms(self) -> list[str]:
        """The names of the RecoveryMechanisms by priority; empty if there is no such setting."""
        mechanisms = self.settings.get("AccountRecoverySetting", {}).get("RecoveryMechanisms", ())
        return [str(entry["Name"]) for entry in sorted(mechanisms, key=lambda entry: entry["Priority"])]

    @property
    def tracks_devices(self) -> bool:
        return "DeviceConfiguration" in self.settings

    @property
    def is_case_sensitive(self) -> bool:
        """Whether names that differ in case are different users."""
        return bool(self.settings.get("UsernameConfiguration", {}).get("CaseSensitive", True))

    @property
    def username_attributes(self) -> list[str]:
        """UsernameAttributes: users sign in with these, and the user name is a UUID."""
        return list(self.settings.get("UsernameAttributes", ()))

    def fold(self, name: str) -> str:
        """Return the form of a name by which users are distinguished."""
        return name if self.is_case_sensitive else name.casefold()

    def contains(self, user: User) -> bool:
        """Return whether this very user is still in the pool."""
        return self.users.get(self.fold(user.username)) is user


@dataclass
class SignIn:
    """One sign-in from its first call to its tokens, and what is known by now.

    ``metadata`` is the ClientMetadata of the newest answer; that of InitiateAuth reaches no later trigger.
    ``issued_after`` is the last step as the PreTokenGeneration trigger gets it. ``is_multi_factor`` says that
    the first factor was a passkey that satisfies MFA. A sign-in on the login page (``is_in_browser``) ends
    with an authorization code instead of tokens.
    """

    client: AppClient
    user: User
    flow: str
    username: str = ""
    device_key: str | None = None
    has_password: bool = False
    is_multi_factor: bool = False
    auth_time: float = 0.0
    first_factors: list[str] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    issued_after: str = "Authentication"
    is_in_browser: bool = False
    rounds: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class ChallengeSession:
    """The state behind one ``Session`` string; ``challenge`` must be answered with it."""

    token: str
    sign_in: SignIn
    challenge: str
    expires_at: float
    code: str | None = None
    destination: str | None = None
    private_parameters: dict[str, str] = field(default_factory=dict)
    metadata: str | None = None
    totp_secret: str | None = None
    totp_verified: bool = False
    sets_up_email: bool = False
    used: bool = False


@dataclass(frozen=True)
class PasskeyRegistration:
    """What StartWebAuthnRegistration began for a user: the challenge, and the app client it is for."""

    challenge: bytes
    client: AppClient
    expires_at: float


@dataclass
class Grant:
    """A refresh token and its sign-in; ``origin`` is shared by all tokens of one sign-in.

    ``scopes`` are those that an authorization code was issued for, or None for a sign-in through the API.
    """

    token: str
    client: AppClient
    user: User
    origin: str
    auth_time: int
    expires_at: float
    device_key: str | None
    rotated_at: float | None = None
    scopes: list[str] | None = None


@dataclass
class AuthorizationCode:
    """A code that waits for its exchange, bound to a client, a redirect URI and a PKCE challenge."""

    client: AppClient
    user: User
    redirect_uri: str
    scopes: list[str]
    code_challenge: str | None
    nonce: str | None
    auth_time: float
    expires_at: float


@dataclass
class BrowserSession:
    """Who is signed in to a user pool in a browser; ``provider`` is COGNITO for the pool itself."""

    user: User
    provider: str
    auth_time: float
    expires_at: float


@dataclass(frozen=True)
class ProviderReply:
    """What an identity provider asserts for a browser; ``email`` is empty if the user canceled there.

    Attributes:
        query: The authorization request that led to the provider.
        code: Proves to the domain that the browser comes from the provider.
    """

    query: str
    code: str
    email: str


@dataclass
class Browser:
    """A browser, by its cookie; ``sessions`` by pool ID, ``provider_replies`` by their state."""

    csrf_token: str
    expires_at: float
    sessions: dict[str, BrowserSession] = field(default_factory=dict)
    provider_replies: dict[str, ProviderReply] = field(default_factory=dict)


@dataclass
class IdentityPool:
    """An identity pool; ``settings`` are the members of CreateIdentityPool."""

    id: str
    settings: dict[str, Any]


@dataclass
class Identity:
    """An identity and its logins as (provider, sub). An identity without logins is a guest."""

    id: str
    pool: IdentityPool
    logins: set[tuple[str, str]] = field(default_factory=set)
