"""The operations around a sign-in: reset a password, sign up, confirm a sign-up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tui_auth.auth.app_client import AppClient
from tui_auth.auth.challenges import delivery_details
from tui_auth.auth.errors import AuthError
from tui_auth.auth.gateway import Gateway
from tui_auth.auth.next_step import DeliveryDetails
from tui_auth.auth.refusals import is_confirmed_before
from tui_auth.secret import Secret

Metadata = Mapping[str, str] | None


@dataclass(frozen=True)
class SignedUp:
    """What SignUp answers with: whether that was all, where the code went, and the session it belongs to."""

    is_confirmed: bool
    delivery_details: DeliveryDetails
    session: Secret | None


class Recovery:
    """Password reset and sign-up confirmation for one app client.

    Each method is one Cognito operation and raises AuthError where that is refused.
    """

    def __init__(self, gateway: Gateway, client: AppClient) -> None:
        self._gateway = gateway
        self._client = client

    def send_reset_code(self, username: str, metadata: Metadata = None) -> DeliveryDetails:
        """ForgotPassword: where the code went, as the server masks it; an earlier code stops working."""
        reply = self._call("ForgotPassword", username, metadata)
        return delivery_details(reply.get("CodeDeliveryDetails"))

    def reset(self, username: str, new_password: Secret, code: Secret, metadata: Metadata = None) -> None:
        """ConfirmForgotPassword."""
        self._call("ConfirmForgotPassword", username, metadata, ConfirmationCode=code, Password=new_password)

    def resend_sign_up_code(self, username: str, metadata: Metadata = None) -> DeliveryDetails:
        """ResendConfirmationCode: where the code went, as the server masks it."""
        reply = self._call("ResendConfirmationCode", username, metadata)
        return delivery_details(reply.get("CodeDeliveryDetails"))

    def sign_up(
        self, username: str, password: Secret, attributes: Mapping[str, str], metadata: Metadata = None
    ) -> SignedUp:
        """SignUp. ``attributes`` are user attributes by Cognito's names."""
        pairs = [{"Name": name, "Value": value} for name, value in attributes.items()]
        reply = self._call("SignUp", username, metadata, Password=password, UserAttributes=pairs or None)
        return SignedUp(
            reply.get("UserConfirmed") is True,
            delivery_details(reply.get("CodeDeliveryDetails")),
            _session(reply),
        )

    def confirm_sign_up(
        self, username: str, code: Secret, metadata: Metadata = None, session: Secret | None = None
    ) -> Secret | None:
        """ConfirmSignUp; the session that lets the same person sign in at once, where the pool gives one.

        A sign-up that somebody has confirmed meanwhile counts as confirmed.
        """
        try:
            reply = self._call("ConfirmSignUp", username, metadata, ConfirmationCode=code, Session=session)
        except AuthError as error:
            if not is_confirmed_before(error):
                raise
            return None
        return _session(reply)

    def _call(
        self, operation: str, username: str, metadata: Metadata, **parameters: Any
    ) -> Mapping[str, Any]:
        return self._gateway.call(
            operation,
            {
                "ClientId": self._client.client_id,
                "Username": username,
                "SecretHash": self._client.secret_hash(username),
                "ClientMetadata": dict(metadata) if metadata else None,
                **parameters,
            },
        )


def _session(reply: Mapping[str, Any]) -> Secret | None:
    session = reply.get("Session")
    return Secret(session) if isinstance(session, str) and session else None
