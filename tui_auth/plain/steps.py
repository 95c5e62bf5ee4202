"""StepPrompts: asks for the answer to each next step, in lines."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, assert_never

from tui_auth.auth.error_policy import COOL_DOWN_SECONDS
from tui_auth.auth.errors import ErrorField
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
    ResetPassword,
    UnknownStep,
)
from tui_auth.flow import messages
from tui_auth.flow.outputs import StepContext
from tui_auth.plain.prompts import NEW_CODE, BackError, Prompts, as_code
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_auth.auth.challenges import Answer
    from tui_auth.flow.error_message import ErrorMessage
    from tui_auth.flow.sign_in_flow import Output, SignInFlow
    from tui_auth.secret import Secret


class StepPrompts:
    """Asks for one answer, to the step that the flow is at."""

    def __init__(self, prompts: Prompts, flow: SignInFlow) -> None:
        self.prompts = prompts
        self.lines = prompts.lines
        self.flow = flow
        self.needs_another_name = False
        """Whether the user went back because this one can't sign in here."""
        self._context = StepContext()
        self._is_new_key = False
        self._is_sent_again = False
        self._new_code_at = -math.inf
        self._requested_new_code = False
        self._has_new_code = False
        self._has_reset_code = False
        self._reset_password: Secret | None = None

    def clear(self) -> None:
        """Forget what was typed for an attempt that has ended."""
        self._has_reset_code, self._reset_password, self.needs_another_name = False, None, False

    def show(self, context: StepContext) -> None:
        """Take what is known of the step that comes now."""
        self._context = context
        self._is_new_key = context.is_replacement_totp_key
        self._is_sent_again = False
        if self._requested_new_code:
            self._requested_new_code, self._has_new_code = False, True
            self._new_code_at = time.monotonic()

    def show_code_sent(self, details: DeliveryDetails) -> None:
        """Say where the code went that was requested at this step."""
        self._new_code_at = time.monotonic()
        if isinstance(self.flow.step, ResetPassword):
            perhaps = self._context.reset_was_requested
            self.lines.say(messages.sent_if_any(details, perhaps=perhaps, again=self._has_reset_code))
            self._has_reset_code = True
        else:
            self.lines.say(messages.sent_anew(details))
            self._is_sent_again = True

    def request_failed(self, error: ErrorMessage) -> None:
        """Forget what the error is about; the rest needn't be typed again."""
        self._requested_new_code = False
        if isinstance(self.flow.step, ResetPassword) and error.concern is ErrorField.NEW_PASSWORD:
            self._reset_password = None

    def ask(self) -> Output:  # noqa: PLR0911, PLR0912 - one case a step
        """Ask what the step asks, and answer it. Raises BackError if the user goes back."""
        flow, step = self.flow, self.flow.step
        match step:
            case ConfirmSignInWithSMSMFACode() | ConfirmSignInWithOTP():
                return self._delivered_code(step)
            case ConfirmSignInWithTOTPCode():
                self.lines.say(f"{messages.code_from_app(step.friendly_device_name)}.")
                return flow.answer(self.prompts.code())
            case ContinueSignInWithTOTPSetup():
                return self._set_up(step)
            case ContinueSignInWithMFASelection():
                return self._choice(messages.MFA_QUESTION, step.allowed_mfa_types)
            case ContinueSignInWithMFASetupSelection():
                left_out = f"\n{messages.NO_SMS_SET_UP}" if step.left_out else ""
                return self._choice(f"{messages.MFA_SETUP_QUESTION}{left_out}", step.allowed_mfa_types)
            case ContinueSignInWithFirstFactorSelection():
                return self._first_factor(step)
            case ContinueSignInWithEmailMFASetup():
                return flow.answer(self.prompts.line("E-mail address for your codes"))
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
            case Done() | None:  # nothing is asked any more
                raise BackError
        assert_never(step)

    def _delivered_code(self, step: ConfirmSignInWithSMSMFACode | ConfirmSignInWithOTP) -> Output:
        flow = self.flow
        new = f" {NEW_CODE} sends another." if flow.can_restart else ""
        perhaps = not flow.is_password_known
        self.lines.say(f"{messages.sent_to(step.delivery_details, perhaps=perhaps)}.{new}")
        if self._has_new_code:
            self.lines.say(messages.anew(perhaps=perhaps))
            self._has_new_code = False
        while (typed := self.prompts.code_or_word()) == NEW_CODE:
            if not flow.can_restart:
                self.lines.say("Error: No other code can be sent here.")
            elif self._may_send_another():
                self._requested_new_code = True
                return flow.new_code()
        return flow.answer(as_code(typed))

    def _may_send_another(self) -> bool:
        """Return whether enough time has passed since the last new code; say how much is left."""
        left = self._new_code_at + COOL_DOWN_SECONDS - time.monotonic()
        if left > 0:
            self.lines.say(f"Error: A new code was sent just now. {NEW_CODE} again in {math.ceil(left)} s.")
        return left <= 0

    def _first_factor(self, step: ContinueSignInWithFirstFactorSelection) -> Output:
        if not messages.only_a_passkey(step):
            return self._choice(messages.FIRST_FACTOR_QUESTION, step.available_factors)
        self.lines.say(f"{messages.ONLY_A_PASSKEY} {messages.INSTEAD_OF_A_PASSKEY}")
        self.needs_another_name = True
        raise BackError

    def _set_up(self, step: ContinueSignInWithTOTPSetup) -> Output:
        details, settings = step.setup_details, self.flow.settings
        account = safe_line(f"{settings.app_name or settings.pool}: {details.username}", limit=80)
        if self._is_new_key:
            self.lines.say(messages.NEW_KEY.format(account))
            self._is_new_key = False
        self.lines.say("Add this key to your authenticator app, as a time-based one:")
        self.lines.say(messages.in_groups(details.shared_secret.reveal()))
        self.lines.say(f"Account: {account}")
        return self.flow.answer(self.prompts.code("Code the app shows"))

    def _choice(self, question: str, methods: Sequence[Answer]) -> Output:
        self.lines.say(question)
        self.prompts.show(list(map(messages.name_of, methods)))
        while (chosen := methods[self.prompts.number(len(methods))]) is AuthFactorType.WEB_AUTHN:
            self.lines.say(f"Error: {messages.NO_PASSKEY}")
        return self.flow.answer(chosen)

    def _new_password(self, step: ConfirmSignInWithNewPassword) -> Output:
        self.lines.say(messages.TEMPORARY_PASSWORD)
        password = self.prompts.new_password(self.flow.settings.password_policy)
        attributes = {
            name: self.prompts.line(f"{messages.label_of(name)} (needed by this pool)")
            for name in step.missing_attributes
        }
        return self.flow.answer(password, attributes=attributes or None)

    def _reset(self) -> Output:
        if not self._has_reset_code:
            if not self._context.reset_was_requested:
                self.lines.say(messages.RESET_NEEDED)
            self.prompts.show((messages.HAVE_CODE, messages.SEND_CODE))
            if self.prompts.number(2) == 1:
                return self.flow.new_code()
            self._has_reset_code = True
        while (typed := self.prompts.code_or_word()) == NEW_CODE:
            if self._may_send_another():
                return self.flow.new_code()
        if self._reset_password is None:
            self._reset_password = self.prompts.new_password(self.flow.settings.password_policy)
        return self.flow.answer(as_code(typed), new_password=self._reset_password)

    def _sign_up_code(self, step: ConfirmSignUp) -> Output:
        details = step.delivery_details
        sent = f" {messages.sent_to(details)}." if details and details.destination else ""
        if not self._is_sent_again:
            self.lines.say(f"{messages.NOT_CONFIRMED}{sent} {NEW_CODE} sends another.")
        self._is_sent_again = False
        while (typed := self.prompts.code_or_word()) == NEW_CODE:
            if self._may_send_another():
                return self.flow.new_code()
        return self.flow.answer(as_code(typed))

    def _challenge(self, step: ConfirmSignInWithCustomChallenge | UnknownStep) -> Output:
        if isinstance(step, UnknownStep):
            self.lines.say("The pool asks for a step this version does not know.")
            self.lines.say(f"Challenge {safe_line(step.challenge_name, limit=60)}")
        self.lines.say("The service asks:")
        for name, value in messages.rows_of(step.additional_info):
            self.lines.say("\n".join(f"  | {line}" for line in f"{name}: {value}".splitlines()))
        return self.flow.answer(self.prompts.secret("Answer"))
