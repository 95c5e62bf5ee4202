"""A scripted user who signs in and retries, with passwords, an inbox and an app."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

import pyotp

from tests.steps.table import NEW_PASSWORD as NEW_PASSWORD
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.attempt import Attempt
from tui_auth.auth.challenges import Answer
from tui_auth.auth.error_policy import ErrorAction, action_for_error
from tui_auth.auth.next_step import (
    AuthFactorType,
    ConfirmSignInWithCustomChallenge,
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithPassword,
    ConfirmSignInWithTOTPCode,
    ConfirmSignUp,
    ContinueSignInWithEmailMFASetup,
    ContinueSignInWithFirstFactorSelection,
    ContinueSignInWithMFASelection,
    ContinueSignInWithMFASetupSelection,
    ContinueSignInWithTOTPSetup,
    Done,
    MFAType,
    NextStep,
    ResetPassword,
    UnknownStep,
)
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import MOON_ANSWER, QUESTIONS, DemoUser
from tui_auth.errors import AuthError
from tui_auth.secret import Secret

MAX_ANSWERS = 24
"""The limit of answers: more than any way from a fault to the tokens takes."""

ANSWERS = {question: answer for question, _, answer in QUESTIONS}
_NUMBERS = itertools.count(1)


@dataclass
class ScriptedUser:
    """A user of the pool and the secrets they know.

    ``chooses_email`` selects email instead of TOTP in an MFA set-up.
    """

    server: CognitoEmulator
    user: DemoUser
    chooses_email: bool = False
    factor: AuthFactorType = AuthFactorType.EMAIL_OTP
    totp_key: str = ""
    passwords: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.totp_key = self.totp_key or self.user.totp_secret or ""
        self.passwords = self.passwords or [self.user.password]

    @property
    def username(self) -> str:
        """Return the user name in the pool."""
        return self.user.username

    @property
    def password(self) -> Secret | None:
        """Return the password for the first screen; None if the flow needs none."""
        flow = AuthFlow(self.user.auth_flow)
        return Secret(self.passwords[0]) if flow.needs_password else None

    def sent_code(self) -> str:
        """Return the newest code sent to the user, or six zeros if there is none."""
        messages = [message for message in self.server.messages if message["username"] == self.username]
        return str(messages[-1]["code"]) if messages else "000000"

    def app_code(self) -> str:
        """Return the authenticator app's code after moving the clock to the next window."""
        self.server.clock.advance(31)
        return pyotp.TOTP(self.totp_key).at(int(self.server.clock.now()))

    def answer_to(self, step: NextStep) -> Answer:
        """Return the answer to a step with one answer."""
        match step:
            case ConfirmSignInWithTOTPCode():
                return Secret(self.app_code())
            case ContinueSignInWithTOTPSetup():
                self.totp_key = step.setup_details.shared_secret.reveal()
                return Secret(self.app_code())
            case ContinueSignInWithMFASelection():
                return MFAType.TOTP
            case ContinueSignInWithMFASetupSelection():
                return MFAType.EMAIL if self.chooses_email else MFAType.TOTP
            case ContinueSignInWithEmailMFASetup():
                return f"{self.username}@example.org"
            case ContinueSignInWithFirstFactorSelection():
                return self.factor
            case ConfirmSignInWithPassword():
                return Secret(self.passwords[0])
            case ConfirmSignInWithNewPassword():
                self.passwords.append(NEW_PASSWORD)
                return Secret(NEW_PASSWORD)
            case ConfirmSignInWithCustomChallenge():
                return Secret(ANSWERS.get(step.additional_info.get("question", ""), "I do not know"))
            case UnknownStep():
                return Secret(MOON_ANSWER)
        return Secret(self.sent_code())

    def sign_in(self, attempt: Attempt) -> NextStep:
        """Make the first call of a sign-in."""
        return attempt.sign_in(self.username, self.password, auth_flow=AuthFlow(self.user.auth_flow))

    def answer(self, attempt: Attempt) -> None:
        """Answer the pending step, or sign in if there is none."""
        match step := attempt.step:
            case None | Done():
                self.sign_in(attempt)
            case ResetPassword():
                self.passwords.append(NEW_PASSWORD)
                attempt.confirm_reset_password(Secret(NEW_PASSWORD), Secret(self.sent_code()))
            case ConfirmSignUp():
                attempt.confirm_sign_up(Secret(self.sent_code()))
            case ConfirmSignInWithNewPassword():
                missing = dict.fromkeys(step.missing_attributes, "Nora")
                attempt.confirm(self.answer_to(step), user_attributes=missing)
            case _:
                attempt.confirm(self.answer_to(step))

    def request_code(self, attempt: Attempt) -> None:
        """Request a new code if the step allows it."""
        match attempt.step:
            case ResetPassword():
                attempt.reset_password()
            case ConfirmSignUp():
                attempt.resend_sign_up_code()

    def finish(self, attempt: Attempt) -> Done:
        """Continue as the program offers until signed in.

        Raises:
            AssertionError: It took more than ``MAX_ANSWERS`` answers.
        """
        errors: list[str] = []
        for _ in range(MAX_ANSWERS):
            try:
                if isinstance(attempt.step, Done):
                    return attempt.step
                if len(errors) % 3 == 2:
                    self.request_code(attempt)
                self.answer(attempt)
            except AuthError as error:
                errors.append(f"{type(attempt.step).__name__}: {error}")
                attempt = self._attempt_after(error, attempt, len(errors))
        raise AssertionError(f"no way back to the tokens: {errors}")

    def _attempt_after(self, error: AuthError, attempt: Attempt, tries: int) -> Attempt:
        """Return the attempt to continue with: the same one, restarted or not, or a new one."""
        action = action_for_error(error, attempt.step, can_restart=attempt.can_restart)
        self.server.clock.advance(40)
        if action is ErrorAction.RESTART:
            try:
                attempt.restart()
            except AuthError:
                action = ErrorAction.SIGN_IN
        if action is ErrorAction.SIGN_IN or (action is ErrorAction.STAY and tries % 3 == 0):
            if attempt.step is not None or "NotAuthorized" in (error.code or ""):
                self.passwords.append(self.passwords.pop(0))
            return Attempt(attempt._engine.gateway, attempt._engine.client)
        return attempt


