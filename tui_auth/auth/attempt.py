"""One sign-in attempt, from the user name to Done: its operations, each run as a transaction.

An attempt is dropped, never reused. A program that stops waiting for a reply goes on with a ``fork()``, so
that a late thread changes nothing still in use.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, TypeVar

from tui_auth.auth import account, challenges, sign_in
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.engine import SignInEngine
from tui_auth.auth.error_catalog import is_unknown_device
from tui_auth.auth.next_step import (
    ConfirmSignInWithPassword,
    ConfirmSignUp,
    ContinueSignInWithTOTPSetup,
    DeliveryDetails,
    Done,
    NextStep,
    ResetPassword,
)
from tui_auth.auth.trace import CallTrace, TracingGateway
from tui_auth.errors import AuthError, ErrorKind
from tui_auth.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tui_auth.auth.app_client import AppClient, PoolExistenceCheck
    from tui_auth.auth.challenges import Answer
    from tui_auth.auth.devices import Device
    from tui_auth.auth.gateway import Gateway
    from tui_auth.auth.managed_login import ManagedLogin
    from tui_auth.auth.next_step import AuthFactorType

_MAKES_A_KEY = "This creates a new key. The one shown before stops working."
_KEY_MAY_BE_IN_USE = "Don't delete the key from the app: it may already be in use."

Outcome = TypeVar("Outcome", NextStep, DeliveryDetails, DeliveryDetails | NextStep)


class Attempt:
    """One user's sign-in to one app client.

    Every method that calls Cognito raises AuthError and then leaves ``step`` as it was. If Cognito says that
    the user is unconfirmed or must reset the password, that is no error but the next step.

    All that changes is in ``_engine``, which is never modified: each operation runs on a copy, which then
    replaces it in one assignment or is dropped.

    Args:
        gateway: Where to send calls.
        client: The app client.
        trace: Where to record calls, by name only.
        pool_check: Explains a rejected password if the pool doesn't exist.
        rejected_devices: Keys of devices that Cognito rejected, shared by the attempts of one ``Auth``.
        finish: Takes Done and the user name as typed, and returns the Done to hand out. Raises AuthError if
            nobody is signed in, such as if the pool didn't sign the tokens.
    """

    def __init__(
        self,
        gateway: Gateway,
        client: AppClient,
        trace: CallTrace | None = None,
        pool_check: PoolExistenceCheck | None = None,
        rejected_devices: set[str] | None = None,
        finish: Callable[[Done, str], Done] | None = None,
    ) -> None:
        self.trace = trace or CallTrace()
        self._pool_check = pool_check
        self._finish = finish
        self._rejected_devices = set() if rejected_devices is None else rejected_devices
        self._engine = SignInEngine(TracingGateway(gateway), client)

    def fork(self) -> Attempt:
        """Return a copy to go on with; the result of a call that still runs on this one is ignored."""
        return copy.copy(self)

    def _transaction(self, name: str, operation: Callable[[SignInEngine], Outcome]) -> Outcome | NextStep:
        """Run an operation on a copy of the engine and commit it on success.

        After an error keep only the part that Cognito has already accepted (``first_call_committed``).
        UserNotConfirmedException and PasswordResetRequiredException become next steps.

        Args:
            name: Amplify's name of the operation, for the trace.
            operation: Changes the engine; raises AuthError.
        """
        with self.trace.call(name) as span:
            engine = copy.copy(self._engine)
            outcome: Outcome | NextStep | AuthError
            try:
                outcome = operation(engine)
                if self._finish and isinstance(outcome, Done):
                    outcome = self._finish(outcome, engine.username)
            except AuthError as error:
                outcome = self._outcome_of_error(engine, error)
            if isinstance(outcome, AuthError):
                raise outcome.without_secrets()
            engine.complete(outcome)
            self._engine = engine
            span.finish(outcome)
            return outcome

    def _outcome_of_error(self, engine: SignInEngine, error: AuthError) -> NextStep | AuthError:
        if error.code == "UserNotConfirmedException":
            return ConfirmSignUp()
        if error.code == "PasswordResetRequiredException":
            return ResetPassword()
        self._engine = self._engine_after_error(engine, error)
        return self._pool_check.explain(error) if self._pool_check else error

    def _engine_after_error(self, engine: SignInEngine, error: AuthError) -> SignInEngine:
        """Return the state after a failed call: drop a rejected device, record a rejected password."""
        state = copy.copy(engine if engine.first_call_committed else self._engine)
        if is_unknown_device(error):
            if state.device is not None:
                self._rejected_devices.add(state.device.key)
            state.device = None
        if isinstance(state.step, ConfirmSignInWithPassword):
            state.was_password_rejected |= error.code == "NotAuthorizedException"
        return state

    @property
    def step(self) -> NextStep | None:
        """The step that waits for an answer, or None before there is one."""
        return self._engine.step

    @property
    def username(self) -> str:
        """The user name as typed."""
        return self._engine.username

    @property
    def choices(self) -> tuple[str, ...]:
        """What the user chose so far: factors by Cognito's names, and the address of an email set-up."""
        return tuple(choice for _, choice in self._engine.choices.made)

    @property
    def can_restart(self) -> bool:
        """Whether ``restart`` can reach this step without asking for the password again."""
        flow = self._engine.auth_flow
        needs_no_password = flow in (AuthFlow.USER_AUTH, AuthFlow.BROWSER)
        return not flow.is_custom and (self.is_password_known or needs_no_password)

    @property
    def is_password_known(self) -> bool:
        """Whether there is a password that Cognito did not reject, so that the account exists."""
        return self._engine.proof.is_known

    @property
    def may_have_set_password(self) -> bool:
        """Whether a new password was sent and may be in effect, so that the old one may not be."""
        return self._engine.writes.new_proof is not None and not isinstance(self.step, ConfirmSignUp)

    @property
    def restart_side_effect(self) -> str:
        """What ``restart`` causes at this step, as a sentence; empty if nothing."""
        if isinstance(self.step, ContinueSignInWithTOTPSetup):
            return _KEY_MAY_BE_IN_USE if self._engine.writes.totp_key_may_be_in_use else _MAKES_A_KEY
        challenge = self._engine.challenge
        return challenges.restart_side_effect(challenge.name) if challenge else ""

    def forget(self) -> None:
        """Drop everything stored for a restart."""
        engine = copy.copy(self._engine)
        engine.forget()
        self._engine = engine

    def sign_in(
        self,
        username: str,
        password: Secret | None,
        *,
        auth_flow: AuthFlow = AuthFlow.USER_SRP_AUTH,
        preferred_first_factor: AuthFactorType | str | None = None,
        client_metadata: Mapping[str, str] | None = None,
        device: Device | None = None,
    ) -> NextStep:
        """Start the sign-in (InitiateAuth) and answer what needs no user.

        Args:
            username: The user name, or an alias of it.
            password: The password, or None for a flow that needs none.
            auth_flow: The flow to start with.
            preferred_first_factor: PREFERRED_CHALLENGE, for USER_AUTH.
            client_metadata: ClientMetadata of every call.
            device: The remembered device of this user; dropped if Cognito has forgotten it.
        """
        is_rejected = device is not None and device.key in self._rejected_devices
        return self._transaction(
            "signIn",
            lambda engine: sign_in.sign_in(
                engine,
                username,
                password,
                auth_flow=auth_flow,
                first_factor=preferred_first_factor or None,
                client_metadata=client_metadata,
                device=None if is_rejected else device,
            ),
        )

    def sign_in_with_browser(self, login: ManagedLogin) -> NextStep:
        """Start the sign-in in a browser; the next step has the address to open. Sends nothing.

        Args:
            login: The domain of the user pool, and how to sign in there.
        """
        return self._transaction(
            "signInWithRedirect", lambda engine: sign_in.sign_in_with_browser(engine, login)
        )

    def restart(self, *, choice_count: int | None = None) -> NextStep:
        """Start again with what is in memory and replay the user's choices, to reach the same step.

        Args:
            choice_count: How many choices to replay, to go back to one of them; by default all.

        Raises:
            AuthError: Also if ``can_restart`` is false (kind INVALID_STATE).
        """

        def operation(engine: SignInEngine) -> NextStep:
            if not self.can_restart:
                raise AuthError(ErrorKind.INVALID_STATE, "This step can't be restarted.", "Sign in again.")
            engine.first_call_committed = False
            return sign_in.restart(engine, choice_count)

        return self._transaction("signIn (again)", operation)

    def confirm(
        self,
        answer: Answer,
        *,
        user_attributes: Mapping[str, str] | None = None,
        friendly_device_name: str | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> NextStep:
        """Answer the current step.

        Args:
            answer: A code, a password, or a choice (a member or Cognito's name).
            user_attributes: Attributes for ConfirmSignInWithNewPassword.
            friendly_device_name: The authenticator app's name, for ContinueSignInWithTOTPSetup.
            client_metadata: ClientMetadata from now on, in place of the one so far.
        """
        if isinstance(answer, str):
            answer = Secret(answer)  # an error keeps this frame

        def operation(engine: SignInEngine) -> NextStep:
            if client_metadata:
                engine.set_client_metadata(client_metadata)
            return sign_in.answer_step(engine, answer, user_attributes, friendly_device_name)

        return self._transaction("confirmSignIn", operation)

    def sign_up(
        self,
        username: str,
        password: Secret | None,
        *,
        user_attributes: Mapping[str, str],
        auth_flow: AuthFlow = AuthFlow.USER_SRP_AUTH,
        client_metadata: Mapping[str, str] | None = None,
    ) -> NextStep:
        """Create an account (SignUp); the next step asks for its code or follows from signing in.

        Called again after its reply was lost, it signs in to the account that was created.

        Args:
            username: The user name.
            password: The password; None in a pool with passwordless sign-in, with USER_AUTH afterwards.
            user_attributes: User attributes by Cognito's names.
            auth_flow: The flow to sign in with afterwards.
            client_metadata: ClientMetadata of every call.
        """
        return self._transaction(
            "signUp",
            lambda engine: account.sign_up(
                engine,
                username,
                password,
                user_attributes=user_attributes,
                auth_flow=auth_flow,
                client_metadata=client_metadata,
            ),
        )

    def confirm_sign_up(self, code: Secret) -> NextStep:
        """Confirm the sign-up (ConfirmSignUp), then sign in; reset a forgotten password first."""
        return self._transaction("confirmSignUp", lambda engine: account.confirm_sign_up(engine, code))

    def resend_sign_up_code(self) -> DeliveryDetails | NextStep:
        """Send another sign-up code (ResendConfirmationCode).

        Returns:
            Where the code was sent, as the server masks it. If the sign-up was confirmed meanwhile, the next
            step of signing in.
        """
        return self._transaction("resendSignUpCode", account.resend_sign_up_code)

    def forgot_password(
        self,
        username: str,
        *,
        auth_flow: AuthFlow = AuthFlow.USER_SRP_AUTH,
        client_metadata: Mapping[str, str] | None = None,
    ) -> NextStep:
        """Start with a password reset. Sends nothing yet.

        Args:
            username: The user name, or an alias of it.
            auth_flow: The flow to sign in with afterwards.
            client_metadata: ClientMetadata of every call.
        """
        engine, step = copy.copy(self._engine), ResetPassword()
        engine.prepare(username, auth_flow, client_metadata)
        engine.step = step
        self._engine = engine
        return step

    def reset_password(self) -> DeliveryDetails | NextStep:
        """Send a reset code (ForgotPassword); an earlier code stops working.

        Returns:
            Where the code was sent, as the server masks it; or the next step, as for every call.
        """
        return self._transaction("resetPassword", account.send_reset_code)

    def confirm_reset_password(self, new_password: Secret, code: Secret) -> NextStep:
        """Set the new password (ConfirmForgotPassword), then sign in with it.

        Called again after its reply was lost, it signs in with the password that was set.
        """
        return self._transaction(
            "confirmResetPassword",
            lambda engine: account.confirm_reset_password(engine, new_password, code),
        )
