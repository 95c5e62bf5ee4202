"""The steps of each demo user in order, with the answers, for the conformance tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pyotp

from tests.steps.table import NEW_PASSWORD
from tui_auth import AuthFactorType, MFAType
from tui_auth.auth.next_step import ContinueSignInWithTOTPSetup, NextStep
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoUser


@dataclass
class SignedInUser:
    """A demo user with an authenticator app and an inbox."""

    server: CognitoEmulator
    user: DemoUser
    keys: dict[str, str] = field(default_factory=dict)

    def sent_code(self, step: NextStep) -> str:
        """Return the newest code that was sent to the user."""
        messages = [message for message in self.server.messages if message["username"] == self.user.username]
        return str(messages[-1]["code"])

    def app_code(self, step: NextStep) -> str:
        """Return the code in the user's authenticator app; during a set-up, scan the key first."""
        secret = self.user.totp_secret or ""
        if isinstance(step, ContinueSignInWithTOTPSetup):
            secret = step.setup_details.shared_secret.reveal()
        return pyotp.TOTP(secret).at(int(self.server.clock.now()))


Reply = str | MFAType | AuthFactorType | Callable[[SignedInUser, NextStep], str]
sent_code, app_code = SignedInUser.sent_code, SignedInUser.app_code

SCENARIOS: dict[str, tuple[str, list[tuple[str, Reply]]]] = {
    "password": ("ann", []),
    "SMS_MFA": ("sam", [("ConfirmSignInWithSMSMFACode", sent_code)]),
    "SOFTWARE_TOKEN_MFA": ("tom", [("ConfirmSignInWithTOTPCode", app_code)]),
    "EMAIL_OTP as MFA": ("emil", [("ConfirmSignInWithOTP", sent_code)]),
    "SELECT_MFA_TYPE, by member": (
        "mia",
        [("ContinueSignInWithMFASelection", MFAType.SMS), ("ConfirmSignInWithSMSMFACode", sent_code)],
    ),
    "SELECT_MFA_TYPE, by string": (
        "mia",
        [("ContinueSignInWithMFASelection", "SOFTWARE_TOKEN_MFA"), ("ConfirmSignInWithTOTPCode", app_code)],
    ),
    "MFA_SETUP: TOTP only": ("tess", [("ContinueSignInWithTOTPSetup", app_code)]),
    "MFA_SETUP: TOTP chosen": (
        "max",
        [("ContinueSignInWithMFASetupSelection", MFAType.TOTP), ("ContinueSignInWithTOTPSetup", app_code)],
    ),
    "MFA_SETUP: e-mail chosen": (
        "max",
        [
            ("ContinueSignInWithMFASetupSelection", MFAType.EMAIL),
            ("ContinueSignInWithEmailMFASetup", "max@example.org"),
            ("ConfirmSignInWithOTP", sent_code),
        ],
    ),
    "NEW_PASSWORD_REQUIRED": ("nora", [("ConfirmSignInWithNewPassword", NEW_PASSWORD)]),
    "NEW_PASSWORD_REQUIRED, then MFA_SETUP": (
        "noel",
        [("ConfirmSignInWithNewPassword", NEW_PASSWORD), ("ContinueSignInWithTOTPSetup", app_code)],
    ),
    "CUSTOM_CHALLENGE, three rounds": (
        "quinn",
        [("ConfirmSignInWithCustomChallenge", answer) for answer in ("rex", "blue", "bremen")],
    ),
    "a challenge of the future": ("luna", [("UnknownStep", "full")]),
    "SELECT_CHALLENGE: PASSWORD_SRP": (
        "cleo",
        [
            ("ContinueSignInWithFirstFactorSelection", AuthFactorType.PASSWORD_SRP),
            ("ConfirmSignInWithPassword", "Correct-Horse-9!"),
        ],
    ),
    "SELECT_CHALLENGE: PASSWORD": (
        "cleo",
        [
            ("ContinueSignInWithFirstFactorSelection", "PASSWORD"),
            ("ConfirmSignInWithPassword", "Correct-Horse-9!"),
        ],
    ),
    "SELECT_CHALLENGE: EMAIL_OTP": (
        "cleo",
        [
            ("ContinueSignInWithFirstFactorSelection", AuthFactorType.EMAIL_OTP),
            ("ConfirmSignInWithOTP", sent_code),
        ],
    ),
    "SELECT_CHALLENGE: SMS_OTP": (
        "cleo",
        [
            ("ContinueSignInWithFirstFactorSelection", AuthFactorType.SMS_OTP),
            ("ConfirmSignInWithOTP", sent_code),
        ],
    ),
    "PasswordResetRequiredException": ("rex", [("ResetPassword", "")]),
    "UserNotConfirmedException": ("carl", [("ConfirmSignUp", "")]),
}
