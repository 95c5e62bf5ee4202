"""Every next step and the demo user who meets it, for the engine and screen fault matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.nightly import EVERY_FAULT
from tests.security.faults.proxy import Fault
from tests.security.faults.scripted_user import ScriptedUser, fresh_user_like
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
    Done,
    NextStep,
    ResetPassword,
    UnknownStep,
)
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import DemoPool

_WITHOUT_SRP = {"USER_SRP_AUTH": "USER_PASSWORD_AUTH", "CUSTOM_WITH_SRP": "CUSTOM_WITHOUT_SRP"}


@dataclass(frozen=True)
class StepCase:
    """A next step, the demo user who meets it, and their choices on the way.

    ``step`` is None for signing in itself. ``proves_password`` keeps SRP if the flow uses it. SRP takes the
    pool some time, so only steps about the password do.
    """

    step: type[NextStep] | None
    username: str
    chooses_email: bool = False
    factor: AuthFactorType = AuthFactorType.EMAIL_OTP
    proves_password: bool = False

    @property
    def name(self) -> str:
        """Return the step's name."""
        return self.step.__name__ if self.step else "sign-in"

    def create_user(self, server: CognitoEmulator, demo: DemoPool) -> ScriptedUser:
        """Return a new user who is going to meet the step."""
        user = next(candidate for candidate in demo.users if candidate.username == self.username)
        if not self.proves_password:
            user = replace(user, auth_flow=_WITHOUT_SRP.get(user.auth_flow, user.auth_flow))
        return ScriptedUser(server, fresh_user_like(server, user), self.chooses_email, self.factor)


STEP_CASES = (
    StepCase(None, "ann", proves_password=True),
    StepCase(ConfirmSignInWithSMSMFACode, "sam"),
    StepCase(ConfirmSignInWithTOTPCode, "tom"),
    StepCase(ContinueSignInWithTOTPSetup, "tess"),
    StepCase(ContinueSignInWithMFASelection, "mia"),
    StepCase(ConfirmSignInWithCustomChallenge, "quinn"),
    StepCase(ConfirmSignInWithNewPassword, "nora"),
    StepCase(ResetPassword, "rex"),
    StepCase(ConfirmSignUp, "carl"),
    StepCase(ConfirmSignInWithOTP, "emil"),
    StepCase(ContinueSignInWithEmailMFASetup, "max", chooses_email=True),
    StepCase(ContinueSignInWithMFASetupSelection, "max"),
    StepCase(ContinueSignInWithFirstFactorSelection, "cleo"),
    StepCase(ConfirmSignInWithPassword, "cleo", factor=AuthFactorType.PASSWORD),
    StepCase(UnknownStep, "luna"),
    StepCase(Done, "ann"),
)


def share(faults: Sequence[Fault], step_case: StepCase) -> Sequence[Fault]:
    """Return an eighth of the faults, a different one at each of eight steps.

    The engine's matrix tests every fault at every step. With EVERY_FAULT=1, return all faults.
    """
    if EVERY_FAULT:
        return faults
    return faults[STEP_CASES.index(step_case) % 8 :: 8]
