"""The screen of each next step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tui_auth.auth.next_step import (
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
    Done,
    NextStep,
    ResetPassword,
    UnknownStep,
)
from tui_auth.screens.browser import BrowserScreen
from tui_auth.screens.choices import FirstFactorScreen, MFASelectionScreen, MFASetupSelectionScreen
from tui_auth.screens.codes import ConfirmSignUpScreen, OTPCodeScreen, SMSCodeScreen, TOTPCodeScreen
from tui_auth.screens.custom_challenge import CustomChallengeScreen, UnknownStepScreen
from tui_auth.screens.done import DoneScreen
from tui_auth.screens.mfa_setup import EmailSetupScreen, TOTPSetupScreen
from tui_auth.screens.passkey import PasskeyScreen
from tui_auth.screens.passwords import NewPasswordScreen, PasswordScreen, ResetPasswordScreen

if TYPE_CHECKING:
    from tui_auth.screens.step_screen import StepScreen

SCREENS: Final[dict[type[NextStep], type[StepScreen[Any]]]] = {
    ConfirmSignInWithCustomChallenge: CustomChallengeScreen,
    ConfirmSignInWithNewPassword: NewPasswordScreen,
    ConfirmSignInWithOTP: OTPCodeScreen,
    ConfirmSignInWithPassword: PasswordScreen,
    ConfirmSignInWithSMSMFACode: SMSCodeScreen,
    ConfirmSignInWithTOTPCode: TOTPCodeScreen,
    ConfirmSignUp: ConfirmSignUpScreen,
    ContinueSignInWithBrowser: BrowserScreen,
    ContinueSignInWithEmailMFASetup: EmailSetupScreen,
    ContinueSignInWithFirstFactorSelection: FirstFactorScreen,
    ContinueSignInWithMFASelection: MFASelectionScreen,
    ContinueSignInWithMFASetupSelection: MFASetupSelectionScreen,
    ContinueSignInWithPasskey: PasskeyScreen,
    ContinueSignInWithTOTPSetup: TOTPSetupScreen,
    Done: DoneScreen,
    ResetPassword: ResetPasswordScreen,
    UnknownStep: UnknownStepScreen,
}
