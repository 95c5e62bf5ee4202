"""PlainSignIn: the sign-in flow in line prompts, from the user name to Done."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, assert_never

from tui_auth.auth.next_step import (
    COOL_DOWN_SECONDS,
    AuthFactorType,
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithOTP,
    ConfirmSignInWithPassword,
    ConfirmSignInWithSMSMFACode,
    ConfirmSignInWithTOTPCode,
    ConfirmSignUp,
    ContinueSignInWithBrowser,
    ContinueSignInWithEmailMFASetup,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithMFASelection,
    ContinueSignInWithMFASetupSelection,
    ContinueSignInWithPasskey,
    ContinueSignInWithTOTPSetup,
    DeliveryDetails,
    Done,
    ResetPassword,
    UnknownStep,
)
from tui_auth.errors import ErrorField
from tui_auth.flow import messages
from tui_auth.flow.after_sign_in import remember_device
from tui_auth.flow.interface import INTERNAL_ERROR, ErrorMessage
from tui_auth.flow.outputs import (
    AskContactCode,
    AskToVerify,
    OfferRestart,
    Output,
    RunJob,
    RunRequest,
    ShowCodeSent,
    ShowError,
    ShowNotice,
    ShowSignIn,
    ShowStep,
    StepContext,
    WaitBeforeRetry,
)
from tui_auth.flow.passkey import NOTES
from tui_auth.flow.sign_in_flow import SignInFlow
from tui_auth.passkeys.problems import passkey_error
from tui_auth.plain.browser import BrowserPrompts
from tui_auth.plain.passkey import PasskeyPrompts
from tui_auth.plain.prompts import (
    BACK,
    NEW_CODE,
    RETRY_PROMPT,
    BackError,
    Lines,
    NewAccountPrompts,
    Prompts,
    StartPrompts,
    parse_code,
)
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tui_auth.auth.auth import Auth
    from tui_auth.auth.challenges import Answer
    from tui_auth.auth.devices import Device
    from tui_auth.flow.after_sign_in import AfterSignIn
    from tui_auth.flow.interface import SignInSettings
    from tui_auth.secret import Secret


RESTART_PROMPT = f"Press Enter to restart, or type {BACK}"
NEW_CODE_HINT = f"Type {NEW_CODE} to get a new code."


class PlainSignIn:
    """Signs a user in with line prompts.

    Args:
        auth: The user pool and app client to sign in to.
        settings: How to sign in.
        lines: The terminal.
        find_device: Returns the remembered device of a user.
    """

    def __init__(
        self,
        auth: Auth,
        settings: SignInSettings,
        lines: Lines,
        *,
        find_device: Callable[[str], Device | None] = lambda username: None,
    ) -> None:
        self.lines = lines
        self.flow = SignInFlow(auth, settings, find_device=find_device, enter_key="")
        self._prompts = Prompts(lines)
        self._start = StartPrompts(self._prompts, self.flow)
        self._steps = StepPrompts(self._prompts, self.flow)

    @property
    def username(self) -> str:
        """The user name as it was last typed."""
        return self._start.username

    def run(self) -> Done:
        """Sign in and return the result.

        Raises:
            EOFError: The user pressed ^D.
        """
        try:
            while self.flow.done is None:
                self._sign_in()
        finally:
            self._steps.browser.stop()
        return self.flow.done

    def _sign_in(self) -> None:
        try:
            self._steps.clear()
            self._carry_out(self._start.ask())
            while self.flow.step is not None and self.flow.done is None:
                self._answer_step()
        except BackError:
            if self._steps.needs_another_name:
                self._start.username = ""
            self._carry_out(self.flow.leave())

    def _answer_step(self) -> None:
        try:
            output = self._steps.ask()
        except (EOFError, BackError):
            raise
        except Exception:
            output = ShowError(ErrorMessage(INTERNAL_ERROR))
        self._carry_out(output)

    def _carry_out(self, output: Output) -> None:
        """Carry out an output of the flow and any outputs that follow from it."""
        flow = self.flow
        while output is not None:
            current, output = output, None
            match current:
                case RunRequest(request):
                    output = flow.receive(request, request.send())
                case ShowStep(_, context):
                    self._start.succeeded()
                    self._steps.show(context)
                case ShowCodeSent(details):
                    self._steps.show_code_sent(details)
                case ShowSignIn(error, notice):
                    self._show_error(error)
                    self._start.must_introduce = True
                    if notice:
                        self.lines.say(notice)
                case ShowError(error):
                    self._show_error(error)
                case ShowNotice(text):
                    self.lines.say(text)
                case WaitBeforeRetry(seconds, error):
                    self._show_error(error)
                    self.lines.say(f"Try again in {seconds:.0f} seconds.")
                    self.lines.wait(seconds)
                case OfferRestart(error):
                    self._show_error(error)
                    self._steps.browser.stop()
                    self._prompts.confirm(RESTART_PROMPT)
                    output = flow.restart()

    def _show_error(self, error: ErrorMessage | None) -> None:
        if error is None:
            return
        self.lines.say(f"Error: {error.text}")
        if self.flow.step is None:
            self._start.request_failed(error)
        else:
            self._steps.request_failed(error)


class StepPrompts:
    """Asks for the answer to the flow's current step."""

    def __init__(self, prompts: Prompts, flow: SignInFlow) -> None:
        self.prompts = prompts
        self.lines = prompts.lines
        self.flow = flow
        self.needs_another_name = False
        """Whether the current user can't sign in from a terminal."""
        self._context = StepContext()
        self._must_announce_key = False
        self._is_introduced = False
        self._new_code_at = -math.inf
        self._new_code_requested = False
        self._has_new_code = False
        self._has_reset_code = False
        self.browser = BrowserPrompts(prompts, flow)
        self.clear()

    def clear(self) -> None:
        """Discard the state of an attempt that has ended."""
        self.browser.stop()
        self._has_reset_code = self.needs_another_name = self._can_repeat = False
        self._code: Secret | None = None
        self._values = NewAccountPrompts(self.prompts, self.flow.settings.password_policy)

    def show(self, context: StepContext) -> None:
        """Set the context of the next step."""
        self.browser.stop()
        if not context.was_restarted:
            self.clear()
        self._context = context
        self._must_announce_key = context.is_replacement_totp_key
        self._is_introduced = False
        if self._new_code_requested:
            self._new_code_requested, self._has_new_code = False, True
            self._new_code_at = time.monotonic()

    def show_code_sent(self, details: DeliveryDetails) -> None:
        """Print where the requested code was sent."""
        self._new_code_at = time.monotonic()
        if isinstance(self.flow.step, ResetPassword):
            may_not_exist = self._context.reset_was_requested
            self.lines.say(
                messages.format_reset_delivery(
                    details, account_may_not_exist=may_not_exist, is_repeated=self._has_reset_code
                )
            )
            self._has_reset_code = True
        else:
            self.lines.say(messages.format_new_delivery(details))
            self._is_introduced = True

    def request_failed(self, error: ErrorMessage) -> None:
        """Discard only the values that the error is about."""
        self._new_code_requested = False
        is_about_value = self._values.discard(error)
        if error.field is ErrorField.ANSWER and not is_about_value:
            self._code = None
            is_about_value = isinstance(self.flow.step, ResetPassword)
        self._can_repeat = not is_about_value

    def ask(self) -> Output:  # noqa: PLR0911, PLR0912 - one case per step
        """Ask for the answer to the step and send it. Raises BackError if the user goes back."""
        flow, step = self.flow, self.flow.step
        match step:
            case ConfirmSignInWithSMSMFACode() | ConfirmSignInWithOTP():
                return self._delivered_code(step)
            case ConfirmSignInWithTOTPCode():
                self._introduce(f"{messages.format_totp_request(step.friendly_device_name)}.")
                return flow.answer(self.prompts.code())
            case ContinueSignInWithTOTPSetup():
                return self._set_up(step)
            case ContinueSignInWithBrowser():
                return self.browser.ask(step)
            case ContinueSignInWithMFASelection():
                return self._choice(messages.MFA_QUESTION, step.allowed_mfa_types)
            case ContinueSignInWithMFASetupSelection():
                left_out = f"\n{messages.NO_SMS_SETUP}" if step.left_out else ""
                return self._choice(f"{messages.MFA_SETUP_QUESTION}{left_out}", step.allowed_mfa_types)
            case ContinueSignInWithFirstFactorSelection():
                return self._first_factor(step)
            case ContinueSignInWithPasskey() if self._context.make_ceremony:
                return PasskeyPrompts(self.prompts).answer(step, self._context.make_ceremony, flow)
            case ContinueSignInWithPasskey():
                return flow.back()
            case ContinueSignInWithEmailMFASetup():
                return flow.answer(self.prompts.line("Email address for your codes"))
            case ConfirmSignInWithPassword():
                return flow.answer(self.prompts.secret("Password"))
            case ConfirmSignInWithNewPassword():
                return self._new_password(step)
            case ResetPassword():
                return self._reset()
            case ConfirmSignUp():
                return self._sign_up_code(step)
            case ConfirmSignInWithCustomChallenge() | UnknownStep():
                return self._challenge(step)
            case Done() | None:  # there is nothing left to ask
                raise BackError
        assert_never(step)

    def _introduce(self, *texts: str) -> None:
        """Print what the step is about, but not again after an error: it would sound like another code."""
        for text in () if self._is_introduced else texts:
            self.lines.say(text)
        self._is_introduced = True

    def _delivered_code(self, step: ConfirmSignInWithSMSMFACode | ConfirmSignInWithOTP) -> Output:
        flow = self.flow
        hint = f" {NEW_CODE_HINT}" if flow.can_restart else ""
        may_not_exist = not flow.is_password_known
        delivery = messages.format_delivery(step.delivery_details, account_may_not_exist=may_not_exist)
        self._introduce(f"{delivery}.{hint}")
        if self._has_new_code:
            self.lines.say(messages.format_new_code_notice(account_may_not_exist=may_not_exist))
            self._has_new_code = False
        code = self._ask_code(can_send_another=flow.can_restart)
        self._new_code_requested = code is None
        return flow.answer(code) if code else flow.new_code()

    def _ask_code(self, *, can_send_another: bool = True) -> Secret | None:
        """Ask for a code. Return None if the user wants another one and it may be sent now."""
        while (typed := self.prompts.code_or_command()) == NEW_CODE:
            seconds = self._new_code_at + COOL_DOWN_SECONDS - time.monotonic()
            if not can_send_another:
                self.lines.say(f"Error: No new code can be sent at this step. Type {BACK} to sign in again.")
            elif seconds > 0:
                wait = f"Type {NEW_CODE} again in {math.ceil(seconds)} s."
                self.lines.say(f"Error: A new code was just sent. {wait}")
            else:
                return None
        return parse_code(typed)

    def _first_factor(self, step: ContinueSignInWithFirstFactorSelection) -> Output:
        problem = self._context.passkey_problem
        if problem is None or not problem.needs_another_way or not messages.has_only_passkeys(step):
            return self._choice(messages.FIRST_FACTOR_QUESTION, step.available_factors)
        self.lines.say(f"{messages.ONLY_PASSKEYS} {NOTES[problem]} {messages.PASSKEY_ALTERNATIVE}")
        self.needs_another_name = True
        raise BackError

    def _set_up(self, step: ContinueSignInWithTOTPSetup) -> Output:
        details, settings = step.setup_details, self.flow.settings
        account = safe_line(f"{settings.app_name or settings.pool}: {details.username}", limit=80)
        if self._must_announce_key:
            self.lines.say(messages.REPLACEMENT_TOTP_KEY.format(account))
            self._must_announce_key = False
        key = messages.format_totp_key(details.shared_secret.reveal())
        self._introduce(
            "Add this key to your authenticator app (time-based, TOTP):", key, f"Account: {account}"
        )
        return self.flow.answer(self.prompts.code("Code from the app"))

    def _choice(self, question: str, methods: Sequence[Answer]) -> Output:
        self.lines.say(question)
        self.prompts.show(list(map(messages.format_method, methods)))
        problem = self._context.passkey_problem
        while (chosen := methods[self.prompts.number(len(methods))]) is AuthFactorType.WEB_AUTHN:
            if problem is None or not problem.needs_another_way:
                break
            self.lines.say(f"Error: {passkey_error(problem)}")
        return self.flow.answer(chosen)

    def _new_password(self, step: ConfirmSignInWithNewPassword) -> Output:
        values = self._values
        if self._can_repeat:
            self.prompts.confirm(RETRY_PROMPT)
        elif values.password is None:
            self.lines.say(messages.TEMPORARY_PASSWORD)
        values.ask(step.missing_attributes, step.missing_attributes)
        assert values.password is not None, "it can't be skipped"
        return self.flow.answer(values.password, attributes=values.attributes or None)

    def _reset(self) -> Output:
        if not self._has_reset_code:
            if not self._context.reset_was_requested:
                self.lines.say(messages.RESET_REQUIRED)
            choices = messages.reset_choices(was_requested=self._context.reset_was_requested)
            self.prompts.show(choices)
            if choices[self.prompts.number(2)] != messages.HAVE_CODE:
                return self.flow.new_code()
            self._has_reset_code = True
        if self._can_repeat and self._code and self._values.password:
            self.prompts.confirm(RETRY_PROMPT)
        self._code = self._code or self._ask_code()
        if self._code is None:
            return self.flow.new_code()
        self._values.ask((), ())
        return self.flow.answer(self._code, new_password=self._values.password)

    def _sign_up_code(self, step: ConfirmSignUp) -> Output:
        details = step.delivery_details
        sent = f" {messages.format_delivery(details)}." if details and details.destination else ""
        self._introduce(f"{messages.NOT_CONFIRMED}{sent} {NEW_CODE_HINT}")
        code = self._ask_code()
        return self.flow.answer(code) if code else self.flow.new_code()

    def _challenge(self, step: ConfirmSignInWithCustomChallenge | UnknownStep) -> Output:
        introduction = ["The user pool asks:"]
        if isinstance(step, UnknownStep):
            unsupported = "This version of tui-auth doesn't support the challenge that the user pool sent."
            introduction = [
                unsupported,
                f"Challenge: {safe_line(step.challenge_name, limit=60)}",
                *introduction,
            ]
        for name, value in messages.format_challenge_rows(step.additional_info):
            introduction.append("\n".join(f"  | {line}" for line in f"{name}: {value}".splitlines()))
        self._introduce(*introduction)
        return self.flow.answer(self.prompts.secret("Answer", takes_question_mark=True))


