"""The same steps as line prompts: for screen readers, TERM=dumb and expect.

One policy with the full screen: ``what_next`` decides where a refusal leads, and nothing that sends a
message or replaces a key happens without being asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from tui_auth.auth.attempt import Answer, Attempt
from tui_auth.auth.auth import Auth
from tui_auth.auth.device import Device
from tui_auth.auth.errors import AuthError
from tui_auth.auth.next_step import (
    AuthFactorType,
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithOTP,
    ConfirmSignInWithPassword,
    ConfirmSignInWithSMSMFACode,
    ConfirmSignInWithTOTPCode,
    ConfirmSignUp,
    ContinueSignInWithEmailMFASetup,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithMFASelection,
    ContinueSignInWithMFASetupSelection,
    ContinueSignInWithTOTPSetup,
    DeliveryDetails,
    Done,
    NextStep,
    ResetPassword,
    UnknownStep,
)
from tui_auth.auth.what_next import Road, road
from tui_auth.screens import wording
from tui_auth.screens.problem import OWN_FAULT, Problem
from tui_auth.secret import Secret
from tui_auth.settings import SignInSettings
from tui_auth.terminal.safe_text import safe_line

NEW_CODE, BACK = "/new", "/back"
Request = Callable[[Attempt], NextStep]


class Lines(Protocol):
    """What a conversation in lines needs."""

    def say(self, text: str = "") -> None:
        """Show lines."""

    def ask(self, prompt: str) -> str:
        """The line typed; EOFError where there is none."""

    def ask_secret(self, prompt: str) -> Secret:
        """The line typed, without an echo."""


class _Back(Exception):
    """The person wants to go back to sign-in."""


class PlainSignIn:
    """One conversation, from the name to Done.

    ``sleep`` waits where Cognito makes one wait; ``device_of`` gives the device remembered for a name.
    ``username`` is the name as it was given or typed last.
    """

    def __init__(
        self,
        auth: Auth,
        settings: SignInSettings,
        lines: Lines,
        *,
        sleep: Callable[[float], None] = time.sleep,
        device_of: Callable[[str], Device | None] = lambda username: None,
    ) -> None:
        self.auth = auth
        self.settings = settings
        self.lines = lines
        self.sleep = sleep
        self.device_of = device_of
        self.username = settings.username
        self._tried: Secret | None = None
        self._shown_keys: dict[str, Secret] = {}
        self._locks = 0
        self._was_tried = False

    def run(self) -> Done:
        """Sign in; EOFError where the person ends the conversation before that."""
        while True:
            attempt = self.auth.attempt()
            step: NextStep | None
            try:
                step = self._go_on(attempt, None, self._sign_in())
                while step is not None and not isinstance(step, Done):
                    step = self._go_on(attempt, step, partial(self._ask_and_answer, step=step))
            except _Back:
                step = None
            if isinstance(step, Done):
                return step
            attempt.forget()

    def _sign_in(self) -> Request:
        settings = self.settings
        mark = f"{settings.mark}: " if settings.mark else ""
        self.lines.say(f"{mark}Sign in to {safe_line(settings.pool)}")
        if not self.username:
            self._was_tried = False
        else:
            name = safe_line(self.username, limit=60)
            self.lines.say(f"{settings.username_label}: {name} ({BACK} asks for another)")
        while not self.username:
            self.username = self.lines.ask(settings.username_label).strip()
        password = self._sign_in_password() if settings.auth_flow.needs_password else None
        if password is None and self._was_tried:
            self._wait_for_enter()  # or this would go round by itself, with a message sent each time
        self._was_tried = True
        return partial(
            Attempt.sign_in,
            username=self.username,
            password=password,
            auth_flow=settings.auth_flow,
            preferred_first_factor=settings.preferred_first_factor,
            client_metadata=settings.client_metadata,
            device=self.device_of(self.username),
        )

    def _sign_in_password(self) -> Secret:
        """The password; going back asks for the name anew, and only then at a prompt that echoes."""
        try:
            return self._secret("Password")
        except _Back:
            self.username = ""
            raise

    def _wait_for_enter(self) -> None:
        while typed := self.lines.ask(f"Enter signs in, {BACK} asks for another name").strip():
            if typed == BACK:
                self.username = ""
                raise _Back

    def _go_on(self, attempt: Attempt, step: NextStep | None, request: Request) -> NextStep | None:
        """The step the request leads to: the same one after a refusal that stays, None for sign-in."""
        try:
            result = request(attempt)
            self._locks = 0
            return result
        except AuthError as error:
            self.lines.say(f"Error: {self._problem(step, error).text}")
            match road(error, step, can_start_again=attempt.can_start_again):
                case Road.SIGN_IN:
                    return None
                case Road.START_AGAIN:
                    return self._offer_start(attempt, step)
                case Road.WAIT:
                    seconds = wording.wait_for(error, self._locks)
                    self._locks += 1
                    self.lines.say(f"Not before {seconds:.0f} seconds.")
                    self.sleep(seconds)
            return step
        except (EOFError, KeyboardInterrupt, _Back):
            raise
        except Exception:
            self.lines.say(f"Error: {OWN_FAULT}")
            return step

    def _problem(self, step: NextStep | None, error: AuthError) -> Problem:
        asked = isinstance(step, ConfirmSignInWithCustomChallenge | UnknownStep)
        if asked and error.code == "NotAuthorizedException":
            return Problem(wording.challenge_refused(error))
        if isinstance(step, ContinueSignInWithTOTPSetup) and self._tried:
            gateway, key = self.auth.gateway, step.setup_details.shared_secret
            text = wording.why_the_code_does_not_fit(
                error, self._tried, key, gateway.now(), gateway.clock_offset
            )
            if text:
                return Problem(text)
        problem, is_app = Problem.of(error), isinstance(step, ConfirmSignInWithTOTPCode)
        clock = wording.clock_in_a_refusal(error, self.auth.gateway.clock_offset, code_from_app=is_app)
        return replace(problem, text=f"{problem.text} {clock}".strip())

    def _offer_start(self, attempt: Attempt, step: NextStep | None) -> NextStep | None:
        self.lines.say(f"Enter starts this step again. {attempt.starting_anew_does}".strip())
        while typed := self.lines.ask(f"Enter, or {BACK}").strip():
            if typed == BACK:
                raise _Back
        return self._go_on(attempt, step, Attempt.restart)

    def _ask_and_answer(self, attempt: Attempt, step: NextStep) -> NextStep:
        return self._answer(attempt, step)(attempt)

    # -- one question a step ------------------------------------------------------------------------

    def _answer(self, attempt: Attempt, step: NextStep) -> Request:  # noqa: PLR0911 - one a step
        match step:
            case ConfirmSignInWithSMSMFACode() | ConfirmSignInWithOTP():
                return self._delivered_code(attempt, step)
            case ConfirmSignInWithTOTPCode():
                device = step.friendly_device_name
                name = f" ({safe_line(device, limit=40)})" if device else ""
                self.lines.say(f"Code from your authenticator app{name}.")
                return self._code(False)
            case ContinueSignInWithTOTPSetup():
                return self._set_up(step)
            case ContinueSignInWithMFASelection():
                return self._choice(wording.MFA_QUESTION, step.allowed_mfa_types)
            case ContinueSignInWithMFASetupSelection():
                left_out = f"\n{wording.NO_SMS_SET_UP}" if step.left_out else ""
                return self._choice(f"{wording.MFA_SETUP_QUESTION}{left_out}", step.allowed_mfa_types)
            case ContinueSignInWithFirstFactorSelection():
                return self._first_factor(step)
            case ContinueSignInWithEmailMFASetup():
                return partial(Attempt.confirm, answer=self._line("E-mail address for your codes"))
            case ConfirmSignInWithPassword():
                return partial(Attempt.confirm, answer=self._secret("Password"))
            case ConfirmSignInWithNewPassword():
                return self._new_password(step)
            case ResetPassword():
                return self._reset(attempt)
            case ConfirmSignUp():
                self.lines.say(f"This account is not confirmed yet. {NEW_CODE} has a new code sent.")
                return self._sign_up_code(attempt)
            case ConfirmSignInWithCustomChallenge() | UnknownStep():
                return self._asked(step)
        raise _Back

    def _delivered_code(
        self, attempt: Attempt, step: ConfirmSignInWithSMSMFACode | ConfirmSignInWithOTP
    ) -> Request:
        new = f" {NEW_CODE} has a new one sent." if attempt.can_start_again else ""
        sent = wording.sent_to(step.delivery_details, perhaps=not attempt.is_password_known)
        self.lines.say(f"{sent}.{new}")
        return self._code(attempt.can_start_again)

    def _first_factor(self, step: ContinueSignInWithFirstFactorSelection) -> Request:
        if not wording.only_a_passkey(step):
            return self._choice(wording.FIRST_FACTOR_QUESTION, step.available_factors)
        self.lines.say(f"{wording.ONLY_A_PASSKEY} {wording.INSTEAD_OF_A_PASSKEY}")
        self.username = ""
        raise _Back

    def _code(self, can_be_renewed: bool) -> Request:
        typed = self._line("Code")
        if typed == NEW_CODE and can_be_renewed:
            return Attempt.restart
        return partial(Attempt.confirm, answer=_code(typed))

    def _set_up(self, step: ContinueSignInWithTOTPSetup) -> Request:
        details, app_name = step.setup_details, self.settings.app_name or self.settings.pool
        account = safe_line(f"{app_name}: {details.username}", limit=80)
        if self._shown_keys.get(details.username, details.shared_secret) != details.shared_secret:
            self.lines.say(wording.NEW_KEY.format(account))
        self._shown_keys[details.username] = details.shared_secret
        self.lines.say("Add this key to your authenticator app, as a time-based one:")
        self.lines.say(wording.in_groups(details.shared_secret.reveal()))
        self.lines.say(f"Account: {account}")
        self._tried = _code(self._line("Code the app shows"))
        return partial(Attempt.confirm, answer=self._tried)

    def _choice(self, question: str, methods: Sequence[Answer]) -> Request:
        self.lines.say(question)
        for number, method in enumerate(methods, 1):
            self.lines.say(f"{number} {wording.name_of(method)}")
        while True:
            typed = self._line("Number")
            if not typed.isdecimal() or not 0 < int(typed) <= len(methods):
                self.lines.say(f"Error: Type a number from 1 to {len(methods)}.")
            elif methods[int(typed) - 1] is AuthFactorType.WEB_AUTHN:
                self.lines.say(f"Error: {wording.NO_PASSKEY}")
            else:
                return partial(Attempt.confirm, answer=methods[int(typed) - 1])

    def _agreed_password(self) -> Secret:
        if policy := self.settings.password_policy:
            self.lines.say(f"It needs {', '.join(rule for rule, _ in policy.checklist(''))}.")
        while True:
            first = self._secret("New password")
            if complaint := wording.wrong_with_password(first, self._secret("Once more")):
                self.lines.say(f"Error: {complaint}")
            else:
                return first

    def _new_password(self, step: ConfirmSignInWithNewPassword) -> Request:
        self.lines.say("Choose a new password; yours was temporary.")
        password = self._agreed_password()
        attributes = {
            name: self._line(f"{wording.label_of(name)} (needed by this pool)")
            for name in step.missing_attributes
        }
        return partial(Attempt.confirm, answer=password, user_attributes=attributes or None)

    def _reset(self, attempt: Attempt) -> Request:
        self.lines.say("Your password must be reset before you can sign in.")
        self.lines.say("1 I have a code")
        self.lines.say("2 Send me a code (an earlier one stops working)")
        if self._line("Number") == "2":
            sent = attempt.reset_password()
            if not isinstance(sent, DeliveryDetails):
                return lambda _: sent
            self.lines.say(f"If there is such an account: {wording.sent_to(sent)}.")
        code = _code(self._line("Code"))
        return partial(Attempt.confirm_reset_password, new_password=self._agreed_password(), code=code)

    def _sign_up_code(self, attempt: Attempt) -> Request:
        while (typed := self._line("Code")) == NEW_CODE:
            sent = attempt.resend_sign_up_code()
            if not isinstance(sent, DeliveryDetails):
                return lambda _: sent
            self.lines.say(f"{wording.sent_to(sent)}. Earlier ones stop working.")
        return partial(Attempt.confirm_sign_up, code=_code(typed))

    def _asked(self, step: ConfirmSignInWithCustomChallenge | UnknownStep) -> Request:
        if isinstance(step, UnknownStep):
            self.lines.say("The pool asks for a step this version does not know.")
            self.lines.say(f"Challenge {safe_line(step.challenge_name, limit=60)}")
        self.lines.say("The service asks:")
        for name, value in wording.rows_of(step.additional_info):
            self.lines.say("\n".join(f"  | {line}" for line in f"{name}: {value}".splitlines()))
        return partial(Attempt.confirm, answer=self._secret("Answer"))

    # -- asking -------------------------------------------------------------------------------------

    def _line(self, prompt: str) -> str:
        while not (typed := self.lines.ask(prompt).strip()):
            self.lines.say(f"Type something, or {BACK} to go back to sign-in.")
        if typed == BACK:
            raise _Back
        return typed

    def _secret(self, prompt: str) -> Secret:
        while not (typed := self.lines.ask_secret(prompt)):
            self.lines.say(f"Type something, or {BACK} to go back to sign-in.")
        if typed == Secret(BACK):
            raise _Back
        return typed


def ask_about_device(auth: Auth, done: Done, lines: Lines) -> None:
    """Ask whether the pool shall remember this machine, and tell it so; no answer leaves it as it is."""
    lines.say(wording.DEVICE_QUESTION)
    lines.say(f"1 {wording.REMEMBER}")
    lines.say(f"2 {wording.FORGET}")
    try:
        while (typed := lines.ask("Number").strip()) not in ("1", "2"):
            lines.say("Error: Type 1 or 2.")
        if typed == "1":
            auth.remember_device(done)
            lines.say(wording.REMEMBERED)
    except EOFError:
        return
    except AuthError as error:
        lines.say(f"Error: {wording.NOT_REMEMBERED} {error.message}")


def _code(typed: str) -> Secret:
    return Secret("".join(typed.replace("-", " ").split()))
