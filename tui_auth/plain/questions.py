"""What is asked at each next step, in lines, and the request that the answer makes."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from typing import assert_never

from tui_auth.auth.attempt import Attempt
from tui_auth.auth.challenges import Answer
from tui_auth.auth.error_policy import COOL_DOWN_SECONDS
from tui_auth.auth.errors import AuthError, ErrorField
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
from tui_auth.plain.beginning import Beginning, Request
from tui_auth.plain.passwords import agreed_password
from tui_auth.plain.prompts import NEW_CODE, Back, Prompts, as_code
from tui_auth.screens import wording
from tui_auth.secret import Secret
from tui_auth.settings import SignInSettings
from tui_auth.terminal.safe_text import safe_line


class Questions:
    """One question a step. ``key_code`` is the code that was tried last on a new TOTP key."""

    def __init__(self, prompts: Prompts, settings: SignInSettings, beginning: Beginning) -> None:
        self.prompts = prompts
        self.lines = prompts.lines
        self.settings = settings
        self.beginning = beginning
        self.key_code: Secret | None = None
        self._new_code_at = -math.inf
        self._has_new_code = False
        self._has_reset_code = False
        self._reset_password: Secret | None = None
        self._shown_keys: dict[str, bytes] = {}

    def answer(self, attempt: Attempt, step: NextStep) -> Request:  # noqa: PLR0911, PLR0912 - one a step
        """Ask what the step asks. Raises Back where the person goes back, AuthError where no code is sent."""
        match step:
            case ConfirmSignInWithSMSMFACode() | ConfirmSignInWithOTP():
                return self._delivered_code(attempt, step)
            case ConfirmSignInWithTOTPCode():
                self.lines.say(f"{wording.code_from_app(step.friendly_device_name)}.")
                return partial(Attempt.confirm, answer=self.prompts.code())
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
                return partial(Attempt.confirm, answer=self.prompts.line("E-mail address for your codes"))
            case ConfirmSignInWithPassword():
                return partial(Attempt.confirm, answer=self.prompts.secret("Password"))
            case ConfirmSignInWithNewPassword():
                return self._new_password(step)
            case ResetPassword():
                return self._reset(attempt)
            case ConfirmSignUp():
                return self._sign_up_code(attempt, step)
            case ConfirmSignInWithCustomChallenge() | UnknownStep():
                return self._asked(step)
            case Done():  # nothing is asked any more
                raise Back
        assert_never(step)

    def _delivered_code(
        self, attempt: Attempt, step: ConfirmSignInWithSMSMFACode | ConfirmSignInWithOTP
    ) -> Request:
        new = f" {NEW_CODE} sends another." if attempt.can_start_again else ""
        perhaps = not attempt.is_password_known
        self.lines.say(f"{wording.sent_to(step.delivery_details, perhaps=perhaps)}.{new}")
        if self._has_new_code:
            self.lines.say(wording.anew(perhaps=perhaps))
            self._has_new_code = False
        while (typed := self.prompts.code_or_word()) == NEW_CODE:
            if not attempt.can_start_again:
                self.lines.say("Error: No other code can be sent here.")
            elif self._may_send_another():
                return self._started_again
        return partial(Attempt.confirm, answer=as_code(typed))

    def _started_again(self, attempt: Attempt) -> NextStep:
        step = attempt.restart()
        self._has_new_code = True
        self._new_code_at = time.monotonic()
        return step

    def _may_send_another(self) -> bool:
        """Whether enough time has passed since the last new code; says how much is left."""
        left = self._new_code_at + COOL_DOWN_SECONDS - time.monotonic()
        if left > 0:
            self.lines.say(f"Error: A new code was sent just now. {NEW_CODE} again in {math.ceil(left)} s.")
        return left <= 0

    def _first_factor(self, step: ContinueSignInWithFirstFactorSelection) -> Request:
        if not wording.only_a_passkey(step):
            return self._choice(wording.FIRST_FACTOR_QUESTION, step.available_factors)
        self.lines.say(f"{wording.ONLY_A_PASSKEY} {wording.INSTEAD_OF_A_PASSKEY}")
        self.beginning.ask_for_another_name()
        raise Back

    def _set_up(self, step: ContinueSignInWithTOTPSetup) -> Request:
        details, app_name = step.setup_details, self.settings.app_name or self.settings.pool
        account = safe_line(f"{app_name}: {details.username}", limit=80)
        # Its digest tells a key from another; the key itself is not kept for that.
        key = sha256(details.shared_secret.reveal_bytes()).digest()
        if self._shown_keys.get(details.username, key) != key:
            self.lines.say(wording.NEW_KEY.format(account))
        self._shown_keys[details.username] = key
        self.lines.say("Add this key to your authenticator app, as a time-based one:")
        self.lines.say(wording.in_groups(details.shared_secret.reveal()))
        self.lines.say(f"Account: {account}")
        self.key_code = self.prompts.code("Code the app shows")
        return partial(Attempt.confirm, answer=self.key_code)

    def _choice(self, question: str, methods: Sequence[Answer]) -> Request:
        self.lines.say(question)
        self.prompts.show(list(map(wording.name_of, methods)))
        while (chosen := methods[self.prompts.number(len(methods))]) is AuthFactorType.WEB_AUTHN:
            self.lines.say(f"Error: {wording.NO_PASSKEY}")
        return partial(Attempt.confirm, answer=chosen)

    def _new_password(self, step: ConfirmSignInWithNewPassword) -> Request:
        self.lines.say(wording.TEMPORARY_PASSWORD)
        password = agreed_password(self.prompts, self.settings.password_policy)
        attributes = {
            name: self.prompts.line(f"{wording.label_of(name)} (needed by this pool)")
            for name in step.missing_attributes
        }
        return partial(Attempt.confirm, answer=password, user_attributes=attributes or None)

    def _reset(self, attempt: Attempt) -> Request:
        if not self._has_reset_code:
            if not self.beginning.reset_was_asked:
                self.lines.say(wording.RESET_NEEDED)
            self.prompts.show((wording.HAVE_CODE, wording.SEND_CODE))
            if self.prompts.number(2) == 1 and (elsewhere := self._send_reset_code(attempt)):
                return _led_to(elsewhere)
            self._has_reset_code = True
        while (typed := self.prompts.code_or_word()) == NEW_CODE:
            if self._may_send_another() and (elsewhere := self._send_reset_code(attempt)):
                return _led_to(elsewhere)
        if self._reset_password is None:
            self._reset_password = agreed_password(self.prompts, self.settings.password_policy)
        return partial(Attempt.confirm_reset_password, new_password=self._reset_password, code=as_code(typed))

    def _send_reset_code(self, attempt: Attempt) -> NextStep | None:
        """ForgotPassword; another next step where Cognito asks for that first."""
        sent = attempt.reset_password()
        if not isinstance(sent, DeliveryDetails):
            return sent
        self._new_code_at = time.monotonic()
        perhaps = self.beginning.reset_was_asked
        self.lines.say(wording.sent_if_any(sent, perhaps=perhaps, again=self._has_reset_code))
        return None

    def refused(self, step: NextStep | None, error: AuthError) -> None:
        """An answer was refused: what it was not about need not be typed again."""
        if isinstance(step, ResetPassword) and error.field is ErrorField.NEW_PASSWORD:
            self._reset_password = None

    def begin(self) -> None:
        """Nothing was typed yet."""
        self._has_reset_code, self._reset_password = False, None

    def _sign_up_code(self, attempt: Attempt, step: ConfirmSignUp) -> Request:
        details = step.delivery_details
        sent = f" {wording.sent_to(details)}." if details and details.destination else ""
        self.lines.say(f"{wording.NOT_CONFIRMED}{sent} {NEW_CODE} sends another.")
        while (typed := self.prompts.code_or_word()) == NEW_CODE:
            if not self._may_send_another():
                continue
            newest = attempt.resend_sign_up_code()
            if not isinstance(newest, DeliveryDetails):
                return _led_to(newest)
            self._new_code_at = time.monotonic()
            self.lines.say(wording.sent_anew(newest))
        return partial(Attempt.confirm_sign_up, code=as_code(typed))

    def _asked(self, step: ConfirmSignInWithCustomChallenge | UnknownStep) -> Request:
        if isinstance(step, UnknownStep):
            self.lines.say("The pool asks for a step this version does not know.")
            self.lines.say(f"Challenge {safe_line(step.challenge_name, limit=60)}")
        self.lines.say("The service asks:")
        for name, value in wording.rows_of(step.additional_info):
            self.lines.say("\n".join(f"  | {line}" for line in f"{name}: {value}".splitlines()))
        return partial(Attempt.confirm, answer=self.prompts.secret("Answer"))


def _led_to(step: NextStep) -> Request:
    """Nothing to ask for any more: another next step has come already."""
    return lambda _: step
