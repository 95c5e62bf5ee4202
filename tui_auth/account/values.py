"""What Cognito says about a signed-in user, as frozen data. Nothing in it is safe to show as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from tui_auth.auth.next_step import MFAType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tui_auth.auth.next_step import DeliveryDetails
    from tui_auth.errors import AuthError

T = TypeVar("T")


class MFAPreference(StrEnum):
    """What ``update_mfa_preference`` makes of a second factor; the values are Amplify's."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    PREFERRED = "PREFERRED"
    NOT_PREFERRED = "NOT_PREFERRED"

    def to_setting(self) -> dict[str, bool]:
        """Return Cognito's setting, as amplify-js sends it."""
        match self:
            case MFAPreference.DISABLED:
                return {"Enabled": False}
            case MFAPreference.ENABLED:
                return {"Enabled": True}
        return {"Enabled": True, "PreferredMfa": self is MFAPreference.PREFERRED}


MFA_SETTINGS = {
    MFAType.SMS: "SMSMfaSettings",
    MFAType.TOTP: "SoftwareTokenMfaSettings",
    MFAType.EMAIL: "EmailMfaSettings",
}
"""The members of SetUserMFAPreference."""

MFA_KEYWORDS = {MFAType.SMS: "sms", MFAType.TOTP: "totp", MFAType.EMAIL: "email"}
"""The arguments of ``Account.update_mfa_preference``."""


class UpdateAttributeStep(StrEnum):
    """What is left to do after an attribute was sent; the values are Amplify's."""

    CONFIRM_ATTRIBUTE_WITH_CODE = "CONFIRM_ATTRIBUTE_WITH_CODE"
    DONE = "DONE"


@dataclass(frozen=True)
class AttributeUpdate:
    """The result of sending one attribute.

    Attributes:
        name: The attribute.
        next_step: Whether a code was sent that verifies the new value.
        is_in_force: Whether the new value counts already. A pool with
            ``AttributesRequireVerificationBeforeUpdate`` keeps the old one until the code is right.
        delivery_details: Where the code was sent; None without one.
    """

    name: str
    next_step: UpdateAttributeStep = UpdateAttributeStep.DONE
    is_in_force: bool = True
    delivery_details: DeliveryDetails | None = None

    @property
    def is_updated(self) -> bool:
        """Amplify's ``isUpdated``: whether nothing is left to do."""
        return self.next_step is UpdateAttributeStep.DONE


@dataclass(frozen=True)
class UserProfile:
    """The reply to GetUser: Cognito's name of the user, and the attributes that the app client can read."""

    username: str
    attributes: Mapping[str, str]

    def is_verified(self, name: str) -> bool:
        """Return whether an address is verified: "email" or "phone_number"."""
        return self.attributes.get(f"{name}_verified") == "true"


@dataclass(frozen=True)
class MFASettings:
    """The reply to GetUserAuthFactors: the second factors of a user, and what is set up.

    Attributes:
        enabled: The second factors that are on. One that this version doesn't know stays Cognito's text.
        preferred: The one that Cognito asks for first, or None.
        configured: ConfiguredUserAuthFactors, such as PASSWORD or SOFTWARE_TOKEN.
    """

    enabled: tuple[MFAType | str, ...] = ()
    preferred: MFAType | str | None = None
    configured: tuple[str, ...] = ()

    @property
    def has_software_token(self) -> bool:
        """Whether an authenticator app is set up, be it on or off."""
        return MFAType.TOTP in self.enabled or "SOFTWARE_TOKEN" in self.configured

    def satisfies(self, factor: MFAType, preference: MFAPreference) -> bool:
        """Return whether a factor is already as a preference would make it."""
        is_enabled, is_preferred = factor in self.enabled, self.preferred is factor
        match preference:
            case MFAPreference.DISABLED:
                return not is_enabled
            case MFAPreference.ENABLED:
                return is_enabled
            case MFAPreference.PREFERRED:
                return is_enabled and is_preferred
        return is_enabled and not is_preferred

    @classmethod
    def from_reply(cls, reply: Mapping[str, Any]) -> MFASettings:
        """Read the reply to GetUserAuthFactors or GetUser."""
        preferred = _text(reply.get("PreferredMfaSetting"))
        return cls(
            tuple(_factor(name) for name in _texts(reply.get("UserMFASettingList"))),
            _factor(preferred) if preferred else None,
            tuple(_texts(reply.get("ConfiguredUserAuthFactors"))),
        )


