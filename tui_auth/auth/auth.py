"""Auth: Amplify Auth's vocabulary over one app client, without a screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tui_auth.auth.app_client import AppClient
from tui_auth.auth.auth_flow import AuthFlow
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.gateway import Address, CognitoGateway, Gateway
from tui_auth.auth.pool_presence import PoolPresence
from tui_auth.auth.wire import RecordedGateway, Wire
from tui_auth.secret import Secret

# A program shows its first screen before anybody signs in: what a sign-in takes is imported where it begins.
if TYPE_CHECKING:
    from tui_auth.auth.attempt import Attempt
    from tui_auth.auth.challenges import Answer
    from tui_auth.auth.device import Device
    from tui_auth.auth.next_step import AuthFactorType, DeliveryDetails, Done
    from tui_auth.auth.recovery import Recovery
    from tui_auth.auth.results import ResetPasswordResult, SignInResult, SignUpResult


class Auth:
    """Sign in to one app client of one user pool.

    ``endpoint_url`` is for a local pool; ``region`` overrides the one in the user pool id. A client
    secret is text or a Secret. Raises AuthError (configuration) where an id or the endpoint cannot be
    right. Every refusal is an AuthError. ``wire`` takes note of the calls, names only.
    """

    def __init__(
        self,
        user_pool_id: str,
        client_id: str,
        client_secret: str | Secret | None = None,
        endpoint_url: str | None = None,
        region: str | None = None,
        *,
        gateway: Gateway | None = None,
        wire: Wire | None = None,
    ) -> None:
        secret = Secret(client_secret) if isinstance(client_secret, str) else client_secret
        self.client = AppClient(user_pool_id, client_id, secret or None)
        self._presence = None if gateway else PoolPresence(user_pool_id, endpoint_url)
        self.gateway = gateway or CognitoGateway(Address(region or self.client.region, endpoint_url))
        self.wire = wire or Wire()
        self._refused_devices: set[str] = set()
        self._attempt: Attempt | None = None

    def attempt(self) -> Attempt:
        """A fresh attempt, for a program that keeps hold of it itself."""
        from tui_auth.auth.attempt import Attempt

        return Attempt(self.gateway, self.client, self.wire, self._presence, self._refused_devices)

    def sign_in(
        self,
        username: str,
        password: str | Secret | None = None,
        *,
        auth_flow: AuthFlow | str = AuthFlow.USER_SRP_AUTH,
        preferred_first_factor: AuthFactorType | str | None = None,
        client_metadata: Mapping[str, str] | None = None,
        device: Device | None = None,
    ) -> SignInResult:
        """InitiateAuth and whatever follows without a person. A sign-in under way is dropped."""
        from tui_auth.auth.results import SignInResult

        self._attempt = attempt = self.attempt()
        return SignInResult(
            attempt.sign_in(
                username,
                Secret(password) if isinstance(password, str) else password,
                auth_flow=_flow(auth_flow),
                preferred_first_factor=preferred_first_factor,
                client_metadata=client_metadata,
                device=device,
            )
        )

    def confirm_sign_in(
        self,
        challenge_response: Answer,
        *,
        user_attributes: Mapping[str, str] | None = None,
        friendly_device_name: str | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> SignInResult:
        """Answer the current step (RespondToAuthChallenge)."""
        from tui_auth.auth.results import SignInResult

        if self._attempt is None:
            raise AuthError(ErrorKind.INVALID_STATE, "No sign-in is under way.", "Call sign_in first.")
        return SignInResult(
            self._attempt.confirm(
                challenge_response,
                user_attributes=user_attributes,
                friendly_device_name=friendly_device_name,
                client_metadata=client_metadata,
            )
        )

    def remember_device(self, done: Done) -> None:
        """UpdateDeviceStatus: the person wants this machine remembered (``done.asks_to_remember_device``)."""
        from tui_auth.auth.device_srp import remember_device

        if done.device is not None:
            with self.wire.call("rememberDevice") as recording:
                remember_device(RecordedGateway(self.gateway), done.device, done.tokens.access_token)
                recording.led_to("ok")

    def reset_password(self, username: str) -> ResetPasswordResult:
        """ForgotPassword: sends a code; an earlier one stops working."""
        from tui_auth.auth.results import ConfirmResetPasswordWithCode, ResetPasswordResult

        with self.wire.call("resetPassword") as recording:
            details = self._recovery().send_reset_code(username)
            recording.led_to(details)
        return ResetPasswordResult(ConfirmResetPasswordWithCode(details))

    def confirm_reset_password(self, username: str, new_password: str | Secret, code: str | Secret) -> None:
        """ConfirmForgotPassword: the new password holds from now on."""
        with self.wire.call("confirmResetPassword") as recording:
            self._recovery().reset(username, _secret(new_password), _secret(code))
            recording.led_to("ok")

    def confirm_sign_up(self, username: str, code: str | Secret) -> SignUpResult:
        """ConfirmSignUp."""
        from tui_auth.auth.results import SignUpResult

        with self.wire.call("confirmSignUp") as recording:
            self._recovery().confirm_sign_up(username, _secret(code))
            recording.led_to("ok")
        return SignUpResult(is_sign_up_complete=True)

    def resend_sign_up_code(self, username: str) -> DeliveryDetails:
        """ResendConfirmationCode: where the code went, as the server masks it."""
        with self.wire.call("resendSignUpCode") as recording:
            details = self._recovery().resend_sign_up_code(username)
            recording.led_to(details)
        return details

    def _recovery(self) -> Recovery:
        from tui_auth.auth.recovery import Recovery

        return Recovery(RecordedGateway(self.gateway), self.client)


def _secret(value: str | Secret) -> Secret:
    return value if isinstance(value, Secret) else Secret(value)


def _flow(name: AuthFlow | str) -> AuthFlow:
    try:
        return AuthFlow(name)
    except ValueError:
        known = ", ".join(AuthFlow)
        raise AuthError(
            ErrorKind.VALIDATION, "That is not a sign-in flow known here.", f"Known are {known}."
        ) from None