def ask_to_verify(flow: AfterSignIn, lines: Lines) -> None:
    """Offer to verify an address of the user that isn't verified. No answer changes nothing."""
    prompts, output = Prompts(lines), flow.offer_verification()
    try:
        while output is not None:
            match output:
                case RunJob(job):
                    output = job()
                case AskToVerify(attribute, address):
                    lines.say(messages.format_verification_offer(attribute, address))
                    prompts.show(messages.VERIFICATION_ANSWERS)
                    answer = messages.VERIFICATION_ANSWERS[prompts.number(2)]
                    output = flow.request_contact_code() if answer == messages.VERIFY else None
                case AskContactCode(details, error):
                    lines.say(f"Error: {error.text}" if error else f"{messages.format_delivery(details)}.")
                    output = flow.verify_contact(prompts.code())
                case ShowNotice(text, is_error):
                    lines.say(f"Error: {text}" if is_error else text)
                    output = None
                case _:
                    output = None
    except (EOFError, BackError):
        return


def ask_about_device(auth: Auth, done: Done, lines: Lines) -> None:
    """Ask whether the pool should remember this device, and set that. No answer changes nothing."""
    prompts = Prompts(lines, empty_line_text="Type 1 or 2.")
    lines.say(messages.DEVICE_QUESTION)
    prompts.show((messages.REMEMBER, messages.FORGET))
    try:
        remember = prompts.number(2) == 0
    except (EOFError, BackError):
        return
    if remember:
        notice = remember_device(auth, done)
        lines.say(f"Error: {notice.text}" if notice.is_error else notice.text)
