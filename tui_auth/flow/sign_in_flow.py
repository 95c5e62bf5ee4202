"""SignInFlow: the controller of a sign-in, for the full screen and for line prompts.

A front end calls a method for each decision of the user and carries out the output that it returns. Requests
are outputs too: the front end calls ``PendingRequest.send`` in the background and passes the reply to
``SignInFlow.receive``. So the rules for errors, late replies, going back and restarting exist only once, and
the tests need no terminal.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING

from tui_auth.auth.attempt import Attempt
from tui_auth.auth.error_policy import ErrorAction, action_for_error
from tui_auth.auth.next_step import (
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithOTP,
    ConfirmSignInWithSMSMFACode,
    ConfirmSignUp,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithPasskey,
    ContinueSignInWithTOTPSetup,
    DeliveryDetails,
    Done,
    NextStep,
    ResetPassword,
    TOTPSetupDetails,
)
from tui_auth.errors import AuthError, ErrorField
from tui_auth.flow import checks, messages, passkey
from tui_auth.flow.after_sign_in import AfterSignIn
from tui_auth.flow.errors import compute_retry_delay, describe_error
from tui_auth.flow.interface import INTERNAL_ERROR, ErrorMessage
from tui_auth.flow.outputs import (
    Finish,
    OfferRestart,
    RunRequest,
    ShowCodeSent,
    ShowError,
    ShowNotice,
    ShowSignIn,
    ShowSignUp,
    ShowStep,
    StepContext,
    WaitBeforeRetry,
)
from tui_auth.secret import Secret
from tui_auth.terminal.clipboard import is_possible_code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tui_auth.auth.auth import Auth
    from tui_auth.auth.challenges import Answer
    from tui_auth.auth.devices import Device
    from tui_auth.flow.after_sign_in import SessionSaver
    from tui_auth.flow.interface import SignInSettings
    from tui_auth.flow.outputs import Call, Output, Reply, Request


class PendingRequest:
    """The request in flight: breadcrumbs to show on success and the key that repeats it."""

    def __init__(
        self,
        call: Call,
        attempt: Attempt,
        saver: SessionSaver | None = None,
        breadcrumbs: tuple[str, ...] = (),
        is_restart: bool = False,
    ) -> None:
        self._calls = [call]
        self._attempt, self._saver = attempt, saver
        self.breadcrumbs = breadcrumbs
        self.is_restart = is_restart

    def send(self) -> Reply | Exception:
        """Call Cognito once and return the reply or the error.

        Tokens that the pool didn't sign are an error. The call holds the password, so it is dropped here:
        a Textual worker, and the screens it opens, keep a reference to the request.
        """
        try:
            reply = self._calls.pop()(self._attempt)
            if isinstance(reply, Done) and self._saver:
                self._saver.check_signatures(reply)
        except Exception as error:
            return error
        return reply


class SignInFlow(AfterSignIn):
    """Signs users in, one attempt after the other.

    Args:
        auth: The user pool and app client to sign in to.
        settings: How to sign in.
        saver: Saves the session; None to save nothing.
        find_device: Returns the remembered device of a user; by default the saver's.
        enter_key: The key that repeats a request; empty if the front end has no keys.
    """

    def __init__(
        self,
        auth: Auth,
        settings: SignInSettings,
        saver: SessionSaver | None = None,
        *,
        find_device: Callable[[str], Device | None] | None = None,
        enter_key: str = "Enter",
    ) -> None:
        super().__init__(auth, settings, saver)
        self._find_device = find_device or (saver.device if saver else lambda username: None)
        self._enter_key = self.retry_key = enter_key
        self.pending: PendingRequest | None = None
        self._breadcrumbs: tuple[str, ...] = ()
        self._challenge_count = 1
        self._wait_count = 0
        self._reset_was_requested = False
        self._is_signing_up = False
        self._sign_up_attributes = checks.SignUpAttributes(settings)
        self._totp_code: Secret | None = None
        self._totp_digests: dict[str, bytes] = {}

    @property
    def username(self) -> str:
        """The user name of the current or last attempt, as it was typed."""
        return self.attempt.username if self.attempt else ""

    @property
    def can_restart(self) -> bool:
        """Whether the step can be restarted without a new sign-in."""
        return self.attempt is not None and self.attempt.can_restart

    @property
    def is_password_known(self) -> bool:
        """Whether Cognito has accepted the password, so that the user exists."""
        return self.attempt is not None and self.attempt.is_password_known

    # -- what the user decides ----------------------------------------------------------------------

    def sign_in(self, username: str, password: Secret | None) -> Output:
        """Start an attempt; ``password`` is None if the auth flow takes none."""
        if self.pending:  # a second Enter must not replace the attempt of the first
            return None
        settings, find_device = self.settings, self._find_device
        first_factor = passkey.usable_first_factor(settings.preferred_first_factor, settings.passkeys)
        username = checks.normalize_username(username, settings)
        if problem := checks.check_sign_in(username, password, settings):
            return ShowError(problem)
        self._begin()

        def call(attempt: Attempt) -> NextStep:
            return attempt.sign_in(
                username,
                password,
                auth_flow=settings.auth_flow,
                preferred_first_factor=first_factor,
                client_metadata=settings.client_metadata,
                device=find_device(username),
            )

        return self._request(call, breadcrumbs=("password" if password else "username",))

    def sign_in_with_browser(self, provider: str = "") -> Output:
        """Start an attempt in a browser. Sends no request: the browser does.

        Args:
            provider: The identity provider to go to at once; by default as the settings say.
        """
        login = self.settings.managed_login
        if self.pending or login is None:
            return None
        if provider:
            login = replace(login, provider=provider, idp_identifier="")
        return self.arrive(self._begin().sign_in_with_browser(login))

    def reset_password(self, username: str) -> Output:
        """Start an attempt that resets the password first. Sends no request yet."""
        if self.pending:
            return None
        username = checks.normalize_username(username, self.settings)
        if problem := checks.check_sign_in(username, None, self.settings):
            return ShowError(problem)
        attempt = self._begin()
        self._reset_was_requested = True
        step = attempt.forgot_password(
            username, auth_flow=self.settings.auth_flow, client_metadata=self.settings.client_metadata
        )
        return self.arrive(step)

    def open_sign_up(self, username: str) -> Output:
        """Show the sign-up form."""
        if self.pending:
            return None
        self.drop()
        self._is_signing_up = True
        self._sign_up_attributes = checks.SignUpAttributes(self.settings)
        return ShowSignUp(username)

    @property
    def required_attributes(self) -> tuple[str, ...]:
        """The user attributes that a sign-up requires, from the settings and from Cognito's errors."""
        return self._sign_up_attributes.required

    def sign_up(self, username: str, password: Secret | None, attributes: Mapping[str, str]) -> Output:
        """Create the account (SignUp), then continue as after a sign-in.

        Args:
            username: The user name.
            password: The password; None for an account without one, which only USER_AUTH can sign in to.
            attributes: The user attributes by Cognito's names, without empty ones.
        """
        if self.pending:
            return None
        settings = self.settings
        username = checks.normalize_username(username, settings, is_new=True)
        attributes = {name: checks.normalize_attribute(name, value) for name, value in attributes.items()}
        problem = checks.check_sign_up(username, password, attributes, self.required_attributes, settings)
        if problem:
            return ShowError(problem)
        if self.attempt is None:  # an existing attempt may know of an account whose reply was lost
            self._begin()
        call = partial(
            Attempt.sign_up,
            username=username,
            password=password,
            user_attributes=attributes,
            auth_flow=settings.auth_flow,
            client_metadata=settings.client_metadata,
        )
        return self._request(call, breadcrumbs=("sign-up",))

    def answer(
        self,
        answer: Answer,
        *,
        breadcrumb: str = "",
        attributes: Mapping[str, str] | None = None,
        new_password: Secret | None = None,
    ) -> Output:
        """Answer the step.

        Args:
            answer: The code, password or selected method.
            breadcrumb: The step in a word or two.
            attributes: The user attributes that the step requires.
            new_password: The new password of a reset.
        """
        if self.step is None or self.pending:
            return None
        if type(self.step) not in checks.CODE_DIGITS or not isinstance(answer, Secret):
            problem = checks.find_answer_error(self.step, answer, attributes)
        elif is_possible_code(answer.reveal(), digits := checks.CODE_DIGITS[type(self.step)]):
            problem = checks.check_new_password(new_password) if new_password else None
        else:
            problem = ErrorMessage(checks.find_code_error(answer, digits))
        if problem:
            return ShowError(problem)
        call: Call
        match self.step, answer:
            case ResetPassword(), Secret() as code if new_password is not None:
                call = partial(Attempt.confirm_reset_password, new_password=new_password, code=code)
            case ConfirmSignUp(), Secret() as code:
                call = partial(Attempt.confirm_sign_up, code=code)
            case _:
                call = partial(Attempt.confirm, answer=answer, user_attributes=attributes)
        if isinstance(self.step, ContinueSignInWithTOTPSetup) and isinstance(answer, Secret):
            self._totp_code = answer
        return self._request(call, breadcrumbs=(*self._breadcrumbs, breadcrumb))

    def new_code(self, *, key: str | None = None) -> Output:
        """Request a new code (ForgotPassword, ResendConfirmationCode), or restart the step for one.

        Args:
            key: The key that repeats the request; by default Enter.
        """
        match self.step:
            case ResetPassword():
                return self._request(Attempt.reset_password, key=key)
            case ConfirmSignUp():
                return self._request(Attempt.resend_sign_up_code, key=key)
        return self.restart(key=key)

    def restart(self, *, key: str | None = None) -> Output:
        """Sign in again up to this step, with the same choices."""
        if self.can_restart:
            return self._request(Attempt.restart, is_restart=True, key=key)
        return ShowError(ErrorMessage("You need to sign in again. Press Esc to go back."))

    def back(self, *, is_waiting: bool = False) -> Output:
        """Go back to the last choice of a factor, or to sign-in if there was none.

        Going back to a choice takes a request. It isn't sent during a wait or after it has failed.
        """
        attempt = self.attempt
        must_leave = self.step is None or is_waiting or self.retry_key == "Esc"
        if must_leave or attempt is None or not attempt.can_restart:
            return self.leave()
        # A pool may ask for a passkey without a choice; there is one all the same.
        if not attempt.choices and not isinstance(self.step, ContinueSignInWithPasskey):
            return self.leave()
        self._stop_waiting()
        count = max(len(attempt.choices) - 1, 0)
        call = partial(Attempt.restart, choice_count=count)
        return self._request(call, breadcrumbs=self._breadcrumbs[: 1 + count], key="Esc")

    def leave(self) -> Output:
        """Go back to sign-in and report what may have happened already."""
        notices = [messages.STOPPED] if self.pending else []
        if self.attempt and self.attempt.may_have_set_password:
            notices.append(messages.NEW_PASSWORD_MAY_BE_SET)
        return self._back_to_sign_in(notice=" ".join(notices))

    def cancel(self) -> Output:
        """Stop waiting for the request in flight, unless its reply has arrived."""
        if self.attempt and self.attempt.step is not self.step:
            return ShowNotice(messages.REPLY_ARRIVED)  # only the token signatures are still being checked
        self._stop_waiting()
        return ShowNotice(messages.STOPPED)

    def drop(self) -> None:
        """Discard the attempt and its request in flight."""
        self._stop_waiting()
        self.attempt = self.step = None
        self._breadcrumbs, self._is_signing_up = (), False

    # -- replies ------------------------------------------------------------------------------------

    def receive(self, request: Request, reply: Reply | Exception) -> Output:
        """Return the output for a reply. The reply to a canceled request is ignored."""
        pending = self.pending
        if pending is None or request is not pending:
            return None
        self.pending = None
        if isinstance(reply, AuthError):
            return self._output_for_error(reply)
        if isinstance(reply, Exception):
            return ShowError(ErrorMessage(INTERNAL_ERROR))
        self.retry_key = self._enter_key
        if isinstance(reply, DeliveryDetails):
            return ShowCodeSent(reply) if self.step else None
        return self.arrive(reply, pending)

    def arrive(self, step: NextStep, request: PendingRequest | None = None) -> Output:
        """Return the output for a new step.

        Args:
            step: The new step.
            request: The request that led to it; None if no request was needed.
        """
        if isinstance(step, Done) and self.settings.leaves_when_done and not step.asks_to_remember_device:
            self.step = step
            return Finish(step)
        is_repeated = self.step == step and isinstance(step, ConfirmSignInWithCustomChallenge)
        self._challenge_count = self._challenge_count + 1 if is_repeated else 1
        # Cognito may return these two before it verifies the password.
        is_unverified = (
            isinstance(step, ResetPassword | ConfirmSignUp) and self.step is None and not self._is_signing_up
        )
        if not is_repeated:  # the same question again: it isn't completed
            self._breadcrumbs = request.breadcrumbs if request and not is_unverified else ()
        self._wait_count, self._totp_code, self._is_signing_up = 0, None, False
        self.step = step
        attempt = None if isinstance(step, Done) else self.attempt  # nothing restarts a sign-in that is over
        context = StepContext(
            breadcrumbs=collapse(self._breadcrumbs),
            was_restarted=request is not None and request.is_restart,
            is_replacement_totp_key=isinstance(step, ContinueSignInWithTOTPSetup)
            and self._is_replacement_totp_key(step.setup_details),
            challenge_count=self._challenge_count,
            can_restart=attempt is not None and attempt.can_restart,
            is_password_known=attempt is not None and attempt.is_password_known,
            reset_was_requested=self._reset_was_requested,
            preferred_first_factor=""
            if self._breadcrumbs
            else str(self.settings.preferred_first_factor or ""),
        )
        if isinstance(step, ContinueSignInWithPasskey | ContinueSignInWithFirstFactorSelection):
            context = replace(
                context,
                passkey_problem=passkey.problem_at(step, self.settings.passkeys),
                make_ceremony=passkey.ceremony_for(step, self),
            )
        return ShowStep(step, context)

    def _is_replacement_totp_key(self, details: TOTPSetupDetails) -> bool:
        # A digest is enough to compare keys, so the key itself isn't stored.
        digest = sha256(details.shared_secret.reveal_bytes()).digest()
        previous, self._totp_digests[self.username] = self._totp_digests.get(self.username, digest), digest
        return previous != digest

    def _output_for_error(self, error: AuthError) -> Output:
        attempt, step = self.attempt, self.step
        assert attempt is not None, "a request has an attempt"
        try:
            sign_up = self._sign_up_attributes if self._is_signing_up else None
            key, enter, code = self.retry_key, self._enter_key, self._totp_code
            message = describe_error(
                error, step, self.auth.gateway, key, enter, totp_code=code, sign_up=sign_up
            )
        except Exception:
            message = ErrorMessage(INTERNAL_ERROR)
        if isinstance(attempt.step, Done):  # the pool didn't sign the tokens
            return self._back_to_sign_in(replace(message, field=ErrorField.FORM))
        match action_for_error(error, step, can_restart=attempt.can_restart):
            case ErrorAction.SIGN_IN:
                return self._back_to_sign_in(replace(message, field=ErrorField.FORM))
            case ErrorAction.RESTART if step is not None:
                reason = passkey.restart_reason(error, step)
                text = messages.format_restart_offer(
                    reason,
                    attempt.restart_side_effect,
                    sends_code=isinstance(step, ConfirmSignInWithSMSMFACode | ConfirmSignInWithOTP),
                )
                return OfferRestart(ErrorMessage(text, enter_repeats=True))
            case ErrorAction.WAIT:
                self._wait_count += 1
                return WaitBeforeRetry(compute_retry_delay(error, self._wait_count - 1), message)
        return ShowError(message)

    # -- attempts and requests ----------------------------------------------------------------------

    def _begin(self) -> Attempt:
        self.attempt, self.step = self.auth.attempt(), None
        self._breadcrumbs, self._challenge_count, self._reset_was_requested = (), 1, False
        self.retry_key = self._enter_key
        return self.attempt

    def _request(
        self,
        call: Call,
        *,
        breadcrumbs: tuple[str, ...] | None = None,
        is_restart: bool = False,
        key: str | None = None,
    ) -> Output:
        if self.attempt is None or self.pending:
            return None
        self.retry_key = self._enter_key if key is None else key
        breadcrumbs = self._breadcrumbs if breadcrumbs is None else breadcrumbs
        self.pending = PendingRequest(call, self.attempt, self.saver, breadcrumbs, is_restart)
        return RunRequest(self.pending)

    def _stop_waiting(self) -> None:
        """Ignore the reply to the request in flight and continue with a copy of the attempt."""
        self.pending = None
        if self.attempt:
            self.attempt = self.attempt.fork()

    def _back_to_sign_in(self, error: ErrorMessage | None = None, notice: str = "") -> Output:
        self._stop_waiting()
        if self.attempt:
            self.attempt.forget()
        self.drop()
        self._wait_count, self.retry_key = 0, self._enter_key
        return ShowSignIn(error, notice)


def collapse(breadcrumbs: tuple[str, ...]) -> tuple[str, ...]:
    """Merge repeats in a row into one entry with a count."""
    counts = [(name, len(list(group))) for name, group in groupby(breadcrumbs)]
    return tuple(name if count == 1 else f"{name} ×{count}" for name, count in counts)
