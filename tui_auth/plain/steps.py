"""StepPrompts: asks for the answer to each next step in line prompts."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, assert_never

from tui_auth.auth.error_policy import COOL_DOWN_SECONDS
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
from tui_auth.errors import ErrorField
from tui_auth.flow import messages
from tui_auth.flow.outputs import StepContext
from tui_auth.plain.prompts import NEW_CODE, BackError, Prompts, parse_code
from tui_auth.terminal.safe_text import safe_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui_auth.auth.challenges import Answer
    from tui_auth.flow.error_message import ErrorMessage
    from tui_auth.flow.sign_in_flow import Output, SignInFlow
    from tui_auth.secret import Secret


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
        self._was_code_resent = False
        self._new_code_at = -math.inf
        self._new_code_requested = False
        self._has_new_code = False
        self._has_reset_code = False
        self._reset_password: Secret | None = None

    def clear(self) -> None:
        """Discard the state of an attempt that has ended."""
        self._has_reset_code, self._reset_password, self.needs_another_name = False, None, False

    def show(self, context: StepContext) -> None:
        """Set the context of the next step."""
        self._context = context
        self._must_announce_key = context.is_replacement_totp_key
        self._was_code_resent = False
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
            self._was_code_resent = True

    def request_failed(self, error: ErrorMessage) -> None:
        """Discard the new password if the error is about it."""
        self._new_code_requested = False
        if isinstance(self.flow.step, ResetPassword) and error.field is ErrorField.NEW_PASSWORD:
            self._reset_password = None

    def ask(self) -> Output:  # noqa: PLR0911, PLR0912 - one case per step
        """Ask for the answer to the step and send it. Raises BackError if the user goes back."""
        flow, step = self.flow, self.flow.step
        match step:
            case ConfirmSignInWithSMSMFACode() | ConfirmSignInWithOTP():
                return self._delivered_code(step)
            case ConfirmSignInWithTOTPCode():
                self.lines.say(f"{messages.format_totp_request(step.friendly_device_name)}.")
                return flow.answer(self.prompts.code())
            case ContinueSignInWithTOTPSetup():
                return self._set_up(step)
            case ContinueSignInWithMFASelection():
                return self._choice(messages.MFA_QUESTION, step.allowed_mfa_types)
            case ContinueSignInWithMFASetupSelection():
                left_out = f"\n{messages.NO_SMS_SETUP}" if step.left_out else ""
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
            case Done() | None:  # there is nothing left to ask
                raise BackError
        assert_never(step)

    def _delivered_code(self, step: ConfirmSignInWithSMSMFACode | ConfirmSignInWithOTP) -> Output:
        flow = self.flow
        hint = f" {NEW_CODE} sends another." if flow.can_restart else ""
        may_not_exist = not flow.is_password_known
        delivery = messages.format_delivery(step.delivery_details, account_may_not_exist=may_not_exist)
        self.lines.say(f"{delivery}.{hint}")
        if self._has_new_code:
            self.lines.say(messages.format_new_code_notice(account_may_not_exist=may_not_exist))
            self._has_new_code = False
        while (typed := self.prompts.code_or_command()) == NEW_CODE:
            if not flow.can_restart:
                self.lines.say("Error: No other code can be sent here.")
            elif self._may_send_another():
                self._new_code_requested = True
                return flow.new_code()
        return flow.answer(parse_code(typed))

    def _may_send_another(self) -> bool:
        """Return whether the cool-down is over; print the remaining seconds if it isn't."""
        seconds = self._new_code_at + COOL_DOWN_SECONDS - time.monotonic()
        if seconds > 0:
            self.lines.say(
                f"Error: A new code was sent just now. {NEW_CODE} again in {math.ceil(seconds)} s."
            )
        return seconds <= 0

    def _first_factor(self, step: ContinueSignInWithFirstFactorSelection) -> Output:
        if not messages.has_only_passkeys(step):
            return self._choice(messages.FIRST_FACTOR_QUESTION, step.available_factors)
        self.lines.say(f"{messages.ONLY_PASSKEYS} {messages.PASSKEY_ALTERNATIVE}")
        self.needs_another_name = True
        raise BackError

    def _set_up(self, step: ContinueSignInWithTOTPSetup) -> Output:
        details, settings = step.setup_details, self.flow.settings
        account = safe_line(f"{settings.app_name or settings.pool}: {details.username}", limit=80)
        if self._must_announce_key:
            self.lines.say(messages.REPLACEMENT_TOTP_KEY.format(account))
            self._must_announce_key = False
        self.lines.say("Add this key to your authenticator app, as a time-based one:")
        self.lines.say(messages.format_totp_key(details.shared_secret.reveal()))
        self.lines.say(f"Account: {account}")
        return self.flow.answer(self.prompts.code("Code the app shows"))

    def _choice(self, question: str, methods: Sequence[Answer]) -> Output:
        self.lines.say(question)
        self.prompts.show(list(map(messages.format_method, methods)))
        while (chosen := methods[self.prompts.number(len(methods))]) is AuthFactorType.WEB_AUTHN:
            self.lines.say(f"Error: {messages.NO_PASSKEY}")
        return self.flow.answer(chosen)

    def _new_password(self, step: ConfirmSignInWithNewPassword) -> Output:
        self.lines.say(messages.TEMPORARY_PASSWORD)
        password = self.prompts.new_password(self.flow.settings.password_policy)
        attributes = {
            name: self.prompts.line(f"{messages.format_attribute(name)} (needed by this pool)")
            for name in step.missing_attributes
        }
        return self.flow.answer(password, attributes=attributes or None)

    def _reset(self) -> Output:
        if not self._has_reset_code:
            if not self._context.reset_was_requested:
                self.lines.say(messages.RESET_REQUIRED)
            self.prompts.show((messages.HAVE_CODE, messages.SEND_CODE))
            if self.prompts.number(2) == 1:
                return self.flow.new_code()
            self._has_reset_code = True
        while (typed := self.prompts.code_or_command()) == NEW_CODE:
            if self._may_send_another():
                return self.flow.new_code()
        if self._reset_password is None:
            self._reset_password = self.prompts.new_password(self.flow.settings.password_policy)
        return self.flow.answer(parse_code(typed), new_password=self._reset_password)

    def _sign_up_code(self, step: ConfirmSignUp) -> Output:
        details = step.delivery_details
        sent = f" {messages.format_delivery(details)}." if details and details.destination else ""
        if not self._was_code_resent:
            self.lines.say(f"{messages.NOT_CONFIRMED}{sent} {NEW_CODE} sends another.")
        self._was_code_resent = False
        while (typed := self.prompts.code_or_command()) == NEW_CODE:
            if self._may_send_another():
                return self.flow.new_code()
        return self.flow.answer(parse_code(typed))

    def _challenge(self, step: ConfirmSignInWithCustomChallenge | UnknownStep) -> Output:
        if isinstance(step, UnknownStep):
            self.lines.say("The pool asks for a step this version does not know.")
            self.lines.say(f"Challenge {safe_line(step.challenge_name, limit=60)}")
        self.lines.say("The service asks:")
        for name, value in messages.format_challenge_rows(step.additional_info):
            self.lines.say("\n".join(f"  | {line}" for line in f"{name}: {value}".splitlines()))
        return self.flow.answer(self.prompts.secret("Answer"))
