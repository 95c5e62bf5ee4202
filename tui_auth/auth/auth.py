"""Auth, the public API: Amplify Auth's vocabulary over one app client, without a screen."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from tui_auth.auth.app_client import AppClient, AuthFlow, PoolExistenceCheck
from tui_auth.auth.gateway import Address, CognitoGateway, Gateway
from tui_auth.auth.trace import CallTrace, TracingGateway
from tui_auth.errors import AuthError, ErrorKind, drops_secrets
from tui_auth.secret import Secret

# A program shows its first screen before anybody signs in: methods import what only a sign-in needs.
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Self

    from tui_auth.auth.account import AccountOperations
    from tui_auth.auth.attempt import Attempt
    from tui_auth.auth.browser_listener import BrowserListener
    from tui_auth.auth.challenges import Answer
    from tui_auth.auth.devices import Device
    from tui_auth.auth.managed_login import ManagedLogin
    from tui_auth.auth.next_step import (
        AuthFactorType,
        ContinueSignInWithBrowser,
        DeliveryDetails,
        Done,
        ResetPasswordResult,
        SignInResult,
        SignUpResult,
    )


class BrowserSignIn:
    """A sign-in in a browser that waits for its answer: ``complete`` it, or ``listen`` for it.

    Attributes:
        url: The address to open in a browser.
        short_url: The address on this machine that leads there while ``listen`` waits; empty if the browser
            ends elsewhere.
        redirect_uri: Where the browser ends.
    """

    def __init__(self, attempt: Attempt, step: ContinueSignInWithBrowser) -> None:
        self._attempt = attempt
        self._step = step
        self.url, self.short_url, self.redirect_uri = step.url, step.short_url, step.redirect_uri

    def __repr__(self) -> str:
        return f"BrowserSignIn(redirect_uri={self.redirect_uri!r})"

    @drops_secrets
    def complete(self, address: str | Secret) -> SignInResult:
        """Take the address that the browser ended at and exchange its code for tokens (``/oauth2/token``).

        Args:
            address: The whole address or its query; line breaks and quotes around it don't matter.

        Raises:
            InvalidParameterError: It isn't the answer to this sign-in.
            AuthError: The provider or the domain rejected the sign-in, or no reply came.
        """
        from tui_auth.auth.next_step import SignInResult

        return SignInResult(self._attempt.confirm(_secret(address)))

    @drops_secrets
    def listen(self, timeout: float | None = None) -> SignInResult:
        """Wait on this machine for the browser, then do as ``complete``.

        Args:
            timeout: In seconds; by default ten minutes.

        Raises:
            InvalidStateError: The port is in use, or the browser doesn't end at this machine.
            NetworkError: The browser didn't come in time.
            AuthError: As for ``complete``.
        """
        with self.open_listener(timeout) as listener:
            return self.complete(answer_of(listener.wait()))

    def open_listener(self, timeout: float | None = None) -> BrowserListener:
        """Start to listen, for a program that waits in its own way.

        Args:
            timeout: As for ``listen``; then the port is free again.

        Raises:
            InvalidStateError: As for ``listen``.
        """
        from dataclasses import replace

        from tui_auth.auth.browser_listener import BrowserListener

        return BrowserListener(replace(self._step, expires_in=timeout or self._step.expires_in))


def answer_of(address: Secret | None) -> Secret:
    """Return what a listener got. Raises NetworkError if that is nothing."""
    if address is None:
        raise AuthError(ErrorKind.NETWORK, "No answer came from the browser in time.", "Start again.")
    return address


class Auth:
    """Sign in to one app client of one user pool.

    Every method raises AuthError if Cognito rejects a call or no reply comes.

    Args:
        user_pool_id: The pool, such as "eu-west-1_Ab12Cd34E".
        client_id: The app client.
        client_secret: The client secret, for a client that has one.
        endpoint_url: The endpoint in place of AWS's own, for the local emulator.
        region: The region in place of the one in the pool ID.
        gateway: Where to send calls in place of boto3, for tests.
        trace: Where to record calls, by name only.
        domain: The user pool's domain, for ``sign_in_with_browser``: a URL, a host, or its prefix.
        redirect_uri: The callback URL that the browser ends at; by default http://localhost:47831/.

    Raises:
        AuthError: An ID, the endpoint or the domain can't be one (kind CONFIGURATION).
    """

    default_auth_flow: AuthFlow | str = AuthFlow.USER_SRP_AUTH
    default_first_factor: AuthFactorType | str | None = None
    default_client_metadata: Mapping[str, str] | None = None
    """What ``sign_in`` takes unless it is told otherwise."""

    _finish: Callable[[Done, str], Done] | None = None
    """Takes Done and the user name as typed, and returns the Done to hand out: see ``Attempt``."""

    @drops_secrets
    def __init__(
        self,
        user_pool_id: str,
        client_id: str,
        client_secret: str | Secret | None = None,
        endpoint_url: str | None = None,
        region: str | None = None,
        *,
        gateway: Gateway | None = None,
        trace: CallTrace | None = None,
        domain: str | None = None,
        redirect_uri: str | None = None,
    ) -> None:
        secret = Secret(client_secret) if isinstance(client_secret, str) else client_secret
        self.client = AppClient(user_pool_id, client_id, secret or None, endpoint_url, region)
        self._pool_check = None if gateway else PoolExistenceCheck(user_pool_id, endpoint_url)
        self.gateway = gateway or CognitoGateway(Address(self.client.region, endpoint_url))
        self.trace = trace or CallTrace()
        self.managed_login = self._managed_login(domain, redirect_uri) if domain else None
        self._rejected_devices: set[str] = set()
        self._attempt: Attempt | None = None

    def _managed_login(self, domain: str, redirect_uri: str | None) -> ManagedLogin:
        from tui_auth.auth.managed_login import ManagedLogin

        return ManagedLogin.at(domain, self.client.region, redirect_uri=redirect_uri)

    def attempt(self) -> Attempt:
        """Return an independent attempt, for a program that signs in several users or can be canceled.

        Its ``sign_in(username, Secret(password))`` and ``confirm(answer)`` return the next step.
        """
        from tui_auth.auth.attempt import Attempt

        return Attempt(
            self.gateway,
            self.client,
            self.trace,
            self._pool_check,
            self._rejected_devices,
            self._finish,
        )

    def fork(self, *, keeps_sign_in: bool = True) -> Self:
        """Return a copy to go on with; the result of a call that still runs on this one is ignored.

        Args:
            keeps_sign_in: Whether the copy goes on with the sign-in under way.
        """
        attempt = self._attempt.fork() if self._attempt and keeps_sign_in else None
        new = copy.copy(self)
        vars(new)["_attempt"] = attempt
        return new

    @drops_secrets
    def sign_in(
        self,
        username: str,
        password: str | Secret | None = None,
        *,
        auth_flow: AuthFlow | str | None = None,
        preferred_first_factor: AuthFactorType | str | None = None,
        client_metadata: Mapping[str, str] | None = None,
        device: Device | None = None,
    ) -> SignInResult:
        """Start a sign-in (InitiateAuth) and answer what needs no user. Drops a sign-in under way.

        Args:
            username: The user name, or an alias of it.
            password: The password, or None for a flow that needs none.
            auth_flow: The flow to start with, a member or its name; by default that of the profile, or
                USER_SRP_AUTH.
            preferred_first_factor: PREFERRED_CHALLENGE, for USER_AUTH.
            client_metadata: ClientMetadata of every call.
            device: The remembered device of this user (``Done.device``).
        """
        from tui_auth.auth.next_step import SignInResult

        self._attempt = attempt = self.attempt()
        return SignInResult(
            attempt.sign_in(
                username,
                Secret(password) if isinstance(password, str) else password,
                auth_flow=_parse_flow(auth_flow or self.default_auth_flow),
                preferred_first_factor=preferred_first_factor or self.default_first_factor,
                client_metadata=client_metadata or self.default_client_metadata,
                device=device,
            )
        )

    @drops_secrets
    def sign_in_with_browser(
        self,
        provider: str | None = None,
        *,
        scopes: Sequence[str] | None = None,
        idp_identifier: str | None = None,
        login_hint: str | None = None,
        prompt: str | None = None,
    ) -> BrowserSignIn:
        """Start a sign-in on the managed login page of the pool's domain. Sends nothing yet.

        Args:
            provider: The identity provider to go to at once, such as "Google"; by default the user chooses.
            scopes: The scopes to ask for; by default all that the app client allows.
            idp_identifier: A provider's identifier, such as an email domain, in place of its name.
            login_hint: The user name to fill in on the page.
            prompt: "login" to ask even if the browser has a session.

        Raises:
            InvalidStateError: There is no domain.
        """
        from dataclasses import replace

        if self.managed_login is None:
            raise AuthError(
                ErrorKind.INVALID_STATE,
                "Auth has no domain to sign in with a browser.",
                "Pass the pool's domain to Auth.",
            )
        given: dict[str, Any] = {
            "provider": provider,
            "scopes": tuple(scopes) if scopes else None,
            "idp_identifier": idp_identifier,
            "login_hint": login_hint,
            "prompt": prompt,
        }
        login = replace(self.managed_login, **{name: value for name, value in given.items() if value})
        self._attempt = attempt = self.attempt()
        step: Any = attempt.sign_in_with_browser(login)
        return BrowserSignIn(attempt, step)

    @drops_secrets
    def confirm_sign_in(
        self,
        answer: Answer,
        *,
        user_attributes: Mapping[str, str] | None = None,
        friendly_device_name: str | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> SignInResult:
        """Answer the current step.

        Args:
            answer: A code, a password, or a choice: the member, Cognito's name or Amplify's (``MFAType.SMS``,
                "SMS_MFA" or "SMS").
            user_attributes: Attributes for ConfirmSignInWithNewPassword.
            friendly_device_name: The authenticator app's name, for ContinueSignInWithTOTPSetup.
            client_metadata: ClientMetadata from now on, in place of the one so far.
        """
        from tui_auth.auth.next_step import SignInResult

        if self._attempt is None:
            raise AuthError(ErrorKind.INVALID_STATE, "No sign-in is in progress.", "Call sign_in first.")
        return SignInResult(
            self._attempt.confirm(
                answer,
                user_attributes=user_attributes,
                friendly_device_name=friendly_device_name,
                client_metadata=client_metadata,
            )
        )

    @drops_secrets
    def remember_device(self, done: Done) -> None:
        """Have the pool remember this machine (UpdateDeviceStatus), if ``done.asks_to_remember_device``."""
        from tui_auth.auth.devices import remember_device

        if done.device is not None:
            with self.trace.call("rememberDevice") as span:
                remember_device(TracingGateway(self.gateway), done.device, done.tokens.access_token)
                span.finish("ok")

    @drops_secrets
    def reset_password(self, username: str) -> ResetPasswordResult:
        """Send a reset code (ForgotPassword); an earlier code stops working."""
        from tui_auth.auth.next_step import ConfirmResetPasswordWithCode, ResetPasswordResult

        with self.trace.call("resetPassword") as span:
            details = self._account().forgot_password(username)
            span.finish(details)
        return ResetPasswordResult(ConfirmResetPasswordWithCode(details))

    @drops_secrets
    def confirm_reset_password(self, username: str, new_password: str | Secret, code: str | Secret) -> None:
        """Set a new password (ConfirmForgotPassword)."""
        with self.trace.call("confirmResetPassword") as span:
            self._account().confirm_forgot_password(username, _secret(new_password), _secret(code))
            span.finish("ok")

    @drops_secrets
    def sign_up(
        self,
        username: str,
        password: str | Secret | None = None,
        *,
        user_attributes: Mapping[str, str] | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> SignUpResult:
        """Create an account (SignUp). Doesn't sign in.

        Args:
            username: The user name.
            password: The password; None in a pool with passwordless sign-in.
            user_attributes: User attributes by Cognito's names.
            client_metadata: ClientMetadata of the call.
        """
        from tui_auth.auth.next_step import ConfirmSignUp, SignUpResult

        with self.trace.call("signUp") as span:
            reply = self._account(client_metadata).sign_up(
                username, _secret(password) if password else None, user_attributes or {}
            )
            step = None if reply.is_confirmed else ConfirmSignUp(delivery_details=reply.delivery_details)
            span.finish(step or "ok")
        return SignUpResult(reply.is_confirmed, step)

    @drops_secrets
    def confirm_sign_up(self, username: str, code: str | Secret) -> SignUpResult:
        """Confirm a sign-up (ConfirmSignUp)."""
        from tui_auth.auth.next_step import SignUpResult

        with self.trace.call("confirmSignUp") as span:
            self._account().confirm_sign_up(username, _secret(code))
            span.finish("ok")
        return SignUpResult(is_sign_up_complete=True)

    @drops_secrets
    def resend_sign_up_code(self, username: str) -> DeliveryDetails:
        """Send another sign-up code (ResendConfirmationCode).

        Returns:
            Where the code was sent, as the server masks it.
        """
        with self.trace.call("resendSignUpCode") as span:
            details = self._account().resend_confirmation_code(username)
            span.finish(details)
        return details

    def _account(self, client_metadata: Mapping[str, str] | None = None) -> AccountOperations:
        from tui_auth.auth.account import AccountOperations

        return AccountOperations(TracingGateway(self.gateway), self.client, client_metadata)


def _secret(value: str | Secret) -> Secret:
    return value if isinstance(value, Secret) else Secret(value)


def _parse_flow(name: AuthFlow | str) -> AuthFlow:
    try:
        return AuthFlow(name)
    except ValueError:
        known = ", ".join(AuthFlow)
        raise AuthError(ErrorKind.VALIDATION, "Unknown auth flow.", f"Choose one of {known}.") from None
