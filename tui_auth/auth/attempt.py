"""One sign-in attempt, from the name to Done: what can be asked of it, and what is left when it is refused.

An attempt is an object of its own, dropped and never reused: whoever stops waiting for an answer goes on
with a ``fork()``, so that a late thread changes nothing that is still in use.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TypeVar

from tui_auth.auth import challenges
from tui_auth.auth.answering import Answering
from tui_auth.auth.app_client import AppClient
from tui_auth.auth.auth_flow import AuthFlow
from tui_auth.auth.beginning import Beginning
from tui_auth.auth.challenges import Answer, sent_as
from tui_auth.auth.device import Device
from tui_auth.auth.errors import AuthError, ErrorKind
from tui_auth.auth.exchange import Exchange
from tui_auth.auth.gateway import Gateway
from tui_auth.auth.learned import Learned
from tui_auth.auth.next_step import (
    AuthFactorType,
    ConfirmSignInWithPassword,
    ConfirmSignUp,
    ContinueSignInWithTOTPSetup,
    DeliveryDetails,
    NextStep,
    ResetPassword,
)
from tui_auth.auth.pool_presence import PoolPresence
from tui_auth.auth.progress import Progress
from tui_auth.auth.recovery import Recovery
from tui_auth.auth.refusals import is_unknown_device
from tui_auth.auth.sign_up_and_reset import SignUpAndReset
from tui_auth.auth.wire import RecordedGateway, Wire
from tui_auth.secret import Secret

_MAKES_A_KEY = "This makes a new key; the one shown so far stops working."
Outcome = TypeVar("Outcome", NextStep, DeliveryDetails, DeliveryDetails | NextStep)


class Attempt:
    """One person's sign-in to one app client.

    ``step`` is the step that waits for an answer, None before ``sign_in``. Every method that goes to
    Cognito raises AuthError for a refusal and leaves ``step`` as it was; where the user is unconfirmed or
    must reset, that is no refusal but the next step. ``refused_devices`` are the keys of devices that
    Cognito did not take, shared by the attempts of one Auth.

    All that changes is in ``_progress``. What stands there is never worked on: each method takes a copy to
    work on and puts that in its place, in one assignment, or drops it.
    """

    def __init__(
        self,
        gateway: Gateway,
        client: AppClient,
        wire: Wire | None = None,
        presence: PoolPresence | None = None,
        refused_devices: set[str] | None = None,
    ) -> None:
        self.wire = wire or Wire()
        self._presence = presence
        self._refused_devices = set() if refused_devices is None else refused_devices
        recorded = RecordedGateway(gateway)
        self._recovery = Recovery(recorded, client)
        self._progress = Progress(Exchange(recorded, client), Learned())

    def fork(self) -> Attempt:
        """A copy to go on with, after which this one no longer counts."""
        return copy.copy(self)

    def _whole(self, name: str, operation: Callable[[Progress], Outcome]) -> Outcome | NextStep:
        """All of the operation or, where it is refused, nothing but the half that Cognito has already taken.

        It works on a copy, which is kept in three cases: the operation succeeded; it was refused because the
        user is unconfirmed or must reset, which are next steps at any call; or its first half is done and
        would be refused a second time. ``name`` is what Amplify calls the operation, for the wire.
        """
        with self.wire.call(name) as recording:
            trial = self._progress.copy()
            outcome: Outcome | NextStep
            try:
                outcome = operation(trial)
            except AuthError as error:
                if error.code == "UserNotConfirmedException":
                    outcome = ConfirmSignUp()
                elif error.code == "PasswordResetRequiredException":
                    outcome = ResetPassword()
                else:
                    self._progress = self._after_refusal(trial, error)
                    raise (self._presence.explain(error) if self._presence else error) from None
            trial.arrive(outcome)
            self._progress = trial
            recording.led_to(outcome)
            return outcome

    def _after_refusal(self, trial: Progress, error: AuthError) -> Progress:
        """Where the sign-in stands then: a device or a password that was not taken is not forgotten."""
        kept = (trial if trial.half_done else self._progress).copy()
        if is_unknown_device(error):
            if kept.exchange.device is not None:
                self._refused_devices.add(kept.exchange.device.key)
            kept.exchange.device = None
        if isinstance(kept.step, ConfirmSignInWithPassword):
            kept.password_was_refused |= error.code == "NotAuthorizedException"
        return kept

    @property
    def step(self) -> NextStep | None:
        """The step that waits for an answer, None before there is one."""
        return self._progress.step

    @property
    def username(self) -> str:
        """The name as it was typed."""
        return self._progress.exchange.username

    @property
    def choices(self) -> tuple[str, ...]:
        """What was chosen so far: factors by Cognito's names, and the address of an e-mail set-up."""
        return tuple(chosen for _, chosen in self._progress.exchange.choices.made)

    @property
    def can_start_again(self) -> bool:
        """Whether ``restart`` can reach this step without asking for the password again."""
        flow = self._progress.exchange.auth_flow
        return not flow.is_custom and (self.is_password_known or flow is AuthFlow.USER_AUTH)

    @property
    def is_password_known(self) -> bool:
        """Whether a password was given and not refused, so that the account exists."""
        return self._progress.exchange.proof.is_known

    @property
    def may_have_set_password(self) -> bool:
        """Whether a new password was sent and not refused, so that the former one may no longer hold."""
        return self._progress.learned.new_proof is not None and not isinstance(self.step, ConfirmSignUp)

    @property
    def starting_anew_does(self) -> str:
        """What starting this step again does in the world, as a sentence; empty where nothing."""
        if isinstance(self.step, ContinueSignInWithTOTPSetup):
            in_use = "Keep the key in the app: it may be in use already."
            return in_use if self._progress.learned.key_may_be_in_use else _MAKES_A_KEY
        challenge = self._progress.exchange.challenge
        return challenges.starting_anew_does(challenge.name) if challenge else ""

    def forget(self) -> None:
        """Drop everything that was kept for a restart."""
        forgetful = self._progress.copy()
        forgetful.forget()
        self._progress = forgetful

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
        """InitiateAuth, and what follows silently. ``password`` is None where the flow takes none.

        ``device`` is the one remembered for this user, or None; it is dropped where Cognito has forgotten it.
        """
        return self._whole(
            "signIn",
            lambda trial: Beginning(trial).first(
                username,
                password,
                auth_flow=auth_flow,
                factor=sent_as(preferred_first_factor) if preferred_first_factor else None,
                client_metadata=client_metadata,
                device=None if device and device.key in self._refused_devices else device,
            ),
        )

    def restart(self, *, choices_kept: int | None = None) -> NextStep:
        """Begin again with what is still in memory and replay the choices made: the same step, anew.

        ``choices_kept`` replays only so many, which is the way back to a choice.
        """

        def begin_again(trial: Progress) -> NextStep:
            if not self.can_start_again:
                raise AuthError(
                    ErrorKind.INVALID_STATE, "This step cannot be started again.", "Sign in again."
                )
            trial.half_done = False
            return Beginning(trial).again(choices_kept)

        return self._whole("signIn (again)", begin_again)

    def confirm(
        self,
        answer: Answer,
        *,
        user_attributes: Mapping[str, str] | None = None,
        friendly_device_name: str | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> NextStep:
        """Answer the current step (RespondToAuthChallenge; VerifySoftwareToken before it in a set-up)."""

        def send(trial: Progress) -> NextStep:
            if client_metadata:
                trial.exchange.tell(client_metadata)
            return Answering(trial).answer(answer, user_attributes, friendly_device_name)

        return self._whole("confirmSignIn", send)

    def sign_up(
        self,
        username: str,
        password: Secret,
        *,
        user_attributes: Mapping[str, str],
        auth_flow: AuthFlow = AuthFlow.USER_SRP_AUTH,
        client_metadata: Mapping[str, str] | None = None,
    ) -> NextStep:
        """SignUp; then ConfirmSignUp waits for its code, or the sign-in goes on by itself.

        Called once more after its answer was lost, it signs in to the account that was made after all.
        """
        return self._whole(
            "signUp",
            lambda trial: SignUpAndReset(trial, self._recovery).sign_up(
                username,
                password,
                user_attributes=user_attributes,
                auth_flow=auth_flow,
                client_metadata=client_metadata,
            ),
        )

    def confirm_sign_up(self, code: Secret) -> NextStep:
        """ConfirmSignUp, then the sign-in goes on by itself; a forgotten password is reset before."""
        return self._whole(
            "confirmSignUp", lambda trial: SignUpAndReset(trial, self._recovery).confirm_sign_up(code)
        )

    def resend_sign_up_code(self) -> DeliveryDetails | NextStep:
        """ResendConfirmationCode: where the new code went, as the server masks it.

        Where the sign-up has been confirmed meanwhile, no code is needed: the sign-in goes on by itself.
        """
        return self._whole(
            "resendSignUpCode", lambda trial: SignUpAndReset(trial, self._recovery).resend_code()
        )

    def forgot_password(
        self,
        username: str,
        *,
        auth_flow: AuthFlow = AuthFlow.USER_SRP_AUTH,
        client_metadata: Mapping[str, str] | None = None,
    ) -> NextStep:
        """Begin with a reset, because the person asks for it. Nothing is sent yet."""
        begun, step = self._progress.copy(), ResetPassword()
        begun.exchange.prepare(username, auth_flow, client_metadata)
        begun.step = step
        self._progress = begun
        return step

    def reset_password(self) -> DeliveryDetails | NextStep:
        """ForgotPassword: where the code went, as the server masks it; an earlier code stops working."""
        return self._whole(
            "resetPassword", lambda trial: SignUpAndReset(trial, self._recovery).send_reset_code()
        )

    def confirm_reset_password(self, new_password: Secret, code: Secret) -> NextStep:
        """ConfirmForgotPassword, then sign in with the new password.

        Called once more after its answer was lost, it signs in with the password that was set after all.
        """
        return self._whole(
            "confirmResetPassword",
            lambda trial: SignUpAndReset(trial, self._recovery).confirm_reset(new_password, code),
        )