CHANGED_BY_SIGNING_IN = ("tess", "max", "nora", "noel", "rex", "carl")


def fresh_user_like(server: CognitoEmulator, user: DemoUser) -> DemoUser:
    """Return the user, or a new user in the same state if signing in changes it for good."""
    if user.username not in CHANGED_BY_SIGNING_IN:
        return user
    name = f"{user.username}{next(_NUMBERS)}"
    user_key = {"UserPoolId": user.user_pool_id, "Username": name}
    email = [{"Name": "email", "Value": f"{name}@example.com"}]
    verified = [*email, {"Name": "email_verified", "Value": "true"}]
    full_name = [{"Name": "name", "Value": name.title()}]
    if user.username == "carl":
        sign_up_request = {"ClientId": user.client_id, "Username": name, "Password": user.password}
        server.call("SignUp", {**sign_up_request, "UserAttributes": email + full_name})
        return replace(user, username=name)
    attributes = {"max": full_name, "nora": verified, "noel": verified}.get(
        user.username, verified + full_name
    )
    suppressed = {"MessageAction": "SUPPRESS", "TemporaryPassword": user.password}
    server.call("AdminCreateUser", {**user_key, "UserAttributes": attributes, **suppressed})
    if user.username not in ("nora", "noel"):
        server.call("AdminSetUserPassword", {**user_key, "Password": user.password, "Permanent": True})
    if user.username == "rex":
        server.call("AdminResetUserPassword", user_key)
    return replace(user, username=name)