@dataclass(frozen=True)
class UserDevice:
    """A device that the pool knows (DeviceType of ListDevices).

    Attributes:
        key: Its device key.
        name: Its name, which the program that registered it chose; may be empty.
        last_ip: The address of its last sign-in; may be empty.
        is_current: Whether it is the device of this session.
        attributes: All of its attributes by Cognito's names.
    """

    key: str
    name: str = ""
    last_ip: str = ""
    is_current: bool = False
    created: datetime | None = None
    last_modified: datetime | None = None
    last_authenticated: datetime | None = None
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def from_reply(cls, device: Mapping[str, Any], current_key: str) -> UserDevice:
        """Read an entry of ListDevices; ``current_key`` is the device key of this session."""
        attributes = parse_attributes(device.get("DeviceAttributes"))
        key = _text(device.get("DeviceKey"))
        return cls(
            key,
            attributes.get("device_name", ""),
            attributes.get("last_ip_used", ""),
            bool(key) and key == current_key,
            _time(device.get("DeviceCreateDate")),
            _time(device.get("DeviceLastModifiedDate")),
            _time(device.get("DeviceLastAuthenticatedDate")),
            attributes,
        )


@dataclass(frozen=True)
class UserSession:
    """A session that the pool tracks (SessionDescriptionType of ListUserSessions).

    Attributes:
        id: What RevokeUserSession takes.
        type: TOKEN, or SSO for one of the managed login page.
        client_id: The app client.
        device_type: What Cognito makes of the program's user agent, which anybody can choose.
        city: Where its address is, as Cognito guesses; may be empty.
        country: The same.
        origin_session_id: The SSO session that it came from; empty if none.
        is_current: Whether it is this session.
        last_active: For a token session, its last refresh.
    """

    id: str
    type: str = ""
    client_id: str = ""
    device_type: str = ""
    ip_address: str = ""
    city: str = ""
    country: str = ""
    origin_session_id: str = ""
    is_current: bool = False
    created: datetime | None = None
    last_active: datetime | None = None

    @classmethod
    def from_reply(cls, session: Mapping[str, Any]) -> UserSession:
        """Read an entry of ListUserSessions."""
        location = session.get("LastLocation")
        place = location if isinstance(location, Mapping) else {}
        return cls(
            _text(session.get("SessionId")),
            _text(session.get("SessionType")),
            _text(session.get("ClientId")),
            _text(session.get("DeviceType")),
            _text(session.get("LastIPAddress")),
            _text(place.get("City")),
            _text(place.get("Country")),
            _text(session.get("OriginSessionId")),
            session.get("IsCurrentSession") is True,
            _time(session.get("CreateDate")),
            _time(session.get("LastActiveDate")),
        )


@dataclass(frozen=True)
class WebAuthnCredential:
    """A passkey (WebAuthnCredentialDescription)."""

    credential_id: str
    friendly_name: str = ""
    relying_party_id: str = ""
    attachment: str = ""
    transports: tuple[str, ...] = ()
    created: datetime | None = None

    @classmethod
    def from_reply(cls, credential: Mapping[str, Any]) -> WebAuthnCredential:
        """Read an entry of ListWebAuthnCredentials."""
        return cls(
            _text(credential.get("CredentialId")),
            _text(credential.get("FriendlyCredentialName")),
            _text(credential.get("RelyingPartyId")),
            _text(credential.get("AuthenticatorAttachment")),
            tuple(_texts(credential.get("AuthenticatorTransports"))),
            _time(credential.get("CreatedAt")),
        )


@dataclass(frozen=True)
class RevocationResult:
    """Which sessions were ended, and why others were not."""

    ended: tuple[str, ...] = ()
    failed: Mapping[str, AuthError] = field(default_factory=lambda: MappingProxyType({}))


def parse_attributes(entries: object) -> dict[str, str]:
    """Read ``[{Name, Value}]``; what isn't a text is left out."""
    pairs = [(_text(entry.get("Name")), _text(entry.get("Value"))) for entry in mappings(entries)]
    return {name: value for name, value in pairs if name}


def mappings(entries: object) -> Iterator[Mapping[str, Any]]:
    """Yield the entries of a list that are structures."""
    for entry in entries if isinstance(entries, list | tuple) else ():
        if isinstance(entry, Mapping):
            yield entry


def _factor(name: str) -> MFAType | str:
    return MFAType(name) if name in [factor.value for factor in MFAType] else name


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(values: object) -> Iterator[str]:
    for value in values if isinstance(values, list | tuple) else ():
        if isinstance(value, str):
            yield value


def _time(value: object) -> datetime | None:
    """Return a time of botocore's, or one in seconds, in UTC; None for anything else."""
    try:
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return datetime.fromtimestamp(float(value), UTC) if is_number else None  # type: ignore[arg-type]
    except (ValueError, OverflowError, OSError):
        return None
