"""The screen of each next step."""

from __future__ import annotations

from typing import Any, Final

from tui_auth.auth.next_step import (
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
    Done,
    NextStep,
    ResetPassword,
    UnknownStep,
)
from tui_auth.screens.confirm_sign_up import ConfirmSignUpScreen
from tui_auth.screens.custom_challenge import CustomChallengeScreen
from tui_auth.screens.done import DoneScreen
from tui_auth.screens.email_setup import EmailSetupScreen
from tui_auth.screens.first_factor import FirstFactorScreen
from tui_auth.screens.mfa_selection import MFASelectionScreen
from tui_auth.screens.mfa_setup_selection import MFASetupSelectionScreen
from tui_auth.screens.new_password import NewPasswordScreen
from tui_auth.screens.otp_code import OTPCodeScreen
from tui_auth.screens.password import PasswordScreen
from tui_auth.screens.reset_password import ResetPasswordScreen
from tui_auth.screens.sms_code import SMSCodeScreen
from tui_auth.screens.step_screen import StepScreen
from tui_auth.screens.totp_code import TOTPCodeScreen
from tui_auth.screens.totp_setup import TOTPSetupScreen
from tui_auth.screens.unknown_step import UnknownStepScreen

SCREENS: Final[dict[type[NextStep], type[StepScreen[Any]]]] = {
    ConfirmSignInWithCustomChallenge: CustomChallengeScreen,
    ConfirmSignInWithNewPassword: NewPasswordScreen,
    ConfirmSignInWithOTP: OTPCodeScreen,
    ConfirmSignInWithPassword: PasswordScreen,
    ConfirmSignInWithSMSMFACode: SMSCodeScreen,
    ConfirmSignInWithTOTPCode: TOTPCodeScreen,
    ConfirmSignUp: ConfirmSignUpScreen,
    ContinueSignInWithEmailMFASetup: EmailSetupScreen,
    ContinueSignInWithFirstFactorSelection: FirstFactorScreen,
    ContinueSignInWithMFASelection: MFASelectionScreen,
    ContinueSignInWithMFASetupSelection: MFASetupSelectionScreen,
    ContinueSignInWithTOTPSetup: TOTPSetupScreen,
    Done: DoneScreen,
    ResetPassword: ResetPasswordScreen,
    UnknownStep: UnknownStepScreen,
}
