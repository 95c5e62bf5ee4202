"""Account: what a signed-in user can see and change, by Amplify Auth's names."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tui_auth.account.calls import AccountCalls
from tui_auth.account.passkeys import PasskeyOperations
from tui_auth.account.values import (
    MFA_SETTINGS,
    AttributeUpdate,
    MFAPreference,
    MFASettings,
    RevocationResult,
    UpdateAttributeStep,
    UserDevice,
    UserProfile,
    UserSession,
    mappings,
    parse_attributes,
)
from tui_auth.auth.challenges import parse_delivery_details
from tui_auth.auth.next_step import MFAType, TOTPSetupDetails
from tui_auth.auth.trace import CallTrace
from tui_auth.errors import (
    AuthError,
    CodeMismatchError,
    ErrorKind,
    InvalidStateError,
    TuiAuthError,
    UnsupportedError,
    drops_secrets,
)
from tui_auth.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tui_auth.account.calls import TokenSource
    from tui_auth.auth.gateway import Gateway
    from tui_auth.auth.next_step import DeliveryDetails

_SAME_FOR_ALL = (ErrorKind.NETWORK, ErrorKind.THROTTLED)
_EPOCH = datetime.fromtimestamp(0, UTC)


def _nothing() -> None:
    """Do nothing: the default of a callback."""


class Account(PasskeyOperations):
    """The account of the user of a session.

    Each method takes a valid token from the session for each of its calls, so an Account can be used as long
    as the session lasts, and be used on several threads. What is read from Cognito was written by others:
    make it safe before showing it.

    Every method raises:
        NotSignedInError: The session has ended, here or elsewhere; it is forgotten.
        AuthError: Cognito rejected the call, or no reply came. ``UnsupportedError`` if the user pool doesn't
            offer it; ``NotAuthorizedError`` without a request if the token lacks the scope
            ``aws.cognito.signin.user.admin``.
        StorageError: The session can't be read.

    Args:
        session: Gives the tokens.
        gateway: Where to send calls.
        trace: Where to record them, by name only.
        on_device_forgotten: Called after this computer was forgotten as a device.
        on_deleted: Called after the account was deleted.
    """

    def __init__(
        self,
        session: TokenSource,
        gateway: Gateway,
        *,
        trace: CallTrace | None = None,
        on_device_forgotten: Callable[[], object] = _nothing,
        on_deleted: Callable[[], object] = _nothing,
    ) -> None:
        self._calls = AccountCalls(session, gateway, trace or CallTrace())
        self._on_device_forgotten = on_device_forgotten
        self._on_deleted = on_deleted

    @property
    def trace(self) -> CallTrace:
        """The calls so far, by name only."""
        return self._calls.trace

    def prepare(self) -> None:
        """Refresh the session if it needs it, ahead of several calls at once."""
        self._calls.claims()

    # -- attributes ---------------------------------------------------------------------------------

    @drops_secrets
    def fetch_user(self) -> UserProfile:
        """Return Cognito's name of the user and the attributes (GetUser)."""
        reply = self._calls.call("fetchUserAttributes", "GetUser")
        username = reply.get("Username")
        attributes = parse_attributes(reply.get("UserAttributes"))
        return UserProfile(username if isinstance(username, str) else "", attributes)

    @drops_secrets
    def fetch_user_attributes(self) -> dict[str, str]:
        """Return the attributes that the app client can read, by Cognito's names (GetUser)."""
        return dict(self.fetch_user().attributes)

    @drops_secrets
    def update_user_attributes(
        self, attributes: Mapping[str, str], *, client_metadata: Mapping[str, str] | None = None
    ) -> dict[str, AttributeUpdate]:
        """Change attributes (UpdateUserAttributes); only those that differ are sent.

        Whether a new address counts before it is verified depends on the pool, and the reply doesn't say so.
        It is read back after a code was sent. Afterwards the tokens are refreshed, so that the ID token is
        right.

        Args:
            attributes: The new values by Cognito's names. An empty one removes the attribute.
            client_metadata: Passed on to the pool's triggers.

        Returns:
            What became of each.
        """
        present = self.fetch_user().attributes
        changes = {name: value for name, value in attributes.items() if present.get(name, "") != value}
        updates = {name: AttributeUpdate(name) for name in attributes}
        if not changes:
            return updates
        pairs = [{"Name": name, "Value": value} for name, value in changes.items()]
        reply = self._calls.call(
            "updateUserAttributes",
            "UpdateUserAttributes",
            UserAttributes=pairs,
            ClientMetadata=dict(client_metadata) if client_metadata else None,
        )
        deliveries = list(map(parse_delivery_details, mappings(reply.get("CodeDeliveryDetailsList"))))
        if deliveries:
            present = self._read_back(changes)
        for details in deliveries:
            name = details.attribute_name or ""
            if name in changes:
                is_in_force = present.get(name) == changes[name]
                step = UpdateAttributeStep.CONFIRM_ATTRIBUTE_WITH_CODE
                updates[name] = AttributeUpdate(name, step, is_in_force, details)
        self._refresh_tokens()
        return updates

    def _read_back(self, changes: Mapping[str, str]) -> Mapping[str, str]:
        """Return the attributes after a change; as if nothing were pending if they can't be read."""
        with suppress(AuthError):
            return self.fetch_user().attributes
        return changes

    def _refresh_tokens(self) -> None:
        """Refresh the tokens after a change. The change took effect, whatever comes of this."""
        with suppress(TuiAuthError):
            self._calls.refresh()

    @drops_secrets
    def update_user_attribute(
        self, name: str, value: str, *, client_metadata: Mapping[str, str] | None = None
    ) -> AttributeUpdate:
        """Change one attribute; see ``update_user_attributes``."""
        return self.update_user_attributes({name: value}, client_metadata=client_metadata)[name]

    @drops_secrets
    def send_user_attribute_verification_code(
        self, name: str, *, client_metadata: Mapping[str, str] | None = None
    ) -> DeliveryDetails:
        """Send a code to an address of the user (GetUserAttributeVerificationCode).

        Args:
            name: "email" or "phone_number".
            client_metadata: Passed on to the pool's triggers.

        Returns:
            Where the code was sent, as the server masks it.
        """
        metadata = dict(client_metadata) if client_metadata else None
        reply = self._calls.call(
            "sendUserAttributeVerificationCode",
            "GetUserAttributeVerificationCode",
            AttributeName=name,
            ClientMetadata=metadata,
        )
        return parse_delivery_details(reply.get("CodeDeliveryDetails"))

    @drops_secrets
    def confirm_user_attribute(self, name: str, code: str | Secret) -> None:
        """Verify an address with the code that was sent to it (VerifyUserAttribute)."""
        self._calls.call(
            "confirmUserAttribute", "VerifyUserAttribute", AttributeName=name, Code=_secret(code)
        )
        self._refresh_tokens()

    @drops_secrets
    def delete_user_attributes(self, names: Sequence[str]) -> None:
        """Remove attributes (DeleteUserAttributes). The pool keeps those that it requires."""
        self._calls.call("deleteUserAttributes", "DeleteUserAttributes", UserAttributeNames=list(names))
        self._refresh_tokens()

    # -- password -----------------------------------------------------------------------------------

    @drops_secrets
    def update_password(self, old_password: str | Secret | None, new_password: str | Secret) -> None:
        """Change the password (ChangePassword). Sessions elsewhere go on.

        Args:
            old_password: The current one; None for a user who has none.
            new_password: The new one.
        """
        previous = _secret(old_password) if old_password is not None else None
        proposed = _secret(new_password)
        self._calls.call(
            "updatePassword", "ChangePassword", PreviousPassword=previous, ProposedPassword=proposed
        )

    # -- second factors -----------------------------------------------------------------------------

    @drops_secrets
    def fetch_mfa_preference(self) -> MFASettings:
        """Return the second factors (GetUserAuthFactors, or GetUser if the pool doesn't have it)."""
        try:
            reply = self._calls.call("fetchMFAPreference", "GetUserAuthFactors")
        except UnsupportedError:
            reply = self._calls.call("fetchMFAPreference", "GetUser")
        return MFASettings.from_reply(reply)

    @drops_secrets
    def update_mfa_preference(
        self,
        *,
        sms: MFAPreference | str | None = None,
        totp: MFAPreference | str | None = None,
        email: MFAPreference | str | None = None,
    ) -> MFASettings:
        """Turn second factors on or off, or prefer one (SetUserMFAPreference).

        Only what differs is sent: Cognito rejects a setting for a factor that the user can't have, even one
        that turns it off.

        Returns:
            The settings afterwards, as Cognito says. A pool that requires a second factor may keep the last
            one on without an error.

        Raises:
            InvalidStateError: A value is none of MFAPreference, or more than one factor is preferred.
        """
        values = ((MFAType.SMS, sms), (MFAType.TOTP, totp), (MFAType.EMAIL, email))
        requested = {factor: _parse_preference(value) for factor, value in values if value is not None}
        if list(requested.values()).count(MFAPreference.PREFERRED) > 1:
            raise InvalidStateError(ErrorKind.INVALID_STATE, "Only one second factor can be preferred.")
        present = self.fetch_mfa_preference()
        settings = {
            MFA_SETTINGS[factor]: preference.to_setting()
            for factor, preference in requested.items()
            if not present.satisfies(factor, preference)
        }
        if not settings:
            return present
        self._calls.call("updateMFAPreference", "SetUserMFAPreference", **settings)
        return self.fetch_mfa_preference()

    @drops_secrets
    def set_up_totp(self) -> TOTPSetupDetails:
        """Get the key of a new authenticator app (AssociateSoftwareToken).

        An app that is set up works on until the new one is verified.
        """
        reply = self._calls.call("setUpTOTP", "AssociateSoftwareToken")
        key, username = reply.get("SecretCode"), self._calls.claims().get("username")
        if not isinstance(key, str) or not key:
            raise AuthError(ErrorKind.SERVICE, "Cognito sent no key for the authenticator app.")
        return TOTPSetupDetails(Secret(key), username if isinstance(username, str) else "")

    @drops_secrets
    def verify_totp_setup(
        self, code: str | Secret, *, friendly_device_name: str | None = None, turn_on: bool = False
    ) -> None:
        """Verify the new app with its first code (VerifySoftwareToken). It replaces an earlier app.

        Args:
            code: The code.
            friendly_device_name: The name of the app.
            turn_on: Whether to turn this second factor on, too, and prefer it if none is preferred.

        Raises:
            CodeMismatchError: The code doesn't match the key.
        """
        name = friendly_device_name or None
        reply = self._calls.call(
            "verifyTOTPSetup", "VerifySoftwareToken", UserCode=_secret(code), FriendlyDeviceName=name
        )
        if reply.get("Status") != "SUCCESS":
            raise CodeMismatchError(
                ErrorKind.VALIDATION,
                "That code doesn't match this key.",
                "Enter the code your app shows now.",
            )
        if turn_on:
            is_first = self.fetch_mfa_preference().preferred is None
            self.update_mfa_preference(totp=MFAPreference.PREFERRED if is_first else MFAPreference.ENABLED)

    # -- devices ------------------------------------------------------------------------------------

    @drops_secrets
    def fetch_devices(self) -> list[UserDevice]:
        """Return the devices that the pool knows (ListDevices). Some pools list only remembered ones."""
        current = self._current_device()
        return [
            UserDevice.from_reply(device, current)
            for device in self._calls.pages(
                "fetchDevices", "ListDevices", "Devices", "PaginationToken", Limit=60
            )
        ]

    def _current_device(self) -> str:
        key = self._calls.claims().get("device_key")
        return key if isinstance(key, str) else ""

    @drops_secrets
    def remember_device(self, key: str | None = None) -> None:
        """Have the pool remember a device, by default this computer (UpdateDeviceStatus)."""
        self._calls.call(
            "rememberDevice",
            "UpdateDeviceStatus",
            DeviceKey=key or self._require_device(),
            DeviceRememberedStatus="remembered",
        )

    @drops_secrets
    def forget_device(self, key: str | None = None) -> None:
        """Have the pool forget a device, by default this computer (ForgetDevice).

        A session that began on this computer can't be refreshed afterwards: it ends when its token expires.
        """
        current = self._current_device()
        key = key or self._require_device()
        try:
            self._calls.call("forgetDevice", "ForgetDevice", DeviceKey=key)
        except AuthError as error:
            # Forgotten before, perhaps by a call whose reply was lost.
            if key != current or error.code != "ResourceNotFoundException":
                raise
        if key == current:
            self._on_device_forgotten()

    def _require_device(self) -> str:
        if key := self._current_device():
            return key
        raise InvalidStateError(
            ErrorKind.INVALID_STATE, "The user pool doesn't know this computer as a device."
        )

    # -- sessions -----------------------------------------------------------------------------------

    @drops_secrets
    def list_user_sessions(self) -> list[UserSession]:
        """Return the user's sessions in all app clients (ListUserSessions): this one, then the newest.

        The list is a few seconds behind. Only a pool that tracks sessions has it.
        """
        sessions = [
            UserSession.from_reply(session)
            for session in self._calls.pages("listUserSessions", "ListUserSessions", "Sessions", "NextToken")
        ]
        newest_first = sorted(sessions, key=lambda each: each.created or _EPOCH, reverse=True)
        return sorted(newest_first, key=lambda each: not each.is_current)

    @drops_secrets
    def revoke_user_session(self, session_id: str, *, linked: bool = False) -> None:
        """End another session (RevokeUserSession): its refresh and access tokens stop working.

        Args:
            session_id: The session. Not this one: sign out instead.
            linked: Whether to end the sessions that came from it, too.
        """
        self._calls.call(
            "revokeUserSession",
            "RevokeUserSession",
            SessionId=session_id,
            RevokeAssociatedSessions="LINKED" if linked else None,
        )

    @drops_secrets
    def revoke_other_user_sessions(self, *, linked: bool = False) -> RevocationResult:
        """End all sessions but this one; ``linked`` as for ``revoke_user_session``.

        After an error that would be the same for all, such as no network, the rest isn't tried.
        """
        ended: list[str] = []
        failed: dict[str, AuthError] = {}
        others = [session.id for session in self.list_user_sessions() if not session.is_current]
        for session_id in others:
            try:
                self.revoke_user_session(session_id, linked=linked)
            except AuthError as error:
                if error.code == "ResourceNotFoundException":  # a linked one, or ended meanwhile
                    ended.append(session_id)
                    continue
                failed[session_id] = error
                if error.kind in _SAME_FOR_ALL:
                    break
            else:
                ended.append(session_id)
        return RevocationResult(tuple(ended), failed)

    # -- the whole account --------------------------------------------------------------------------

    @drops_secrets
    def delete_user(self) -> None:
        """Delete the account (DeleteUser). Nothing brings it back."""
        self._calls.call("deleteUser", "DeleteUser")
        self._on_deleted()


def _secret(value: str | Secret) -> Secret:
    return value if isinstance(value, Secret) else Secret(value)


def _parse_preference(value: MFAPreference | str) -> MFAPreference:
    if value in set(MFAPreference):
        return MFAPreference(value)
    allowed = ", ".join(MFAPreference)
    raise InvalidStateError(
        ErrorKind.INVALID_STATE, f"The preference of a second factor must be one of {allowed}."
    )
