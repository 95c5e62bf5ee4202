"""Sign-up and password reset: Cognito's operations, and how each leads into the sign-in it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.challenges import challenge_session, parse_delivery_details
from tui_auth.auth.error_catalog import is_already_confirmed, is_confirmed_before, is_rejected_password
from tui_auth.auth.next_step import ConfirmSignUp, DeliveryDetails, NextStep, ResetPassword
from tui_auth.auth.sign_in import next_step_for
from tui_auth.auth.srp import PasswordProof
from tui_auth.auth.tokens import unverified_claims
from tui_auth.auth.trace import CallTrace, TracingGateway
from tui_auth.errors import AuthError, ErrorField, ErrorKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui_auth.auth.app_client import AppClient
    from tui_auth.auth.engine import AuthReply, SignInEngine
    from tui_auth.auth.gateway import Gateway
    from tui_auth.secret import Secret


@dataclass(frozen=True)
class SignUpReply:
    """The reply to SignUp.

    Attributes:
        is_confirmed: True if no code is needed.
        delivery_details: Where the code was sent.
        sign_up_session: What ConfirmSignUp takes, so that the user is signed in after it; or None.
    """

    is_confirmed: bool
    delivery_details: DeliveryDetails
    sign_up_session: Secret | None


class AccountOperations:
    """Sign-up and password reset at one app client. Each method is one call and raises AuthError."""

    def __init__(
        self, gateway: Gateway, client: AppClient, metadata: Mapping[str, str] | None = None
    ) -> None:
        self._gateway = gateway
        self._client = client
        self._metadata = dict(metadata) if metadata else None

    def forgot_password(self, username: str) -> DeliveryDetails:
        """Send a reset code (ForgotPassword); an earlier code stops working.

        Returns:
            Where the code was sent, as the server masks it.
        """
        reply = self._call("ForgotPassword", username)
        return parse_delivery_details(reply.get("CodeDeliveryDetails"))

    def confirm_forgot_password(self, username: str, new_password: Secret, code: Secret) -> None:
        """Set a new password (ConfirmForgotPassword)."""
        self._call("ConfirmForgotPassword", username, ConfirmationCode=code, Password=new_password)

    def resend_confirmation_code(self, username: str) -> DeliveryDetails:
        """Send another sign-up code (ResendConfirmationCode).

        Returns:
            Where the code was sent, as the server masks it.
        """
        reply = self._call("ResendConfirmationCode", username)
        return parse_delivery_details(reply.get("CodeDeliveryDetails"))

    def sign_up(self, username: str, password: Secret | None, attributes: Mapping[str, str]) -> SignUpReply:
        """Create an account (SignUp); ``attributes`` are user attributes by Cognito's names.

        A pool with passwordless sign-in takes a user without a password.
        """
        pairs = [{"Name": name, "Value": value} for name, value in attributes.items()]
        reply = self._call("SignUp", username, Password=password, UserAttributes=pairs or None)
        return SignUpReply(
            reply.get("UserConfirmed") is True,
            parse_delivery_details(reply.get("CodeDeliveryDetails")),
            challenge_session(reply),
        )

    def confirm_sign_up(
        self, username: str, code: Secret, sign_up_session: Secret | None = None
    ) -> Secret | None:
        """Confirm a sign-up (ConfirmSignUp); one that was confirmed meanwhile counts as confirmed.

        Returns:
            The session with which the user signs in at once, or None.
        """
        try:
            reply = self._call("ConfirmSignUp", username, ConfirmationCode=code, Session=sign_up_session)
        except AuthError as error:
            if not is_confirmed_before(error):
                raise
            return None
        return challenge_session(reply)

    def _call(self, operation: str, username: str, **parameters: Any) -> Mapping[str, Any]:
        return self._gateway.call(
            operation,
            {
                "ClientId": self._client.client_id,
                "Username": username,
                "SecretHash": self._client.secret_hash(username),
                "ClientMetadata": self._metadata,
                **parameters,
            },
        )


# What an attempt does: each function changes the engine and raises AuthError. Called again after its reply
# was lost, it finds out whether the first call took effect.


CONTACTS = ("email", "phone_number")
"""The user attributes that Cognito can verify with a code."""


def find_unverified_contact(id_token: Secret) -> tuple[str, str] | None:
    """Return an address that the ID token says isn't verified, after its attribute; None if there is none.

    An app client that can't read the attribute gets no such claim, so nothing is known then.
    """
    claims = unverified_claims(id_token) or {}
    for name in CONTACTS:
        address, verified = claims.get(name), claims.get(f"{name}_verified")
        if isinstance(address, str) and address and str(verified).lower() == "false":
            return name, address
    return None


def send_contact_code(gateway: Gateway, trace: CallTrace, access_token: Secret, name: str) -> DeliveryDetails:
    """Send a code to an address of the signed-in user (GetUserAttributeVerificationCode).

    Args:
        gateway: Where to send the call.
        trace: Where to record it.
        access_token: The user's access token.
        name: The attribute: "email" or "phone_number".

    Returns:
        Where the code was sent, as the server masks it.

    Raises:
        AuthError: Cognito rejected the call, or no reply came.
    """
    with trace.call("sendUserAttributeVerificationCode") as span:
        request = {"AccessToken": access_token, "AttributeName": name}
        reply = TracingGateway(gateway).call("GetUserAttributeVerificationCode", request)
        details = parse_delivery_details(reply.get("CodeDeliveryDetails"))
        span.finish(details)
    return details


def verify_contact(gateway: Gateway, trace: CallTrace, access_token: Secret, name: str, code: Secret) -> None:
    """Verify an address of the signed-in user with the code that was sent to it (VerifyUserAttribute).

    Args: as for ``send_contact_code``, and the code.

    Raises:
        AuthError: Cognito rejected the code or the call, or no reply came.
    """
    with trace.call("confirmUserAttribute") as span:
        request = {"AccessToken": access_token, "AttributeName": name, "Code": code}
        TracingGateway(gateway).call("VerifyUserAttribute", request)
        span.finish("ok")


def sign_up(
    engine: SignInEngine,
    username: str,
    password: Secret | None,
    *,
    user_attributes: Mapping[str, str],
    auth_flow: AuthFlow,
    client_metadata: Mapping[str, str] | None,
) -> NextStep:
    """Create an account, then ask for its code or, if none is needed, sign in."""
    if not password and auth_flow.needs_password:
        auth_flow = AuthFlow.USER_AUTH
    engine.prepare(username, auth_flow, client_metadata)
    engine.set_password(password)
    already_sent = bool(password) and engine.writes.record_password_sent(username, engine.proof)
    try:
        reply = _operations(engine).sign_up(username, password, user_attributes)
    except AuthError as error:
        if already_sent and error.code == "UsernameExistsException":
            return next_step_for(engine, _sign_in_after_lost_reply(engine, engine.proof, error))
        engine.writes.record_failure(error, engine.proof)
        raise
    if reply.is_confirmed:
        return next_step_for(engine, engine.initiate_with_known_password())
    engine.sign_up_session = reply.sign_up_session
    return ConfirmSignUp(delivery_details=reply.delivery_details)


def confirm_sign_up(engine: SignInEngine, code: Secret) -> NextStep:
    """Confirm the sign-up, then sign in; if the password is forgotten, reset it first."""
    if not engine.first_call_committed:
        session = _confirm_with_either_session(engine, code)
        # Cognito signs in only a user who sent it the session of SignUp.
        engine.sign_up_session = session if engine.sign_up_session else None
        engine.first_call_committed = True
    return _sign_in_confirmed_user(engine)


def resend_sign_up_code(engine: SignInEngine) -> DeliveryDetails | NextStep:
    """Send another sign-up code; sign in if the sign-up was confirmed meanwhile."""
    try:
        return _operations(engine).resend_confirmation_code(engine.username)
    except AuthError as error:
        if not is_already_confirmed(error):
            raise
    engine.sign_up_session = None
    return _sign_in_confirmed_user(engine)


def send_reset_code(engine: SignInEngine) -> DeliveryDetails:
    """Send a reset code."""
    return _operations(engine).forgot_password(engine.username)


def confirm_reset_password(engine: SignInEngine, new_password: Secret, code: Secret) -> NextStep:
    """Set the new password, then sign in with it."""
    reply: AuthReply | None = None
    if not engine.first_call_committed:
        reply = _reset(engine, new_password, code)
        engine.new_password, engine.first_call_committed = new_password, True
    elif engine.new_password != new_password:
        raise AuthError(
            ErrorKind.VALIDATION,
            "The new password is set, but signing in with it failed.",
            "Enter it here, or go back and sign in with it.",
            field=ErrorField.NEW_PASSWORD,
        )
    step = next_step_for(engine, engine.initiate_with_known_password() if reply is None else reply)
    engine.writes.new_proof = engine.proof
    return step


def _operations(engine: SignInEngine) -> AccountOperations:
    return AccountOperations(engine.gateway, engine.client, engine.client_metadata)


def _confirm_with_either_session(engine: SignInEngine, code: Secret) -> Secret | None:
    """Confirm with the session of SignUp, then without: a code is valid for a day, the session shorter."""
    operations, session = _operations(engine), engine.sign_up_session
    try:
        return operations.confirm_sign_up(engine.username, code, session)
    except AuthError as error:
        if error.kind is not ErrorKind.CHALLENGE_SESSION_EXPIRED or session is None:
            raise
    engine.sign_up_session = None
    return operations.confirm_sign_up(engine.username, code)


def _sign_in_confirmed_user(engine: SignInEngine) -> NextStep:
    if session := engine.sign_up_session:
        try:
            reply = engine.initiate_with_session(session)
        except AuthError as error:
            if error.kind in (ErrorKind.NETWORK, ErrorKind.THROTTLED):
                raise
        else:
            return next_step_for(engine, reply)
    if engine.auth_flow.needs_password and not engine.proof.is_known:
        return ResetPassword()
    return next_step_for(engine, engine.initiate_with_known_password())


def _reset(engine: SignInEngine, new_password: Secret, code: Secret) -> AuthReply | None:
    """Set the new password; return a reply only if a sign-in had to show that it was set before."""
    proof = PasswordProof(engine.client.pool_name, new_password)
    already_sent = engine.writes.record_password_sent(engine.username, proof)
    try:
        _operations(engine).confirm_forgot_password(engine.username, new_password, code)
    except AuthError as error:
        if already_sent and error.code == "ExpiredCodeException":
            return _sign_in_after_lost_reply(engine, proof, error)
        engine.writes.record_failure(error, proof)
        raise
    engine.proof = proof
    return None


def _sign_in_after_lost_reply(engine: SignInEngine, proof: PasswordProof, rejection: AuthError) -> AuthReply:
    """Sign in with a new password to learn whether it took effect: the reply to the change was lost.

    Args:
        engine: The sign-in.
        proof: Proves the new password.
        rejection: How Cognito rejected the repeated change. Raised if the password doesn't sign in, or if the
            pool doesn't ask for it.
    """
    engine.proof = proof
    reply: AuthReply | None = None
    if engine.auth_flow is not AuthFlow.CUSTOM_WITHOUT_SRP:
        try:
            reply = engine.initiate_with_known_password()
        except AuthError as error:
            # Cognito reports a required reset before it checks the password.
            if not is_rejected_password(error) and error.code != "PasswordResetRequiredException":
                raise
    is_proved = engine.auth_flow is not AuthFlow.USER_AUTH or engine.proof.inner is not None
    if reply is None or not is_proved:
        engine.writes.new_proof = None
        raise rejection
    return reply
